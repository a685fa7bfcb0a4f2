/** The run that is shown on the canvas, in the header. */

import { ActionIcon, Tooltip } from "@mantine/core";
import { IconExternalLink, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { StatusBadge } from "../../ui/status-badge";
import { useRun, useWorkbench } from "./context";
import classes from "./editor-header.module.css";

export function RunChip() {
  const { t } = useTranslation();
  const { project, run } = useWorkbench();
  const id = useRun((state) => state.id);
  const status = useRun((state) => state.status);
  const error = useRun((state) => state.error);
  if (!id || !status) return null;
  const to = `/projects/${encodeURIComponent(project)}/executions/${encodeURIComponent(id)}`;
  return (
    <div className={classes.run}>
      <span role="status" aria-label={t("editor.runStatus", { status: t(`status.${status}`) })}>
        <StatusBadge status={status} />
      </span>
      {error && <span className={classes.error}>{error.message}</span>}
      <Tooltip label={t("editor.viewRun")}>
        <ActionIcon component={Link} to={to} aria-label={t("editor.viewRun")} size={28}>
          <IconExternalLink size={16} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("editor.clearRun")}>
        <ActionIcon
          aria-label={t("editor.clearRun")}
          size={28}
          onClick={() => run.getState().watch(null)}
        >
          <IconX size={16} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
