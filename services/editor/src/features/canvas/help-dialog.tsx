import { Kbd, Modal, Switch } from "@mantine/core";
import { Fragment, useState } from "react";
import { useTranslation } from "react-i18next";
import { MOD } from "../../ui/mod";
import { useView, useWorkbench } from "./context";
import classes from "./dialogs.module.css";
import { areSingleKeysOn, switchSingleKeys } from "./single-keys";

const KEYS = [
  ["palette", [`${MOD} K`]],
  ["add", ["Tab", "/"]],
  ["save", [`${MOD} S`]],
  ["run", [`${MOD} Enter`]],
  ["undo", [`${MOD} Z`]],
  ["redo", [`${MOD} ⇧ Z`]],
  ["copy", [`${MOD} C`]],
  ["cut", [`${MOD} X`]],
  ["paste", [`${MOD} V`]],
  ["duplicate", [`${MOD} D`]],
  ["all", [`${MOD} A`]],
  ["remove", ["Del"]],
  ["rename", ["F2"]],
  ["disable", ["D"]],
  ["outline", ["O"]],
  ["tidy", ["⇧ T"]],
  ["fit", ["1"]],
  ["zoom", ["+", "−"]],
  ["select", ["Enter"]],
  ["move", ["← ↑ ↓ →"]],
  ["close", ["Esc"]],
  ["help", ["?"]],
] as const;

/** The sheet of all shortcuts, where those of a single key can be switched off. */
export function HelpDialog() {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const isOpen = useView((state) => state.dialog === "help");
  const [isOn, setOn] = useState(areSingleKeysOn);
  return (
    <Modal
      opened={isOpen}
      onClose={() => view.getState().set({ dialog: null })}
      title={t("shortcuts.title")}
    >
      <dl className={classes.keys}>
        {KEYS.map(([key, presses]) => (
          <Fragment key={key}>
            <dt>{t(`shortcuts.${key}`)}</dt>
            <dd>
              {presses.map((press) => (
                <Kbd key={press} ml={6}>
                  {press}
                </Kbd>
              ))}
            </dd>
          </Fragment>
        ))}
      </dl>
      <Switch
        mt="lg"
        label={t("shortcuts.single")}
        description={t("shortcuts.singleHint")}
        checked={isOn}
        onChange={(event) => {
          switchSingleKeys(event.currentTarget.checked);
          setOn(event.currentTarget.checked);
        }}
      />
    </Modal>
  );
}
