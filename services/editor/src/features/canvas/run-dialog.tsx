/** Start a run by hand, with its input. */

import { Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useStart } from "../../api/queries";
import type { Graph } from "../../graph/graph";
import { readInput } from "../../graph/run-input";
import { JsonField } from "../../ui/json-field";
import { tellProblem } from "../../ui/tell";
import { useEditor, useView, useWorkbench } from "./context";
import { isDirty } from "./editor-store";
import type { Saving } from "./use-save";

const keyOf = (project: string, name: string): string => `alur-input:${project}/${name}`;

/** What was run last, else the manual trigger's example, else one empty item. */
function firstInput(project: string, name: string, graph: Graph): string {
  const last = sessionStorage.getItem(keyOf(project, name));
  if (last) return last;
  const manual = graph.nodes.find((node) => node.type === "trigger.manual");
  const example = manual?.params.example;
  return JSON.stringify(example ?? {}, null, 2);
}

function Form({ saving, onClose }: { saving: Saving; onClose: () => void }) {
  const { t } = useTranslation();
  const { project, name, run, editor } = useWorkbench();
  const start = useStart(project);
  const dirty = useEditor(isDirty);
  const graph = editor.getState().graph;
  const [text, setText] = useState(() => firstInput(project, name, graph));
  const [at, setAt] = useState<string | null>(null);
  const input = readInput(text);
  const go = async () => {
    if (!input || !(await saving.save())) return;
    sessionStorage.setItem(keyOf(project, name), text);
    start.mutate(
      { workflow: name, input, ...(at ? { start: at } : {}) },
      {
        onSuccess: ({ id }) => {
          run.getState().watch(id);
          onClose();
        },
        onError: tellProblem,
      },
    );
  };
  return (
    <Stack>
      <JsonField
        label={t("run.input")}
        hint={t("run.inputHint")}
        value={text}
        fault={input === null ? t("run.invalid") : null}
        onChange={setText}
      />
      <Select
        label={t("run.start")}
        placeholder={t("run.startDefault")}
        data={graph.nodes.map((node) => node.name)}
        value={at}
        searchable
        clearable
        onChange={setAt}
      />
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {dirty && t("run.unsaved")}
        </Text>
        <Button
          leftSection={<IconPlayerPlay size={16} />}
          disabled={input === null}
          loading={start.isPending || saving.isSaving}
          onClick={() => void go()}
        >
          {t(dirty ? "run.saveFirst" : "run.go")}
        </Button>
      </Group>
    </Stack>
  );
}

export function RunDialog({ saving }: { saving: Saving }) {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const isOpen = useView((state) => state.dialog === "run");
  const close = () => view.getState().set({ dialog: null });
  return (
    <Modal opened={isOpen} onClose={close} title={t("run.title")} size="lg">
      <Form saving={saving} onClose={close} />
    </Modal>
  );
}
