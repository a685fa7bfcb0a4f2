/** The live events of one execution, by Server-Sent Events; the browser resumes them by itself. */

import * as paths from "./paths";
import { type ExecutionStatus, type Failure, FINAL, type NodeStatus } from "./types";

export interface NodeEvent {
  name: string;
  path?: string;
  status: NodeStatus;
  items?: number;
  attempt?: number;
  error?: Failure | null;
}

interface ExecutionEvent {
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

/** Hand on one message; true if it was the last one. */
function deliver(text: string, listener: Listener): boolean {
  const { type, data } = JSON.parse(text) as Envelope;
  if (type === "node") listener.onNode(data as NodeEvent);
  if (type !== "execution") return false;
  listener.onExecution(data as ExecutionEvent);
  return FINAL.has((data as ExecutionEvent).status);
}

/** Listen until the returned function is called. */
export function listen(project: string, id: string, listener: Listener): () => void {
  const source = new EventSource(`/api/v1${paths.execution(project, id)}/events`);
  source.addEventListener("message", (event: MessageEvent<string>) => {
    // Left open, the browser would connect again and again to an execution that has ended.
    if (deliver(event.data, listener)) source.close();
  });
  return () => source.close();
}
