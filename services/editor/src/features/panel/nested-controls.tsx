/** Inputs for values that hold others: lists, maps, objects, alternatives. */

import { ActionIcon, Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json, JsonObject } from "../../graph/document";
import {
  type Alternative,
  alternativeOf,
  type Field as FieldKind,
  fieldOf,
  startOf,
} from "../../graph/schema";
import type { ControlProps } from "./control";
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

export function ListControl({ field, path, value, onChange }: Props<"list">) {
  const { t } = useTranslation();
  const entries = Array.isArray(value) ? value : [];
  const change = (next: Json[]) => onChange(next.length > 0 ? next : undefined);
  const isPlain = fieldOf(field.item).kind !== "object";
  return (
    <div className={classes.nested}>
      {entries.map((entry, index) => (
        // The entries have no identity but their place.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={index} className={isPlain ? classes.entry : classes.card}>
          <Field
            schema={{ ...field.item, description: "" }}
            label={t("panel.entry", { number: index + 1 })}
            path={`${path}[${index}]`}
            value={entry}
            onChange={(next) => change(entries.with(index, next ?? startOf(field.item)))}
          />
          <RemoveButton
            number={index + 1}
            onClick={() => change(entries.filter((_, other) => other !== index))}
          />
        </div>
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
      aria-label={t("panel.key")}
      placeholder={t("panel.key")}
      value={draft ?? name}
      ff="monospace"
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={() => {
        if (draft !== null && draft !== name) onRename(draft);
        setDraft(null);
      }}
    />
  );
}

export function MapControl({ field, path, value, onChange }: Props<"map">) {
  const { t } = useTranslation();
  const entries = Object.entries(isObject(value) ? value : {});
  const change = (next: [string, Json][]) =>
    onChange(next.length > 0 ? Object.fromEntries(next) : undefined);
  const fresh = () => {
    let number = entries.length + 1;
    while (entries.some(([key]) => key === `field${number}`)) number += 1;
    return `field${number}`;
  };
  return (
    <div className={classes.nested}>
      {entries.map(([key, entry], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the key is what is edited here
        <div key={index} className={classes.card}>
          <div className={classes.cardBody}>
            <KeyInput
              name={key}
              onRename={(name) => {
                const isTaken = entries.some(([other]) => other === name);
                if (name !== "" && !isTaken) change(entries.with(index, [name, entry]));
              }}
            />
            <Field
              schema={field.entry}
              label={t("panel.value")}
              path={`${path}.${key}`}
              value={entry}
              onChange={(next) => change(entries.with(index, [key, next ?? ""]))}
            />
          </div>
          <RemoveButton
            number={index + 1}
            onClick={() => change(entries.filter((_, other) => other !== index))}
          />
        </div>
      ))}
      <AddButton onClick={() => change([...entries, [fresh(), startOf(field.entry)]])} />
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

function startOfAlternative({ schema, mark }: Alternative): Json {
  const start = startOf(schema);
  return mark && isObject(start) ? { ...start, [mark.key]: mark.value } : start;
}

/** The fields of an alternative without the constant that marks it: the choice above says it. */
function unmarked({ schema, mark }: Alternative): Alternative["schema"] {
  if (!mark) return schema;
  const { [mark.key]: _, ...properties } = schema.properties ?? {};
  return { ...schema, properties };
}

export function UnionControl({ field, path, label, value, onChange }: Props<"union">) {
  const index = alternativeOf(value, field.options);
  const chosen = field.options[index];
  const labels = field.options.map((option) => option.label);
  const choose = (next: string | null) => {
    const option = field.options[labels.indexOf(next ?? "")];
    if (option) onChange(startOfAlternative(option));
  };
  if (!chosen) return null;
  const inner = unmarked(chosen);
  const isEmpty = chosen.mark && Object.keys(inner.properties ?? {}).length === 0;
  return (
    <div className={classes.nested}>
      {labels.length > 3 ? (
        <Select
          aria-label={label}
          data={labels}
          value={chosen.label}
          onChange={choose}
          allowDeselect={false}
        />
      ) : (
        <SegmentedControl
          size="xs"
          aria-label={label}
          data={labels}
          value={chosen.label}
          onChange={choose}
        />
      )}
      {!isEmpty &&
        (chosen.mark && isObject(value) ? (
          <SchemaForm
            schema={inner}
            path={path}
            value={value}
            onChange={(next) => onChange(next)}
          />
        ) : (
          value !== undefined && (
            <Field
              schema={{ ...inner, description: "" }}
              label={label}
              path={path}
              value={value}
              onChange={onChange}
            />
          )
        ))}
    </div>
  );
}
