/** The workflow document as the API carries it, and what people write in it. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export interface Position {
  x: number;
  y: number;
}

export interface Retry {
  attempts?: number;
  delay?: string;
  factor?: number;
  maxDelay?: string;
  jitter?: number;
}

export type OnError = "stop" | "continue" | "branch";

export interface TriggerDocument {
  name: string;
  type: string;
  params?: JsonObject;
  credentials?: Record<string, string>;
  disabled?: boolean;
  position?: Position | null;
  notes?: string;
}

export interface NodeDocument extends TriggerDocument {
  retry?: Retry | null;
  timeout?: string | null;
  checkpoint?: boolean;
  inDoubt?: "retry" | "ask" | null;
  pool?: string;
  onError?: OnError;
}

export interface EdgeDocument {
  from: string;
  output?: string;
  to: string;
  input?: string;
}

export interface WorkflowSettings {
  timeout?: string | null;
  concurrency?: { limit: number; policy?: "queue" | "skip" | "replace" } | null;
  errorWorkflow?: string | null;
  timeZone?: string;
  retention?: { succeeded?: string; failed?: string };
  priority?: number;
  deletionPolicy?: "finish" | "cancel";
}

export interface WorkflowSpec {
  title?: string;
  description?: string;
  suspend?: boolean;
  triggers?: TriggerDocument[];
  nodes?: NodeDocument[];
  edges?: EdgeDocument[];
  settings?: WorkflowSettings;
}

export interface WorkflowMetadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  uid?: string;
  createdAt?: string;
  updatedAt?: string;
  managedBy?: string | null;
}

/** It belongs to an object of Kubernetes: Alur refuses other changes than those of its operator. */
export const isManaged = (metadata: WorkflowMetadata): boolean =>
  metadata.managedBy === "kubernetes";

interface TriggerStatus {
  name: string;
  active: boolean;
  url?: string | null;
  nextDue?: string | null;
  lag?: number | null;
  error?: string | null;
}

/** That there are changes which nobody has published; `base` is the workflow's revision they were drawn on. */
interface DraftStatus {
  revision: number;
  base: number;
  changedBy: string;
  changedAt: string;
}

interface Condition {
  type: string;
  status: string;
  message?: string | null;
}

export interface WorkflowStatus {
  conditions?: Condition[];
  draft?: DraftStatus | null;
  activeVersion?: number | null;
  triggers?: TriggerStatus[];
  lastExecution?: {
    id: string;
    status: string;
    finishedAt?: string | null;
    startedAt?: string | null;
  } | null;
}

export interface WorkflowDocument {
  apiVersion: string;
  kind: "Workflow";
  metadata: WorkflowMetadata;
  spec: WorkflowSpec;
  status?: WorkflowStatus;
}

const isPart = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  ["name", "type"].every((key) => typeof (value as Record<string, unknown>)[key] === "string");

const isEdge = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  ["from", "to"].every((key) => typeof (value as Record<string, unknown>)[key] === "string");

/** Whether a draft can be drawn: the server keeps any object, valid or not. */
export function isDrawable(document: unknown): document is WorkflowDocument {
  const { metadata, spec } = (document ?? {}) as Partial<WorkflowDocument>;
  if (typeof metadata !== "object" || typeof spec !== "object" || spec === null) return false;
  const { triggers = [], nodes = [], edges = [] } = spec;
  return (
    [triggers, nodes, edges].every(Array.isArray) &&
    [...triggers, ...nodes].every(isPart) &&
    edges.every(isEdge)
  );
}

const API_VERSION = "alur.dev/v1alpha1";

/** A new, empty workflow with a manual trigger, so that it can be run at once. */
export function emptyWorkflow(name: string, project: string, title: string): WorkflowDocument {
  return {
    apiVersion: API_VERSION,
    kind: "Workflow",
    metadata: { name, namespace: project },
    spec: {
      title,
      triggers: [{ name: "start", type: "trigger.manual", position: { x: 0, y: 0 } }],
      nodes: [],
      edges: [],
    },
  };
}

/** Turn a title into a DNS label (RFC 1123): lower case, digits and dashes, at most 63. */
export function toLabel(title: string): string {
  return title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "");
}

/** What a person would keep in a file: without what the server owns. */
export function exportable(document: WorkflowDocument): WorkflowDocument {
  const { name, namespace, labels, annotations } = document.metadata;
  return {
    apiVersion: document.apiVersion,
    kind: "Workflow",
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
      ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
    spec: document.spec,
  };
}
