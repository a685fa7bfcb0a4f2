/** What holds for the whole workflow. */

import { Drawer, Select, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { setSpec } from "../../graph/commands";
import type { WorkflowSettings } from "../../graph/document";
import { NumberBox } from "../../ui/number-box";
import { DurationInput } from "../panel/control";
import { useEditor, useView, useWorkbench } from "./context";

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

type Change = (part: Partial<WorkflowSettings>) => void;

interface Props {
  settings: WorkflowSettings;
  change: Change;
}

function Duration(props: {
  label: string;
  value: string;
  hint: string;
  onChange: (value: string | undefined) => void;
}) {
  return (
    <DurationInput
      label={props.label}
      isLabelShown
      value={props.value}
      placeholder={props.hint}
      onChange={props.onChange}
    />
  );
}

function Limits({ settings, change }: Props) {
  const { t } = useTranslation();
  const { concurrency } = settings;
  const policies = ["queue", "skip", "replace"] as const;
  return (
    <>
      <Duration
        label={t("settings.timeout")}
        value={settings.timeout ?? ""}
        hint="PT1H"
        onChange={(timeout) => change({ timeout: timeout ?? null })}
      />
      <NumberBox
        label={t("settings.limit")}
        description={t("settings.limitHint")}
        value={concurrency?.limit ?? undefined}
        min={1}
        max={10_000}
        onChange={(limit) =>
          change({
            concurrency: limit === undefined ? null : { ...concurrency, limit },
          })
        }
      />
      {concurrency && (
        <Select
          label={t("settings.policy")}
          data={policies.map((value) => ({ value, label: t(`settings.${value}`) }))}
          value={concurrency.policy ?? "queue"}
          allowDeselect={false}
          onChange={(policy) =>
            change({ concurrency: { ...concurrency, policy: policy as (typeof policies)[number] } })
          }
        />
      )}
      <NumberBox
        label={t("settings.priority")}
        value={settings.priority ?? 0}
        min={-10}
        max={10}
        onChange={(priority) => change({ priority: priority ?? 0 })}
      />
    </>
  );
}

function Keeping({ settings, change }: Props) {
  const { t } = useTranslation();
  const { retention } = settings;
  return (
    <>
      <TextInput
        label={t("settings.errorWorkflow")}
        value={settings.errorWorkflow ?? ""}
        ff="monospace"
        onChange={(event) => change({ errorWorkflow: event.currentTarget.value || null })}
      />
      <Select
        label={t("settings.timeZone")}
        data={ZONES}
        value={settings.timeZone ?? "UTC"}
        searchable
        allowDeselect={false}
        onChange={(timeZone) => change({ timeZone: timeZone ?? "UTC" })}
      />
      <Duration
        label={t("settings.keepSucceeded")}
        value={retention?.succeeded ?? ""}
        hint="P7D"
        onChange={(succeeded) =>
          change({ retention: { ...retention, succeeded: succeeded ?? "P7D" } })
        }
      />
      <Duration
        label={t("settings.keepFailed")}
        value={retention?.failed ?? ""}
        hint="P30D"
        onChange={(failed) => change({ retention: { ...retention, failed: failed ?? "P30D" } })}
      />
      <Select
        label={t("settings.deletion")}
        data={(["finish", "cancel"] as const).map((value) => ({
          value,
          label: t(`settings.${value}`),
        }))}
        value={settings.deletionPolicy ?? "finish"}
        allowDeselect={false}
        onChange={(value) => change({ deletionPolicy: value === "cancel" ? "cancel" : "finish" })}
      />
    </>
  );
}

function Form() {
  const { t } = useTranslation();
  const { editor } = useWorkbench();
  const spec = useEditor(({ graph }) => graph.spec);
  const apply = editor.getState().apply;
  const settings = spec.settings ?? {};
  const change: Change = (part) =>
    apply(setSpec({ settings: { ...settings, ...part } }), `settings.${Object.keys(part).join()}`);
  return (
    <Stack>
      <TextInput
        label={t("settings.name")}
        value={spec.title ?? ""}
        maxLength={200}
        onChange={(event) => apply(setSpec({ title: event.currentTarget.value }), "title")}
      />
      <Textarea
        label={t("settings.description")}
        value={spec.description ?? ""}
        autosize
        minRows={2}
        onChange={(event) => apply(setSpec({ description: event.currentTarget.value }), "about")}
      />
      <Switch
        label={t("settings.suspend")}
        description={t("settings.suspendHint")}
        checked={spec.suspend ?? false}
        onChange={(event) => apply(setSpec({ suspend: event.currentTarget.checked }))}
      />
      <Limits settings={settings} change={change} />
      <Keeping settings={settings} change={change} />
    </Stack>
  );
}

export function SettingsDrawer() {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const isOpen = useView((state) => state.dialog === "settings");
  return (
    <Drawer
      opened={isOpen}
      onClose={() => view.getState().set({ dialog: null })}
      title={t("settings.title")}
      position="right"
      size={420}
    >
      <Form />
    </Drawer>
  );
}
