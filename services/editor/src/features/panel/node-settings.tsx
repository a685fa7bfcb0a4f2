/** What every node has beside its parameters: retries, time-out, failure, checkpoint, wires. */

import { Select, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { setSettings } from "../../graph/commands";
import type { OnError, Retry } from "../../graph/document";
import type { GraphNode, NodeSettings as Settings } from "../../graph/graph";
import { NumberBox } from "../../ui/number-box";
import { useWorkbench } from "../canvas/context";
import { Connections } from "./connections";
import { DurationInput } from "./control";
import classes from "./panel.module.css";

interface Props {
  node: GraphNode;
  change: (settings: Partial<Settings>) => void;
}

const FIRST_RETRY: Retry = { attempts: 3, delay: "PT1S", factor: 2, maxDelay: "PT1M", jitter: 0.2 };

function DurationField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | null | undefined;
  onChange: (value: string | undefined) => void;
}) {
  return <DurationInput label={label} isLabelShown value={value ?? ""} onChange={onChange} />;
}

function Retries({ node, change }: Props) {
  const { t } = useTranslation();
  const { retry } = node.settings;
  const set = (part: Retry) => change({ retry: { ...retry, ...part } });
  return (
    <Stack gap="sm">
      <Switch
        label={t("panel.retries")}
        checked={Boolean(retry)}
        onChange={(event) => change({ retry: event.currentTarget.checked ? FIRST_RETRY : null })}
      />
      {retry && (
        <div className={classes.pair}>
          <NumberBox
            label={t("panel.attempts")}
            value={retry.attempts ?? 3}
            min={1}
            max={100}
            onChange={(attempts) => set({ attempts: attempts ?? 3 })}
          />
          <NumberBox
            label={t("panel.factor")}
            value={retry.factor ?? 2}
            min={1}
            max={10}
            onChange={(factor) => set({ factor: factor ?? 2 })}
          />
          <DurationField
            label={t("panel.delay")}
            value={retry.delay}
            onChange={(delay) => set({ delay: delay ?? "PT1S" })}
          />
          <DurationField
            label={t("panel.maxDelay")}
            value={retry.maxDelay}
            onChange={(maxDelay) => set({ maxDelay: maxDelay ?? "PT5M" })}
          />
        </div>
      )}
    </Stack>
  );
}

function Failure({ node, change }: Props) {
  const { t } = useTranslation();
  const choices = [
    { value: "stop", label: t("panel.onErrorStop") },
    { value: "continue", label: t("panel.onErrorContinue") },
    { value: "branch", label: t("panel.onErrorBranch") },
  ];
  const doubts = [
    { value: "", label: t("panel.inDoubtDefault") },
    { value: "retry", label: t("panel.inDoubtRetry") },
    { value: "ask", label: t("panel.inDoubtAsk") },
  ];
  return (
    <>
      <Select
        label={t("panel.onError")}
        data={choices}
        value={node.settings.onError ?? "stop"}
        allowDeselect={false}
        onChange={(value) => change({ onError: (value ?? "stop") as OnError })}
      />
      <DurationField
        label={t("panel.timeout")}
        value={node.settings.timeout}
        onChange={(timeout) => change({ timeout: timeout ?? null })}
      />
      <Switch
        label={t("panel.checkpoint")}
        description={t("panel.checkpointHint")}
        checked={node.settings.checkpoint ?? false}
        onChange={(event) => change({ checkpoint: event.currentTarget.checked })}
      />
      <Select
        label={t("panel.inDoubt")}
        data={doubts}
        value={node.settings.inDoubt ?? ""}
        allowDeselect={false}
        onChange={(value) => change({ inDoubt: value ? (value as "retry" | "ask") : null })}
      />
    </>
  );
}

export function NodeSettings({ node }: { node: GraphNode }) {
  const { t } = useTranslation();
  const { editor, catalogue } = useWorkbench();
  const change = (settings: Partial<Settings>) => {
    const merge = `${node.id}.${Object.keys(settings).join()}`;
    editor.getState().apply(setSettings(node.id, settings, catalogue), merge);
  };
  const isTrigger = node.kind === "trigger";
  return (
    <Stack gap="lg">
      {!isTrigger && (
        <>
          <Retries node={node} change={change} />
          <Failure node={node} change={change} />
          <TextInput
            label={t("panel.pool")}
            description={t("panel.poolHint")}
            value={node.settings.pool ?? ""}
            onChange={(event) => change({ pool: event.currentTarget.value })}
          />
        </>
      )}
      <Switch
        label={t("panel.disabled")}
        description={t(isTrigger ? "panel.triggerDisabledHint" : "panel.disabledHint")}
        checked={node.settings.disabled ?? false}
        onChange={(event) => change({ disabled: event.currentTarget.checked })}
      />
      <Textarea
        label={t("panel.notes")}
        description={t("panel.notesHint")}
        autosize
        minRows={2}
        value={node.settings.notes ?? ""}
        onChange={(event) => change({ notes: event.currentTarget.value })}
      />
      <Connections node={node} />
    </Stack>
  );
}
