import { Modal, Stack, Text, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Confirm } from "../../ui/confirm";
import { useView, useWorkbench } from "./context";
import classes from "./dialogs.module.css";
import type { Saving } from "./use-save";

interface ChoiceProps {
  title: string;
  hint: string;
  onClick: () => void;
}

function Choice({ title, hint, onClick }: ChoiceProps) {
  return (
    <UnstyledButton className={classes.choice} onClick={onClick}>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <Text size="xs" c="dimmed">
        {hint}
      </Text>
    </UnstyledButton>
  );
}

/** Somebody was first: what shall become of what is on the canvas? */
export function ConflictDialog({ saving }: { saving: Saving }) {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const dialog = useView((state) => state.dialog);
  const isDraft = dialog === "draft-conflict";
  const isOpen = isDraft || dialog === "conflict";
  const close = () => view.getState().set({ dialog: null });
  const choose = (action: () => Promise<unknown>) => () => {
    close();
    void action();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={t(isDraft ? "draft.conflictTitle" : "conflict.title")}
    >
      <Stack gap="xs">
        <Text size="sm" mb="xs">
          {t(isDraft ? "draft.conflictText" : "conflict.text")}
        </Text>
        <Choice title={t("conflict.keep")} hint={t("conflict.keepHint")} onClick={close} />
        <Choice
          title={t(isDraft ? "draft.mine" : "conflict.overwrite")}
          hint={t(isDraft ? "draft.mineHint" : "conflict.overwriteHint")}
          onClick={choose(isDraft ? saving.keepMine : saving.overwrite)}
        />
        <Choice
          title={t("conflict.reload")}
          hint={t("conflict.reloadHint")}
          onClick={choose(isDraft ? saving.takeTheirs : saving.reload)}
        />
      </Stack>
    </Modal>
  );
}

/** Ask before what is not published is dropped. */
export function DiscardDialog({ saving }: { saving: Saving }) {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  return (
    <Confirm
      isOpen={useView((state) => state.dialog === "discard")}
      title={t("draft.discardTitle")}
      text={t("draft.discardText")}
      action={t("draft.discard")}
      onConfirm={() => void saving.reload()}
      onClose={() => view.getState().set({ dialog: null })}
    />
  );
}
