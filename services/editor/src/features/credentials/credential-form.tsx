import {
  MultiSelect,
  PasswordInput,
  Select,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client";
import {
  credentialTypes,
  type OpenedCredential,
  openedCredential,
  useSaveCredential,
} from "../../api/credentials";
import { catalogue } from "../../api/queries";
import type { JsonSchema } from "../../graph/node-type";
import { AskWhenStale, FormButtons, FormDialog } from "../../ui/form-dialog";
import { HiddenNote } from "../../ui/hidden-note";
import { Prose } from "../../ui/prose";
import { tell, tellProblem } from "../../ui/tell";

interface FieldProps {
  name: string;
  schema: JsonSchema;
  isRequired: boolean;
  value: string;
  onChange: (value: string) => void;
}

function SecretField({ name, schema, isRequired, value, onChange }: FieldProps) {
  const description = schema.description && <Prose text={schema.description} />;
  const common = { label: name, description, required: isRequired };
  if (schema.enum) {
    return (
      <Select
        {...common}
        data={schema.enum.map(String)}
        value={value || null}
        clearable
        onChange={(next) => onChange(next ?? "")}
      />
    );
  }
  const input = {
    ...common,
    value,
    autoComplete: "off",
    spellCheck: false,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  if (schema.writeOnly) return <PasswordInput {...input} autoComplete="new-password" />;
  return /PEM/.test(schema.description ?? "") ? (
    <Textarea autosize {...input} />
  ) : (
    <TextInput {...input} />
  );
}

interface LimitsProps {
  type: string;
  domains: string[];
  onDomains: (domains: string[]) => void;
  nodeTypes: string[];
  onNodeTypes: (types: string[]) => void;
}

/** Where the secret may go, and who may use it. */
function Limits({ type, domains, onDomains, nodeTypes, onNodeTypes }: LimitsProps) {
  const { t } = useTranslation();
  const { data } = useQuery(catalogue);
  const takers = [...(data?.values() ?? [])]
    .filter(({ credentials }) => credentials.some(({ types }) => types.includes(type)))
    .map((kind) => kind.type);
  return (
    <>
      <TagsInput
        label={t("credentials.domains")}
        description={t("credentials.domainsHint")}
        placeholder={domains.length === 0 ? t("credentials.anyHost") : ""}
        value={domains}
        acceptValueOnBlur
        onChange={onDomains}
      />
      <MultiSelect
        label={t("credentials.nodeTypes")}
        description={t("credentials.nodeTypesHint")}
        placeholder={nodeTypes.length === 0 ? t("credentials.anyNode") : ""}
        data={[...new Set([...takers, ...nodeTypes])]}
        value={nodeTypes}
        clearable
        onChange={onNodeTypes}
      />
    </>
  );
}

interface FormProps {
  project: string;
  /** Null for a new one. */
  opened: OpenedCredential | null;
  onReload: () => void;
  onClose: () => void;
}

function useForm({ project, opened, onClose }: FormProps) {
  const { t } = useTranslation();
  const known = opened?.value ?? null;
  const [isStale, setStale] = useState(false);
  const save = useSaveCredential(project);
  const [name, setName] = useState(known?.name ?? "");
  const [type, setType] = useState(known?.type ?? "");
  const [domains, setDomains] = useState(known?.allowedDomains ?? []);
  const [nodeTypes, setNodeTypes] = useState(known?.allowedNodeTypes ?? []);
  const [fields, setFields] = useState<Record<string, string>>({});
  const filled = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
  // Nothing of a kept secret was typed anew: it stays.
  const isLimitsOnly = type === known?.type && Object.keys(filled).length === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const secret = isLimitsOnly ? {} : { type, fields: filled };
    save.mutate(
      {
        name,
        ...secret,
        allowedDomains: domains,
        allowedNodeTypes: nodeTypes,
        etag: opened?.etag ?? null,
      },
      {
        onSuccess: () => {
          tell(t("credentials.saved", { name }));
          onClose();
        },
        onError: (error) => {
          if (opened && error instanceof ApiError && error.isConflict) setStale(true);
          else tellProblem(error);
        },
      },
    );
  };
  const set = (field: string, value: string) => setFields({ ...fields, [field]: value });
  const chooseType = (next: string | null) => {
    setType(next ?? "");
    setFields({});
  };
  const limits = {
    type,
    domains,
    onDomains: setDomains,
    nodeTypes,
    onNodeTypes: setNodeTypes,
  };
  const isBusy = save.isPending;
  const stale = { isStale, keepEditing: () => setStale(false) };
  return {
    name,
    setName,
    type,
    chooseType,
    fields,
    set,
    limits,
    isLimitsOnly,
    submit,
    isBusy,
    stale,
  };
}

function Form(props: FormProps) {
  const { t } = useTranslation();
  const { data: types = [] } = useQuery(credentialTypes);
  const form = useForm(props);
  const isNew = props.opened === null;
  const chosen = types.find(({ type }) => type === form.type);
  return (
    <>
      <form onSubmit={form.submit}>
        <Stack>
          {isNew && (
            <TextInput
              label={t("credentials.name")}
              value={form.name}
              required
              maxLength={63}
              data-autofocus
              onChange={(event) => form.setName(event.currentTarget.value)}
            />
          )}
          <Select
            label={t("credentials.type")}
            description={chosen && <Prose text={chosen.description} />}
            data={types.map(({ type, label }) => ({ value: type, label }))}
            value={form.type || null}
            required
            allowDeselect={false}
            onChange={form.chooseType}
          />
          {Object.entries(chosen?.schema.properties ?? {}).map(([name, schema]) => (
            <div key={name}>
              <SecretField
                name={name}
                schema={schema}
                isRequired={
                  !form.isLimitsOnly && (chosen?.schema.required?.includes(name) ?? false)
                }
                value={form.fields[name] ?? ""}
                onChange={(value) => form.set(name, value)}
              />
              <HiddenNote value={form.fields[name]} onClean={(value) => form.set(name, value)} />
            </div>
          ))}
          {chosen && <Limits {...form.limits} />}
          <Text size="xs" c="dimmed">
            {t(isNew ? "credentials.writeOnly" : "credentials.keepSecret")}
          </Text>
          <FormButtons
            save={t("credentials.save")}
            isBusy={form.isBusy}
            isReady={chosen !== undefined && form.name !== ""}
            onClose={props.onClose}
          />
        </Stack>
      </form>
      <AskWhenStale text={t("credentials.conflict")} stale={form.stale} onReload={props.onReload} />
    </>
  );
}

interface Props {
  project: string;
  /** The name of the one that is changed, null for a new one. */
  name: string | null;
  onClose: () => void;
}

/** Make a credential, replace its secret, or change its limits alone. What is typed leaves only for the server, once. */
export function CredentialForm({ project, name, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <FormDialog
      title={name ?? t("credentials.new")}
      query={name === null ? null : openedCredential(project, name)}
      onClose={onClose}
    >
      {(opened, onReload) => (
        <Form project={project} opened={opened} onReload={onReload} onClose={onClose} />
      )}
    </FormDialog>
  );
}
