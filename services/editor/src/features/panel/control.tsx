/** The input for a fixed value, by its kind. */

import { MultiSelect, Select, Switch, Textarea, TextInput } from "@mantine/core";
import i18next from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json } from "../../graph/document";
import { toIsoDuration } from "../../graph/duration";
import type { JsonSchema } from "../../graph/node-type";
import type { Field } from "../../graph/schema";
import { NumberBox } from "../../ui/number-box";
import { AnyControl } from "./any-control";
import { CodeControl } from "./code-control";
import { ListControl, MapControl, ObjectControl, UnionControl } from "./nested-controls";

const exampleOf = (examples: readonly Json[] | undefined): string => {
  const first = examples?.[0];
  return typeof first === "string" || typeof first === "number" ? String(first) : "";
};

export interface ControlProps<Kind extends Field = Field> {
  field: Kind;
  schema: JsonSchema;
  label: string;
  path: string;
  value: Json | undefined;
  isInvalid: boolean;
  onChange: (value: Json | undefined) => void;
}

type Props<Kind extends Field["kind"]> = ControlProps<Extract<Field, { kind: Kind }>>;

/** What an empty field shows: the default, which is meant by it, else an example. */
function hint({ default: preset, examples }: JsonSchema): string {
  if (preset !== undefined && preset !== null) return String(preset);
  const example = exampleOf(examples);
  return example ? i18next.t("panel.eg", { example }) : "";
}

function TextControl({ field, schema, label, value, isInvalid, onChange }: Props<"text">) {
  const common = {
    "aria-label": label,
    value: typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value),
    placeholder: hint(schema),
    error: isInvalid,
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.value),
  };
  return field.isLong ? (
    <Textarea autosize minRows={2} maxRows={12} {...common} />
  ) : (
    <TextInput {...common} />
  );
}

function NumberControl({ field, schema, label, value, isInvalid, onChange }: Props<"number">) {
  return (
    <NumberBox
      aria-label={label}
      value={typeof value === "number" ? value : undefined}
      placeholder={hint(schema)}
      allowDecimal={!field.isInteger}
      error={isInvalid}
      clampBehavior="none"
      onChange={onChange}
    />
  );
}

function BooleanControl({ schema, label, value, onChange }: Props<"boolean">) {
  const { t } = useTranslation();
  const isOn = value === undefined ? schema.default === true : value === true;
  return (
    <Switch
      size="sm"
      aria-label={label}
      label={isOn ? t("panel.yes") : t("panel.no")}
      checked={isOn}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

function ChoiceControl({ field, schema, label, value, isInvalid, onChange }: Props<"choice">) {
  return (
    <Select
      aria-label={label}
      data={field.options}
      value={typeof value === "string" ? value : null}
      placeholder={hint(schema)}
      error={isInvalid}
      clearable={schema.default !== undefined}
      allowDeselect={false}
      comboboxProps={{ withinPortal: true }}
      onChange={(next) => onChange(next ?? undefined)}
    />
  );
}

function ChoicesControl({ field, schema, label, value, isInvalid, onChange }: Props<"choices">) {
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const preset = Array.isArray(schema.default) ? schema.default.join(", ") : "";
  return (
    <MultiSelect
      aria-label={label}
      data={field.options}
      value={chosen}
      placeholder={chosen.length === 0 ? preset : ""}
      error={isInvalid}
      onChange={(next) => onChange(next.length > 0 ? next : undefined)}
    />
  );
}

/** A duration, kept as it is typed until it is one. */
export function DurationInput({
  label,
  isLabelShown = false,
  value,
  placeholder,
  onChange,
}: {
  label: string;
  isLabelShown?: boolean;
  value: string;
  placeholder?: string;
  onChange: (value: string | undefined) => void;
}) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<string | null>(null);
  const text = draft ?? value;
  const isWrong = text !== "" && toIsoDuration(text) === null;
  return (
    <TextInput
      label={isLabelShown ? label : undefined}
      aria-label={label}
      value={text}
      placeholder={placeholder || "PT30S"}
      title={t("panel.duration")}
      error={isWrong && t("panel.badDuration")}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={() => {
        if (draft === null || isWrong) return;
        onChange(draft === "" ? undefined : (toIsoDuration(draft) ?? undefined));
        setDraft(null);
      }}
    />
  );
}

function DurationControl({ schema, label, value, onChange }: Props<"duration">) {
  return (
    <DurationInput
      label={label}
      value={typeof value === "string" ? value : ""}
      placeholder={hint(schema)}
      onChange={onChange}
    />
  );
}

export function Control({ field, ...rest }: ControlProps) {
  switch (field.kind) {
    case "text":
      if (field.isCode) return <CodeControl {...rest} example={exampleOf(rest.schema.examples)} />;
      return <TextControl field={field} {...rest} />;
    case "number":
      return <NumberControl field={field} {...rest} />;
    case "boolean":
      return <BooleanControl field={field} {...rest} />;
    case "choice":
      return <ChoiceControl field={field} {...rest} />;
    case "choices":
      return <ChoicesControl field={field} {...rest} />;
    case "duration":
      return <DurationControl field={field} {...rest} />;
    case "list":
      return <ListControl field={field} {...rest} />;
    case "map":
      return <MapControl field={field} {...rest} />;
    case "object":
      return <ObjectControl field={field} {...rest} />;
    case "union":
      return <UnionControl field={field} {...rest} />;
    case "any":
      return <AnyControl {...rest} />;
  }
}
