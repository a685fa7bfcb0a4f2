/** Short messages about what was done or failed, announced to screen readers as well. */

import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import i18next from "i18next";

export function tell(message: string): void {
  notifications.show({ message, color: "teal", icon: <IconCheck size={16} />, withBorder: true });
}

export function tellProblem(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  notifications.show({
    title: i18next.t("app.failed"),
    message,
    color: "red",
    icon: <IconAlertTriangle size={16} />,
    autoClose: 8_000,
    withBorder: true,
  });
}

/** Say why a wire may not be drawn and the like: no failure, only a hint. */
export function tellHint(message: string): void {
  notifications.show({ message, color: "yellow", autoClose: 4_000, withBorder: true });
}
