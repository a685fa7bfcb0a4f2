/** Whether what is on the canvas is kept: published, as a draft, being written, or in somebody's way. */

import { Loader, Tooltip, UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconCloud, IconCloudCheck, IconGitMerge } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { useEditor, useWorkbench } from "./context";
import type { DraftState } from "./draft-keeper";
import classes from "./editor-header.module.css";
import { isDirty } from "./editor-store";

const ICONS: Record<DraftState, ReactNode> = {
  none: <IconCloudCheck size={16} />,
  saving: <Loader size={13} color="gray" />,
  kept: <IconCloud size={16} />,
  conflict: <IconGitMerge size={16} />,
  failed: <IconAlertTriangle size={16} />,
};

export function DraftMark() {
  const { t } = useTranslation();
  const { view, drafts } = useWorkbench();
  const dirty = useEditor(isDirty);
  const { state, error } = useStore(drafts.store);
  const shown = state === "none" && dirty ? "saving" : state;
  const parts = (
    <>
      {ICONS[shown]}
      <span>{t(`draft.state.${shown}`)}</span>
    </>
  );
  const hint = t(`draft.hint.${shown}`, { error });
  if (shown !== "conflict" && shown !== "failed") {
    return (
      <Tooltip label={hint}>
        <span className={classes.draft}>{parts}</span>
      </Tooltip>
    );
  }
  const act = () => {
    if (shown === "failed") void drafts.flush();
    else view.getState().set({ dialog: "draft-conflict" });
  };
  return (
    <Tooltip label={hint} multiline maw={320}>
      <UnstyledButton className={classes.draft} data-state={shown} onClick={act}>
        {parts}
      </UnstyledButton>
    </Tooltip>
  );
}
