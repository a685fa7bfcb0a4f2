/** The run that is shown on the canvas: beside the nodes, so that a status costs no new graph. */

import { createStore } from "zustand/vanilla";
import type { NodeEvent } from "../../api/events";
import type { Execution, ExecutionStatus, Failure, NodeStatus } from "../../api/types";

export interface NodeRunState {
  status: NodeStatus;
  items: number | null;
  runs: number;
  error: Failure | null;
}

export interface RunState {
  id: string | null;
  status: ExecutionStatus | null;
  error: Failure | null;
  nodes: ReadonlyMap<string, NodeRunState>;
  watch: (id: string | null) => void;
  onNodes: (events: readonly NodeEvent[]) => void;
  onStatus: (status: ExecutionStatus, error?: Failure | null) => void;
  /** Take over what the server says of the whole execution. */
  onExecution: (execution: Execution) => void;
}

function merged(before: NodeRunState | undefined, event: NodeEvent): NodeRunState {
  const isNewRun = event.status === "running" && before?.status !== "running";
  return {
    status: event.status,
    items: event.items ?? before?.items ?? null,
    runs: (before?.runs ?? 0) + (isNewRun ? 1 : 0),
    error: event.error ?? null,
  };
}

export function createRunStore() {
  return createStore<RunState>()((set, get) => ({
    id: null,
    status: null,
    error: null,
    nodes: new Map(),
    watch: (id) => set({ id, status: id ? "queued" : null, error: null, nodes: new Map() }),
    onNodes: (events) => {
      const nodes = new Map(get().nodes);
      for (const event of events) nodes.set(event.name, merged(nodes.get(event.name), event));
      set({ nodes });
    },
    onStatus: (status, error = null) => set({ status, error }),
    onExecution: (execution) => {
      if (execution.id !== get().id) return;
      const known = get().nodes;
      const nodes = new Map(
        (execution.nodes ?? []).map((node) => [
          node.name,
          {
            status: node.status,
            items: node.items ?? null,
            runs: known.get(node.name)?.runs ?? 0,
            error: node.error ?? null,
          },
        ]),
      );
      set({ status: execution.status, error: execution.error ?? null, nodes });
    },
  }));
}

export type RunStore = ReturnType<typeof createRunStore>;
