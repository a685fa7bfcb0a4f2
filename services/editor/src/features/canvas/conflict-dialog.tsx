import { Modal, Stack, Text, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
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

/** Somebody saved first: what shall become of what is on the canvas? */
export function ConflictDialog({ saving }: { saving: Saving }) {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const isOpen = useView((state) => state.dialog === "conflict");
  const close = () => view.getState().set({ dialog: null });
  const choose = (action: () => Promise<unknown>) => () => {
    close();
    void action();
  };
  return (
    <Modal opened={isOpen} onClose={close} title={t("conflict.title")}>
      <Stack gap="xs">
        <Text size="sm" mb="xs">
          {t("conflict.text")}
        </Text>
        <Choice title={t("conflict.keep")} hint={t("conflict.keepHint")} onClick={close} />
        <Choice
          title={t("conflict.overwrite")}
          hint={t("conflict.overwriteHint")}
          onClick={choose(saving.overwrite)}
        />
        <Choice
          title={t("conflict.reload")}
          hint={t("conflict.reloadHint")}
          onClick={choose(saving.reload)}
        />
      </Stack>
    </Modal>
  );
}
