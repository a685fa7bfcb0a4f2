import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { ApiError } from "../../api/client";
import { useSaveWorkflow } from "../../api/queries";
import { emptyWorkflow, toLabel } from "../../graph/document";
import { tellProblem } from "../../ui/tell";

interface Props {
  project: string;
  isOpen: boolean;
  onClose: () => void;
}

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The form's state: the name follows the title until somebody writes it. */
function useForm(project: string) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const save = useSaveWorkflow(project);
  const [title, setTitle] = useState("");
  const [written, setWritten] = useState<string | null>(null);
  const [problem, setProblem] = useState("");
  const name = written ?? toLabel(title);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!LABEL.test(name)) return setProblem(t("workflows.invalidName"));
    const to = `/projects/${encodeURIComponent(project)}/workflows/${name}`;
    save.mutate(
      { document: emptyWorkflow(name, project, title), etag: null },
      {
        onSuccess: () => void navigate(to),
        onError: (error) => {
          const isTaken = error instanceof ApiError && [409, 412].includes(error.status);
          if (isTaken) setProblem(t("workflows.exists"));
          else tellProblem(error);
        },
      },
    );
  };
  const edit = (change: () => void) => {
    change();
    setProblem("");
  };
  return { title, name, problem, submit, edit, setTitle, setWritten, isBusy: save.isPending };
}

function Form({ project, onClose }: Omit<Props, "isOpen">) {
  const { t } = useTranslation();
  const form = useForm(project);
  return (
    <form onSubmit={form.submit}>
      <Stack>
        <TextInput
          label={t("workflows.name")}
          description={t("workflows.titleHint")}
          value={form.title}
          maxLength={200}
          data-autofocus
          onChange={({ currentTarget: { value } }) => form.edit(() => form.setTitle(value))}
        />
        <TextInput
          label={t("workflows.identifier")}
          description={t("workflows.identifierHint")}
          value={form.name}
          error={form.problem || undefined}
          maxLength={63}
          ff="monospace"
          required
          onChange={({ currentTarget: { value } }) => form.edit(() => form.setWritten(value))}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("app.cancel")}
          </Button>
          <Button type="submit" loading={form.isBusy} disabled={form.name === ""}>
            {t("workflows.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function CreateWorkflow({ project, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={isOpen} onClose={onClose} title={t("workflows.new")}>
      <Form project={project} onClose={onClose} />
    </Modal>
  );
}
