import { Button, Group, Modal, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { usePatchSpec } from "../../api/queries";
import type { WorkflowDocument } from "../../graph/document";
import { tellProblem } from "../../ui/tell";

interface Props {
  project: string;
  document: WorkflowDocument;
  onClose: () => void;
}

/** Give a workflow another title; its name stays. */
export function RenameWorkflow({ project, document, onClose }: Props) {
  const { t } = useTranslation();
  const patch = usePatchSpec(project);
  const [title, setTitle] = useState(document.spec.title ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    patch.mutate(
      { name: document.metadata.name, spec: { title } },
      { onSuccess: onClose, onError: tellProblem },
    );
  };
  return (
    <Modal opened onClose={onClose} title={t("workflows.rename")}>
      <form onSubmit={submit}>
        <TextInput
          label={t("workflows.name")}
          value={title}
          maxLength={200}
          data-autofocus
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            {t("app.cancel")}
          </Button>
          <Button type="submit" loading={patch.isPending}>
            {t("editor.save")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
