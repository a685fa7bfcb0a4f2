/** Moves of the view that nobody asked for by hand: a first layout, and keeping the chosen node in sight. */

import { useNodesInitialized, useReactFlow, type Viewport } from "@xyflow/react";
import { type RefObject, useEffect, useRef } from "react";
import { move } from "../../graph/commands";
import { useChosen, useEditor, useRun, useWorkbench } from "./context";
import { layOut, sizesOf } from "./lay-out";

const MARGIN = 48;
const MILLISECONDS = 180;

/** Lay out a document in which nobody has placed anything; that is no change of it. */
export function useFirstLayout(): void {
  const { editor } = useWorkbench();
  const flow = useReactFlow();
  const isReady = useNodesInitialized();
  const isUnplaced = useEditor((state) => state.isUnplaced);
  useEffect(() => {
    if (!isReady || !isUnplaced) return;
    const { graph, etag, load } = editor.getState();
    void layOut(graph, sizesOf(flow.getNodes())).then((places) => {
      // Somebody was quicker: then nothing is moved under their hands.
      if (editor.getState().graph !== graph) return;
      load(move(places)(graph), etag);
      requestAnimationFrame(() => void flow.fitView({ padding: 0.2, maxZoom: 1.05 }));
    });
  }, [isReady, isUnplaced, editor, flow]);
}

/** How far to move so that `from..to` lies within `start..end`. */
function shift(from: number, to: number, start: number, end: number): number {
  if (to > end - MARGIN) return end - MARGIN - to;
  return from < start + MARGIN ? start + MARGIN - from : 0;
}

/** Where a node is on the screen, with what stands out of it: the names of its ports and their pluses. */
function boxOf(node: Element): { left: number; right: number; top: number; bottom: number } {
  const boxes = [node, ...node.querySelectorAll("button")].map((part) =>
    part.getBoundingClientRect(),
  );
  return {
    left: Math.min(...boxes.map((box) => box.left)),
    right: Math.max(...boxes.map((box) => box.right)),
    top: Math.min(...boxes.map((box) => box.top)),
    bottom: Math.max(...boxes.map((box) => box.bottom)),
  };
}

const isSame = (left: Viewport, right: Viewport): boolean =>
  Math.abs(left.x - right.x) < 1 && Math.abs(left.y - right.y) < 1 && left.zoom === right.zoom;

/** Panels take room from the canvas when a node is chosen: keep that node in sight. */
export function useKeepInSight(pane: RefObject<HTMLElement | null>): void {
  const flow = useReactFlow();
  const chosen = useChosen();
  const run = useRun((state) => state.id);
  const shown = useRef("");
  const shifted = useRef<{ before: Viewport; after: Viewport } | null>(null);
  useEffect(() => {
    const moves = shifted.current;
    if (chosen || !moves) return;
    shifted.current = null;
    shown.current = "";
    // Whoever has moved the view since wants it where it is.
    if (!isSame(flow.getViewport(), moves.after)) return;
    void flow.setViewport(moves.before, { duration: MILLISECONDS });
  }, [chosen, flow]);
  useEffect(() => {
    const key = `${chosen}/${run}`;
    if (!chosen || shown.current === key) return;
    shown.current = key;
    const frame = requestAnimationFrame(() => {
      const box = pane.current?.getBoundingClientRect();
      const found = pane.current?.querySelector(`[data-id="${chosen}"]`);
      if (!box || !found) return;
      const node = boxOf(found);
      const x = shift(node.left, node.right, box.left, box.right);
      const y = shift(node.top, node.bottom, box.top, box.bottom);
      if (x === 0 && y === 0) return;
      const view = flow.getViewport();
      const after = { ...view, x: view.x + x, y: view.y + y };
      shifted.current = { before: shifted.current?.before ?? view, after };
      void flow.setViewport(after, { duration: MILLISECONDS });
    });
    return () => cancelAnimationFrame(frame);
  }, [chosen, run, flow, pane]);
}
