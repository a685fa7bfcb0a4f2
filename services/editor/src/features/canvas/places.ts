/** Where a new node fits. */

import type { Position } from "../../graph/document";
import type { Graph } from "../../graph/graph";

const GAP = 100;
const WIDTH = 230;
const HEIGHT = 84;
const STEP = 110;

const isTaken = (graph: Graph, at: Position): boolean =>
  graph.nodes.some(
    ({ position }) => Math.abs(position.x - at.x) < WIDTH && Math.abs(position.y - at.y) < HEIGHT,
  );

/** The next free place to the right of a node, going down where it is full. */
export function freePlace(graph: Graph, beside: Position, width: number): Position {
  const at = { x: beside.x + (width || WIDTH) + GAP, y: beside.y };
  while (isTaken(graph, at)) at.y += STEP;
  return at;
}

/** `at`, or the next free place below it. */
export function freeAround(graph: Graph, at: Position): Position {
  const place = { ...at };
  while (isTaken(graph, place)) place.y += STEP;
  return place;
}
