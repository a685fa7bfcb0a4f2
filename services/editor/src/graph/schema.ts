/** What kind of field a JSON Schema asks for. */

import type { Json, JsonObject } from "./document";
import type { JsonSchema } from "./node-type";

export type Field =
  | { kind: "text"; isLong: boolean; isCode: boolean; maxLength?: number }
  | { kind: "number"; isInteger: boolean; minimum?: number; maximum?: number }
  | { kind: "boolean"; isCondition: boolean }
  | { kind: "choice"; options: string[] }
  | { kind: "choices"; options: string[] }
  | { kind: "duration" }
  | { kind: "list"; item: JsonSchema }
  | { kind: "map"; entry: JsonSchema }
  | { kind: "object"; schema: JsonSchema }
  | { kind: "union"; options: Alternative[] }
  | { kind: "any" };

export interface Alternative {
  label: string;
  schema: JsonSchema;
  /** The constant that marks this alternative, such as `mode: page`. */
  mark?: { key: string; value: Json };
}

export const isExpression = (value: Json | undefined): value is string =>
  typeof value === "string" && value.includes("{{");

const isTyped = (schema: JsonSchema, type: string): boolean =>
  Array.isArray(schema.type) ? schema.type.includes(type) : schema.type === type;

function withoutNull(schema: JsonSchema): JsonSchema[] {
  const parts = schema.anyOf ?? schema.oneOf ?? [];
  return parts.filter((part) => part.type !== "null");
}

function markOf(schema: JsonSchema): Alternative["mark"] {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.const !== undefined) return { key, value: property.const };
  }
  return undefined;
}

function labelOf(schema: JsonSchema): string {
  const mark = markOf(schema);
  if (mark) return String(mark.value);
  if (schema.enum) return schema.enum.join(" / ");
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  return type ?? schema.title ?? "any";
}

function alternatives(parts: JsonSchema[]): Field {
  const options = parts.map((schema): Alternative => {
    const mark = markOf(schema);
    return { label: labelOf(schema), schema, ...(mark ? { mark } : {}) };
  });
  return { kind: "union", options };
}

const LONG = new Set(["textarea", "code"]);

function textField(schema: JsonSchema): Field {
  const widget = schema["x-ui"]?.widget ?? "";
  if (schema.enum) return { kind: "choice", options: schema.enum.map(String) };
  if (schema.format === "duration" || widget === "duration") return { kind: "duration" };
  const limit = schema.maxLength === undefined ? {} : { maxLength: schema.maxLength };
  return { kind: "text", isLong: LONG.has(widget), isCode: widget === "code", ...limit };
}

function numberField(schema: JsonSchema): Field {
  return {
    kind: "number",
    isInteger: isTyped(schema, "integer"),
    ...(schema.minimum === undefined ? {} : { minimum: schema.minimum }),
    ...(schema.maximum === undefined ? {} : { maximum: schema.maximum }),
  };
}

function listField(schema: JsonSchema): Field {
  const item = typeof schema.items === "object" ? schema.items : {};
  if (item.enum) return { kind: "choices", options: item.enum.map(String) };
  return { kind: "list", item };
}

function objectField(schema: JsonSchema): Field {
  if (Object.keys(schema.properties ?? {}).length > 0) return { kind: "object", schema };
  const [pattern] = Object.values(schema.patternProperties ?? {});
  const { additionalProperties: extra } = schema;
  return { kind: "map", entry: pattern ?? (typeof extra === "object" ? extra : {}) };
}

const BUILDERS: [string, (schema: JsonSchema) => Field][] = [
  ["string", textField],
  ["integer", numberField],
  ["number", numberField],
  [
    "boolean",
    (schema) => ({ kind: "boolean", isCondition: schema["x-ui"]?.widget === "condition" }),
  ],
  ["array", listField],
  ["object", objectField],
];

const isScalar = (schema: JsonSchema): boolean =>
  ["string", "integer", "number", "boolean"].includes(labelOf(schema));

/** Decide how a value of this schema is edited. */
export function fieldOf(schema: JsonSchema): Field {
  if (schema["x-ui"]?.widget === "json") return { kind: "any" };
  const parts = withoutNull(schema);
  if (parts.length > 0) {
    const [only, ...others] = parts;
    if (only && others.length === 0) return fieldOf({ ...only, "x-ui": schema["x-ui"] ?? {} });
    // Text, number or both: what is written says by itself which it is.
    if (parts.every((part) => isScalar(part) && !part.enum)) return { kind: "any" };
    return alternatives(parts);
  }
  return BUILDERS.find(([type]) => isTyped(schema, type))?.[1](schema) ?? { kind: "any" };
}

function typeName(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

function fits(value: Json, { schema, mark }: Alternative): boolean {
  const name = typeName(value);
  if (mark) return name === "object" && (value as JsonObject)[mark.key] === mark.value;
  if (schema.enum) return schema.enum.includes(value);
  return isTyped(schema, name) || (name === "number" && isTyped(schema, "integer"));
}

/** Which alternative this value is of; the first one if it is of none. */
export function alternativeOf(value: Json | undefined, options: readonly Alternative[]): number {
  if (value === undefined) return 0;
  return Math.max(
    options.findIndex((option) => fits(value, option)),
    0,
  );
}

/** A value to begin with when somebody adds an entry or takes an alternative. */
export function startOf(schema: JsonSchema): Json {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  const field = fieldOf(schema);
  if (field.kind === "list" || field.kind === "choices") return [];
  if (field.kind === "object") return startOfObject(schema);
  const starts: Partial<Record<Field["kind"], Json>> = {
    map: {},
    boolean: false,
    number: field.kind === "number" ? (field.minimum ?? 0) : 0,
    choice: field.kind === "choice" ? (field.options[0] ?? "") : "",
  };
  return starts[field.kind] ?? "";
}

function startOfObject(schema: JsonSchema): JsonObject {
  const start: JsonObject = {};
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.const !== undefined || schema.required?.includes(key))
      start[key] = startOf(property);
  }
  return start;
}

/** False when the schema says that the field only matters with other parameters than these. */
export function isShown(schema: JsonSchema, params: JsonObject, all: JsonSchema): boolean {
  const when = schema["x-ui"]?.when;
  if (!when) return true;
  return Object.entries(when).every(([name, values]) => {
    const value = params[name] ?? all.properties?.[name]?.default ?? null;
    return values.includes(value);
  });
}
