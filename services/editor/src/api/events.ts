/** The live events of one execution, by Server-Sent Events; the browser resumes them by itself. */

import * as paths from "./paths";
import type { ExecutionStatus, Failure, NodeStatus } from "./types";

export interface NodeEvent {
  name: string;
  path?: string;
  status: NodeStatus;
  items?: number;
  attempt?: number;
  error?: Failure | null;
}

export interface ExecutionEvent {
  status: ExecutionStatus;
  error?: Failure | null;
}

export interface Listener {
  onNode: (event: NodeEvent) => void;
  onExecution: (event: ExecutionEvent) => void;
}

interface Envelope {
  type?: string;
  data?: unknown;
}

function deliver(kind: string, text: string, listener: Listener): void {
  const parsed = JSON.parse(text) as Envelope;
  const type = parsed.type ?? kind;
  const data = parsed.data ?? parsed;
  if (type === "node") listener.onNode(data as NodeEvent);
  if (type === "execution") listener.onExecution(data as ExecutionEvent);
}

/** Listen until the returned function is called. */
export function listen(project: string, id: string, listener: Listener): () => void {
  const source = new EventSource(`/api/v1${paths.execution(project, id)}/events`);
  for (const kind of ["message", "node", "execution"]) {
    source.addEventListener(kind, (event) => {
      deliver(kind, (event as MessageEvent<string>).data, listener);
    });
  }
  return () => source.close();
}
