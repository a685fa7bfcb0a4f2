import {
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconClock,
  IconHelp,
  IconLoader2,
  IconMinus,
  IconX,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ExecutionStatus, NodeStatus } from "../api/types";
import classes from "./status-badge.module.css";

export type AnyStatus = ExecutionStatus | NodeStatus;

const ICONS = {
  queued: IconClock,
  running: IconLoader2,
  waiting: IconClock,
  succeeded: IconCheck,
  failed: IconX,
  cancelled: IconBan,
  skipped: IconMinus,
  "in-doubt": IconHelp,
} satisfies Record<AnyStatus, typeof IconCheck>;

interface IconProps {
  status: AnyStatus;
  size?: number;
}

/** A status as a sign; the colour is never its only mark. */
export function StatusIcon({ status, size = 14 }: IconProps) {
  const Icon = ICONS[status] ?? IconAlertTriangle;
  return (
    <span className={classes.icon} data-status={status} aria-hidden>
      <Icon size={size} stroke={2.4} />
    </span>
  );
}

/** A status as a sign and a word. */
export function StatusBadge({ status }: { status: AnyStatus }) {
  const { t } = useTranslation();
  return (
    <span className={classes.badge} data-status={status}>
      <StatusIcon status={status} size={13} />
      {t(`status.${status}`)}
    </span>
  );
}
