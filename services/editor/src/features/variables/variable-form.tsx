/** Make a variable, or change its value. */

import { SegmentedControl, Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client";
import { type OpenedVariable, openedVariable, useSaveVariable } from "../../api/variables";
import type { Json } from "../../graph/document";
import { AskWhenStale, FormButtons, FormDialog } from "../../ui/form-dialog";
import { JsonField } from "../../ui/json-field";
import { tell, tellProblem } from "../../ui/tell";

/** A text is taken as it is typed; everything else is written as JSON. */
type Kind = "text" | "json";

interface Read {
  value: Json;
  isFaulty: boolean;
}

function read(kind: Kind, text: string): Read {
  if (kind === "text") return { value: text, isFaulty: false };
  try {
    return { value: JSON.parse(text) as Json, isFaulty: false };
  } catch {
    return { value: null, isFaulty: true };
  }
}

interface FormProps {
  project: string;
  /** Null for a new one. */
  opened: OpenedVariable | null;
  onReload: () => void;
  onClose: () => void;
}

function useForm({ project, opened, onClose }: FormProps) {
  const { t } = useTranslation();
  const known = opened?.value;
  const isText = known === undefined || typeof known.value === "string";
  const [name, setName] = useState(known?.name ?? "");
  const [kind, setKind] = useState<Kind>(isText ? "text" : "json");
  const [text, setText] = useState(
    isText ? String(known?.value ?? "") : JSON.stringify(known.value, null, 2),
  );
  const [isStale, setStale] = useState(false);
  const save = useSaveVariable(project);
  const { value, isFaulty } = read(kind, text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isFaulty) return;
    save.mutate(
      { name, value, etag: opened?.etag ?? null },
      {
        onSuccess: () => {
          tell(t("variables.saved", { name }));
          onClose();
        },
        onError: (error) => {
          if (opened && error instanceof ApiError && error.isConflict) setStale(true);
          else tellProblem(error);
        },
      },
    );
  };
  const stale = { isStale, keepEditing: () => setStale(false) };
  const isBusy = save.isPending;
  return { name, setName, kind, setKind, text, setText, isFaulty, submit, isBusy, stale };
}

function Form(props: FormProps) {
  const { t } = useTranslation();
  const form = useForm(props);
  const kinds = [
    { value: "text", label: t("variables.text") },
    { value: "json", label: t("variables.json") },
  ];
  return (
    <>
      <form onSubmit={form.submit}>
        <Stack>
          {props.opened === null && (
            <TextInput
              label={t("variables.name")}
              description={t("variables.nameHint")}
              value={form.name}
              required
              maxLength={64}
              data-autofocus
              onChange={(event) => form.setName(event.currentTarget.value)}
            />
          )}
          <SegmentedControl
            aria-label={t("variables.kind")}
            data={kinds}
            value={form.kind}
            onChange={(next) => form.setKind(next as Kind)}
          />
          {form.kind === "text" ? (
            <Textarea
              label={t("variables.value")}
              description={t("variables.notSecret")}
              value={form.text}
              autosize
              minRows={3}
              maxRows={12}
              onChange={(event) => form.setText(event.currentTarget.value)}
            />
          ) : (
            <JsonField
              label={t("variables.value")}
              hint={t("variables.jsonHint")}
              value={form.text}
              fault={form.isFaulty ? t("variables.noJson") : null}
              onChange={form.setText}
            />
          )}
          <FormButtons
            save={t("variables.save")}
            isBusy={form.isBusy}
            isReady={form.name !== "" && !form.isFaulty}
            onClose={props.onClose}
          />
        </Stack>
      </form>
      <AskWhenStale text={t("variables.conflict")} stale={form.stale} onReload={props.onReload} />
    </>
  );
}

interface Props {
  project: string;
  /** The name of the one that is changed, null for a new one. */
  name: string | null;
  onClose: () => void;
}

export function VariableForm({ project, name, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <FormDialog
      title={name ?? t("variables.new")}
      query={name === null ? null : openedVariable(project, name)}
      onClose={onClose}
    >
      {(opened, onReload) => (
        <Form project={project} opened={opened} onReload={onReload} onClose={onClose} />
      )}
    </FormDialog>
  );
}
