/** Inputs for values that hold others: lists, maps, objects, alternatives. */

import { ActionIcon, Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json, JsonObject } from "../../graph/document";
import type { JsonSchema } from "../../graph/node-type";
import {
  type Alternative,
  alternativeOf,
  type Field as FieldKind,
  fieldOf,
  startOf,
} from "../../graph/schema";
import { Control, type ControlProps } from "./control";
import { Field } from "./field";
import classes from "./panel.module.css";
import { SchemaForm } from "./schema-form";

type Props<Kind extends FieldKind["kind"]> = ControlProps<Extract<FieldKind, { kind: Kind }>>;

const isObject = (value: Json | undefined): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

function RemoveButton({ number, onClick }: { number: number; onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <ActionIcon aria-label={t("panel.removeEntry", { number })} onClick={onClick} size={28}>
      <IconTrash size={15} />
    </ActionIcon>
  );
}

function AddButton({ onClick }: { onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      leftSection={<IconPlus size={14} />}
      onClick={onClick}
      className={classes.add}
    >
      {t("panel.addEntry")}
    </Button>
  );
}

interface EntryProps {
  schema: JsonSchema;
  path: string;
  number: number;
  value: Json;
  onChange: (value: Json) => void;
  onRemove: () => void;
}

/** An entry that is an object: its fields in a card, without a mode of its own. */
function ObjectEntry({ schema, path, number, value, onChange, onRemove }: EntryProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.card}>
      <div className={classes.cardHead}>
        <span className={classes.cardTitle}>{t("panel.entry", { number })}</span>
        <RemoveButton number={number} onClick={onRemove} />
      </div>
      <SchemaForm
        schema={schema}
        path={path}
        value={isObject(value) ? value : {}}
        onChange={onChange}
      />
    </div>
  );
}

function PlainEntry({ schema, path, number, value, onChange, onRemove }: EntryProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.entry}>
      <Field
        schema={{ ...schema, description: "" }}
        label={t("panel.entry", { number })}
        path={path}
        value={value}
        onChange={(next) => onChange(next ?? startOf(schema))}
      />
      <RemoveButton number={number} onClick={onRemove} />
    </div>
  );
}

export function ListControl({ field, path, value, onChange }: Props<"list">) {
  const entries = Array.isArray(value) ? value : [];
  const change = (next: Json[]) => onChange(next.length > 0 ? next : undefined);
  const Entry = fieldOf(field.item).kind === "object" ? ObjectEntry : PlainEntry;
  return (
    <div className={classes.nested}>
      {entries.map((entry, index) => (
        <Entry
          // biome-ignore lint/suspicious/noArrayIndexKey: an entry has no identity but its place
          key={index}
          schema={field.item}
          path={`${path}[${index}]`}
          number={index + 1}
          value={entry}
          onChange={(next) => change(entries.with(index, next))}
          onRemove={() => change(entries.filter((_, other) => other !== index))}
        />
      ))}
      <AddButton onClick={() => change([...entries, startOf(field.item)])} />
    </div>
  );
}

function KeyInput({ name, onRename }: { name: string; onRename: (name: string) => void }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <TextInput
      size="xs"
      variant="unstyled"
      className={classes.key}
      aria-label={t("panel.key")}
      placeholder={t("panel.key")}
      value={draft ?? name}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onFocus={(event) => event.currentTarget.select()}
      onBlur={() => {
        if (draft !== null && draft !== name) onRename(draft);
        setDraft(null);
      }}
    />
  );
}

export function MapControl({ field, path, value, onChange }: Props<"map">) {
  const entries = Object.entries(isObject(value) ? value : {});
  const change = (next: [string, Json][]) =>
    onChange(next.length > 0 ? Object.fromEntries(next) : undefined);
  const rename = (index: number, name: string) => {
    const isTaken = entries.some(([other]) => other === name);
    const entry = entries[index];
    if (name !== "" && !isTaken && entry) change(entries.with(index, [name, entry[1]]));
  };
  const freshKey = () => {
    let number = entries.length + 1;
    while (entries.some(([key]) => key === `field${number}`)) number += 1;
    return `field${number}`;
  };
  return (
    <div className={classes.nested}>
      {entries.map(([key, entry], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the key is what is edited here
        <div key={index} className={classes.mapEntry}>
          <Field
            schema={field.entry}
            label={key}
            path={`${path}.${key}`}
            value={entry}
            head={<KeyInput name={key} onRename={(name) => rename(index, name)} />}
            onChange={(next) => change(entries.with(index, [key, next ?? ""]))}
          />
          <RemoveButton
            number={index + 1}
            onClick={() => change(entries.filter((_, other) => other !== index))}
          />
        </div>
      ))}
      <AddButton onClick={() => change([...entries, [freshKey(), startOf(field.entry)]])} />
    </div>
  );
}

export function ObjectControl({ field, path, value, onChange }: Props<"object">) {
  return (
    <div className={classes.inner}>
      <SchemaForm
        schema={field.schema}
        path={path}
        value={isObject(value) ? value : {}}
        onChange={(next) => onChange(Object.keys(next).length > 0 ? next : undefined)}
      />
    </div>
  );
}

const KINDS = {
  string: "panel.text",
  number: "panel.number",
  integer: "panel.number",
  boolean: "panel.boolean",
  array: "panel.list",
  object: "panel.object",
} as const;

function startOfAlternative({ schema, mark }: Alternative): Json {
  const start = startOf(schema);
  return mark && isObject(start) ? { ...start, [mark.key]: mark.value } : start;
}

/** The fields of an alternative without the constant that marks it: the choice above says it. */
function unmarked({ schema, mark }: Alternative): JsonSchema {
  if (!mark) return schema;
  const { [mark.key]: _, ...properties } = schema.properties ?? {};
  return { ...schema, properties };
}

interface ChosenProps {
  chosen: Alternative;
  label: string;
  path: string;
  value: Json;
  isInvalid: boolean;
  onChange: (value: Json | undefined) => void;
}

function ChosenInput({ chosen, label, path, value, isInvalid, onChange }: ChosenProps) {
  const schema = unmarked(chosen);
  if (chosen.mark && isObject(value)) {
    if (Object.keys(schema.properties ?? {}).length === 0) return null;
    return (
      <div className={classes.inner}>
        <SchemaForm schema={schema} path={path} value={value} onChange={onChange} />
      </div>
    );
  }
  return (
    <Control
      field={fieldOf(schema)}
      schema={schema}
      label={label}
      path={path}
      value={value}
      isInvalid={isInvalid}
      onChange={onChange}
    />
  );
}

export function UnionControl(props: Props<"union">) {
  const { field, schema, path, label, value, isInvalid, onChange } = props;
  const { t } = useTranslation();
  const shown = value ?? schema.default;
  const index = alternativeOf(shown, field.options);
  const chosen = field.options[index];
  const choices = field.options.map((option, place) => ({
    value: String(place),
    label: option.label in KINDS ? t(KINDS[option.label as keyof typeof KINDS]) : option.label,
  }));
  const choose = (next: string | null) => {
    const option = field.options[Number(next)];
    if (next !== null && option) onChange(startOfAlternative(option));
  };
  const common = { "aria-label": label, data: choices, value: String(index), onChange: choose };
  if (!chosen) return null;
  return (
    <div className={classes.nested}>
      {choices.length > 3 ? (
        <Select {...common} allowDeselect={false} />
      ) : (
        <SegmentedControl {...common} size="xs" />
      )}
      {shown !== undefined && (
        <ChosenInput
          chosen={chosen}
          label={label}
          path={path}
          value={shown}
          isInvalid={isInvalid}
          onChange={onChange}
        />
      )}
    </div>
  );
}
