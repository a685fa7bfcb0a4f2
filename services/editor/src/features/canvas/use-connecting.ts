/** Connecting: by port, refused with a reason, or into the empty, which asks for a new node. */

import { type Connection, type FinalConnectionState, useReactFlow } from "@xyflow/react";
import { useCallback, useMemo } from "react";
import { reconnect } from "../../graph/commands";
import { refusal, type Wire } from "../../graph/connect";
import * as actions from "./actions";
import { useWorkbench, type Workbench } from "./context";
import type { FlowEdge } from "./flow-model";

const wireOf = (connection: Connection | FlowEdge): Wire => ({
  source: connection.source,
  output: connection.sourceHandle ?? "main",
  target: connection.target,
  input: connection.targetHandle ?? "main",
});

/** The wire that a drag ended on, whichever end it began at; null if it ended on no port. */
function drawnWire({ fromHandle, toHandle }: FinalConnectionState): Wire | null {
  if (!fromHandle || !toHandle) return null;
  const isForward = fromHandle.type === "source";
  const [source, target] = isForward ? [fromHandle, toHandle] : [toHandle, fromHandle];
  return {
    source: source.nodeId,
    output: source.id ?? "main",
    target: target.nodeId,
    input: target.id ?? "main",
  };
}

type ToFlow = (point: { x: number; y: number }) => { x: number; y: number };

/** A wire dropped on empty canvas: search for the node that shall stand there. */
function dropWire(
  bench: Workbench,
  end: FinalConnectionState,
  event: MouseEvent | TouchEvent,
  toFlow: ToFlow,
): void {
  const { fromNode, fromHandle } = end;
  const point = "changedTouches" in event ? event.changedTouches[0] : event;
  if (!fromNode || fromHandle?.type !== "source" || !point) return;
  const { x, y } = toFlow({ x: point.clientX, y: point.clientY });
  const from = { node: fromNode.id, output: fromHandle.id ?? "main" };
  bench.view.getState().set({ finder: { at: { x, y: y - 32 }, from } });
}

export function useConnecting() {
  const bench = useWorkbench();
  const { screenToFlowPosition } = useReactFlow();
  const isValidConnection = useCallback(
    (connection: Connection | FlowEdge) =>
      refusal(bench.editor.getState().graph, bench.catalogue, wireOf(connection)) === null,
    [bench],
  );
  return useMemo(
    () => ({
      isValidConnection,
      onConnect: (connection: Connection) => {
        actions.connect(bench, wireOf(connection));
      },
      onConnectEnd: (event: MouseEvent | TouchEvent, end: FinalConnectionState) => {
        const wire = drawnWire(end);
        if (!wire) dropWire(bench, end, event, screenToFlowPosition);
        // Drawn again only to say why it is refused.
        else if (!end.isValid) actions.connect(bench, wire);
      },
      onReconnect: (edge: FlowEdge, connection: Connection) =>
        bench.editor.getState().apply(reconnect(edge.id, wireOf(connection))),
    }),
    [bench, isValidConnection, screenToFlowPosition],
  );
}
