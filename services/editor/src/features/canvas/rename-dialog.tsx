import { Button, Group, Modal, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { nameProblem, rename } from "../../graph/commands";
import { useView, useWorkbench } from "./context";

const PROBLEMS = {
  empty: "editor.nameEmpty",
  long: "editor.nameLong",
  taken: "editor.nameTaken",
} as const;

function Form({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { editor, catalogue } = useWorkbench();
  const graph = editor.getState().graph;
  const [name, setName] = useState(graph.nodes.find((node) => node.id === id)?.name ?? "");
  const problem = nameProblem(graph, id, name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (problem) return;
    editor.getState().apply(rename(id, name, catalogue));
    onClose();
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        aria-label={t("editor.rename")}
        description={t("editor.renameHint")}
        value={name}
        error={problem && t(PROBLEMS[problem])}
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          {t("app.cancel")}
        </Button>
        <Button type="submit" disabled={problem !== null}>
          {t("workflows.rename")}
        </Button>
      </Group>
    </form>
  );
}

export function RenameDialog() {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const id = useView((state) => state.renaming);
  const close = () => view.getState().set({ renaming: null });
  return (
    <Modal opened={id !== null} onClose={close} title={t("editor.rename")} size="sm">
      {id && <Form id={id} onClose={close} />}
    </Modal>
  );
}
