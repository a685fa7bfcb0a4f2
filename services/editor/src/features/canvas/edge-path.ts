/** The way of an edge on the canvas. */

import { type EdgeProps, getBezierPath, getSmoothStepPath } from "@xyflow/react";

type Ends = Pick<
  EdgeProps,
  "sourceX" | "sourceY" | "targetX" | "targetY" | "sourcePosition" | "targetPosition"
>;

/** A node that begins further left than this ends left of where the edge comes from: about a node's width. */
const BESIDE = 190;

/** The path and its middle. A way back bends around the nodes, all others go straight on. */
export function pathOf(edge: Ends): [path: string, x: number, y: number] {
  const { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition } = edge;
  const ends = { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition };
  if (targetX > sourceX - BESIDE) {
    const [path, x, y] = getBezierPath(ends);
    return [path, x, y];
  }
  const centerY = Math.max(sourceY, targetY) + 90;
  const [path] = getSmoothStepPath({ ...ends, centerY, borderRadius: 18, offset: 28 });
  return [path, (sourceX + targetX) / 2, centerY];
}
