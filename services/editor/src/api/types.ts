/** What the gateway's REST interface carries. */

import type { Json, JsonObject } from "../graph/document";
import type { JsonSchema } from "../graph/node-type";
import type { Problem } from "../graph/problems";

export interface Page<T> {
  items: T[];
  nextCursor?: string | null;
}

export interface Me {
  id: string;
  name: string;
  role: string;
  tenant: string;
  projects: (string | { name: string })[];
}

export const EXECUTION_STATUSES = [
  "queued",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "cancelled",
  "in-doubt",
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];
export type NodeStatus =
  | "running"
  | "succeeded"
  | "failed"
  | "skipped"
  | "cancelled"
  | "waiting"
  | "in-doubt";

export interface Failure {
  code?: string;
  message: string;
  node?: string;
}

export interface NodeSummary {
  name: string;
  status: NodeStatus;
  attempts?: number;
  items?: number;
  startedAt?: string | null;
  durationMs?: number | null;
  error?: Failure | null;
}

export interface Execution {
  id: string;
  workflow: string;
  version: number;
  status: ExecutionStatus;
  trigger?: string | null;
  startedAt?: string | null;
  finishedAt?: string | null;
  acceptedAt?: string | null;
  createdAt?: string | null;
  durationMs?: number | null;
  error?: Failure | null;
  output?: Json;
  nodes?: NodeSummary[];
  traceId?: string | null;
}

export interface Item {
  json: JsonObject;
  binary?: JsonObject | null;
}

export interface NodeRun {
  path: string;
  status: NodeStatus;
  attempt?: number;
  input?: Record<string, (Item | JsonObject)[]>;
  output?: Record<string, (Item | JsonObject)[]>;
  error?: Failure | null;
}

export interface NodeRuns {
  name: string;
  runs: NodeRun[];
  nextCursor?: string | null;
}

export interface Validation {
  valid: boolean;
  errors: Problem[];
}

export interface Credential {
  name: string;
  type: string;
  createdAt?: string | null;
  updatedAt?: string | null;
}

export const FINAL: ReadonlySet<ExecutionStatus> = new Set(["succeeded", "failed", "cancelled"]);

export interface CredentialType {
  type: string;
  label: string;
  description: string;
  schema: JsonSchema;
}

/** The JSON of an item, whether it comes wrapped as `{json}` or bare. */
export function jsonOf(item: Item | JsonObject): JsonObject {
  const inner = (item as Item).json;
  return inner !== null && typeof inner === "object" && !Array.isArray(inner)
    ? inner
    : (item as JsonObject);
}
