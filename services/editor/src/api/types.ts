/** What the gateway's REST interface carries: its own description, and what that leaves open. */

import type { Json, JsonObject } from "../graph/document";
import type { JsonSchema } from "../graph/node-type";
import type { Problem } from "../graph/problems";
import type { components } from "./schema";

type Schemas = components["schemas"];

export interface Page<T> {
  items: T[];
  nextCursor?: string | null;
}

export type Me = Schemas["Me"];
export type Execution = Omit<Schemas["ExecutionDocument"], "output" | "nodes"> & {
  output: JsonObject[] | null;
  nodes: NodeSummary[];
};
/** An execution in a list: without nodes and output. */
export type ExecutionBrief = Schemas["ExecutionBrief"];
export type ExecutionStatus = Schemas["ExecutionDocument"]["status"];
export type NodeStatus = Schemas["NodeSummary"]["status"];
export type Failure = Schemas["Failure"];
export type NodeSummary = Schemas["NodeSummary"];
export type Wait = Schemas["Wait"];
export type Doubt = Schemas["Doubt"];
export type DraftInfo = Schemas["DraftInfo"];
export type Member = Schemas["MemberInfo"];
export type SecurityEvent = Schemas["SecurityEventInfo"];
export type SecurityEventKind = SecurityEvent["kind"];
export type Credential = Schemas["CredentialInfo"];
export type Variable = Omit<Schemas["VariableInfo"], "value"> & { value: Json };

export interface Signal {
  name: string;
  payload: JsonObject;
}

export interface Resolution {
  node: string;
  path: string;
  outcome: "done" | "not-done" | "fail";
  item?: number;
  output?: JsonObject[];
}

/** A file that an item carries; `blob` is the hash of its content. */
export interface FileReference {
  blob: string;
  size: number;
  mediaType: string;
  fileName?: string;
}

/** The description says of an item's JSON and files only that they are objects. */
export interface Item {
  json: JsonObject;
  binary?: Record<string, FileReference> | null;
}

export type NodeRun = Omit<Schemas["NodeRun"], "input" | "output"> & {
  input: Record<string, Item[]>;
  output: Record<string, Item[]>;
};

export type NodeRuns = Omit<Schemas["NodeRuns"], "runs"> & { runs: NodeRun[] };

export interface Validation {
  valid: boolean;
  errors: Problem[];
  /** What is risky or doubtful in a document without errors. */
  warnings: Problem[];
}

export interface CredentialType {
  type: string;
  label: string;
  description: string;
  schema: JsonSchema;
}

export const EXECUTION_STATUSES: readonly ExecutionStatus[] = [
  "queued",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "cancelled",
  "in-doubt",
];

/** What is told of, in the order of the filter. */
export const SECURITY_EVENT_KINDS: readonly SecurityEventKind[] = [
  "code-stopped",
  "address-refused",
  "credential-refused",
  "proof-refused",
  "event-refused",
  "rate-limited",
  "permission-refused",
  "sign-in-refused",
];

/** The states that an execution does not leave again. */
export const FINAL: ReadonlySet<ExecutionStatus> = new Set(["succeeded", "failed", "cancelled"]);
