/** What the server says of a trigger: the webhook's address, when a schedule is due, how far a topic was read. */

import { ActionIcon, CopyButton, Text, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { GraphNode } from "../../graph/graph";
import { formatTime } from "../../i18n/format";
import { useWorkbench } from "../canvas/context";
import classes from "./panel.module.css";

function Address({ url }: { url: string }) {
  const { t } = useTranslation();
  return (
    <div className={classes.url}>
      <code title={url}>{url}</code>
      <CopyButton value={url}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t("app.copied") : t("editor.copyUrl")}>
            <ActionIcon aria-label={t("editor.copyUrl")} onClick={copy}>
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
  );
}

export function TriggerStatus({ node }: { node: GraphNode }) {
  const { t } = useTranslation();
  const { status } = useWorkbench();
  const trigger = status?.triggers?.find(({ name }) => name === node.name);
  if (node.type === "trigger.webhook" && !trigger?.url) {
    return (
      <Text size="xs" c="dimmed" px={18}>
        {t("editor.webhookSave")}
      </Text>
    );
  }
  if (trigger?.url) return <Address url={trigger.url} />;
  if (trigger?.error) {
    return (
      <Text size="xs" c="red" px={18}>
        {trigger.error}
      </Text>
    );
  }
  if (typeof trigger?.lag === "number") {
    return (
      <Text size="xs" c="dimmed" px={18}>
        {t("editor.lag", { count: trigger.lag })}
      </Text>
    );
  }
  if (!trigger?.nextDue) return null;
  return (
    <Text size="xs" c="dimmed" px={18}>
      {t("editor.nextDue", { when: formatTime(trigger.nextDue) })}
    </Text>
  );
}
