/** The catalogue of node types, and which ports a node has with the parameters it has now. */

import type { Json, JsonObject } from "./document";

export interface CredentialSlot {
  name: string;
  types: string[];
  required?: boolean;
}

export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: Json[];
  const?: Json;
  default?: Json;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  items?: JsonSchema | boolean;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  patternProperties?: Record<string, JsonSchema>;
  propertyNames?: JsonSchema;
  maxItems?: number;
  minItems?: number;
  required?: string[];
  examples?: Json[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  writeOnly?: boolean;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  "x-ui"?: {
    widget?: string;
    when?: Record<string, Json[]>;
    /** The parameter that says which language this one is code in. */
    language?: string;
  };
}

export interface NodeType {
  type: string;
  label: string;
  description: string;
  group: string;
  icon?: string | null;
  effect: "pure" | "read" | "write";
  trigger: boolean;
  inputs: string[];
  outputs: string[];
  outputsFrom?: { param: string; field: string } | null;
  parameters: JsonSchema;
  credentials: CredentialSlot[];
  docs?: string;
  example?: JsonObject | null;
}

export type Catalogue = ReadonlyMap<string, NodeType>;

export interface Ports {
  inputs: string[];
  outputs: string[];
}

export interface PortOwner {
  params: JsonObject;
  onError: string;
}

/** What the port of each entry is to be called; empty where it has no name. */
function listedNames(owner: PortOwner, from: { param: string; field: string }): string[] {
  const list = owner.params[from.param];
  if (!Array.isArray(list)) return [];
  return list.map((entry) => {
    const name =
      entry !== null && typeof entry === "object" && !Array.isArray(entry)
        ? entry[from.field]
        : entry;
    return typeof name === "string" ? name : "";
  });
}

/** A port for each entry: one without a name, or with that of another port, is called by its number until it has one. */
function listedPorts(names: readonly string[], fixed: readonly string[]): string[] {
  return names.map((name, index) => {
    if (name !== "" && !fixed.includes(name) && names.indexOf(name) === index) return name;
    let number = `(${index + 1})`;
    while (names.includes(number)) number = `(${number})`;
    return number;
  });
}

/** The ports of a node: those its parameters name come before those of its type, `error` last. */
export function portsOf(type: NodeType | undefined, owner: PortOwner): Ports {
  if (!type) return { inputs: ["main"], outputs: ["main"] };
  const names = type.outputsFrom ? listedNames(owner, type.outputsFrom) : [];
  const outputs = [...listedPorts(names, [...type.outputs, "error"]), ...type.outputs];
  if (owner.onError === "branch" && !outputs.includes("error")) outputs.push("error");
  return { inputs: type.trigger ? [] : type.inputs, outputs };
}

/** What a fresh node of this type begins with. What people have to fill in is empty: an example would be run as it is. */
export function initialParams(type: NodeType): JsonObject {
  const params: JsonObject = {};
  for (const name of type.parameters.required ?? []) {
    const preset = type.parameters.properties?.[name]?.default;
    if (preset !== undefined) params[name] = preset;
  }
  return params;
}

/** The parameters with the example of the type at what people have to fill in, to be shown while it is empty. */
export function parametersWithExamples({ parameters, example }: NodeType): JsonSchema {
  const properties = { ...parameters.properties };
  for (const name of parameters.required ?? []) {
    const [schema, value] = [properties[name], example?.[name]];
    if (schema && value !== undefined) properties[name] = { ...schema, examples: [value] };
  }
  return { ...parameters, properties };
}
