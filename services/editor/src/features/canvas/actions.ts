/** What people do on the canvas, shared by mouse, keyboard, menus and buttons. */

import type { ReactFlowInstance } from "@xyflow/react";
import i18next from "i18next";
import {
  copyText,
  duplicate,
  type Pasted,
  parseClip,
  paste,
  usesCredentials,
} from "../../graph/clipboard";
import * as commands from "../../graph/commands";
import { refusal, type Wire } from "../../graph/connect";
import type { Position } from "../../graph/document";
import type { NodeType } from "../../graph/node-type";
import { tell, tellHint } from "../../ui/tell";
import type { Workbench } from "./context";
import { layOut, sizesOf } from "./lay-out";
import type { Finder } from "./view-store";

const REFUSALS = {
  cycle: "editor.refusedCycle",
  double: "editor.refusedDouble",
  "unknown-port": "editor.refusedPort",
  itself: "editor.refusedItself",
} as const;

const graphOf = (bench: Workbench) => bench.editor.getState().graph;
const selectionOf = (bench: Workbench) => bench.view.getState().selected;

/** Draw a wire, or say why not. */
export function connect(bench: Workbench, wire: Wire): boolean {
  const reason = refusal(graphOf(bench), bench.catalogue, wire);
  if (reason) tellHint(i18next.t(REFUSALS[reason]));
  else bench.editor.getState().apply(commands.connect(wire));
  return reason === null;
}

/** Add a node of this type where the search was called, and select it. */
export function addNode(bench: Workbench, type: NodeType, finder: Finder): void {
  const graph = graphOf(bench);
  const added = finder.edge
    ? commands.insertNode(graph, type, finder.at, finder.edge)
    : commands.addNode(graph, type, finder.at, finder.from);
  bench.editor.getState().apply(() => added.graph);
  bench.view.getState().select([added.id]);
}

export function removeSelected(bench: Workbench, edges: ReadonlySet<string>): void {
  const nodes = selectionOf(bench);
  if (nodes.size + edges.size === 0) return;
  bench.editor.getState().apply(commands.remove(nodes, edges));
  bench.view.getState().select([]);
}

/** Put the selected nodes on the clipboard as text. Returns false if there are none. */
export function copySelected(bench: Workbench, clipboard: DataTransfer): boolean {
  const ids = selectionOf(bench);
  if (ids.size === 0) return false;
  const graph = graphOf(bench);
  clipboard.setData("text/plain", copyText(graph, ids));
  const key = usesCredentials(graph, ids) ? "editor.copiedBare" : "editor.copiedNodes";
  tell(i18next.t(key, { count: ids.size }));
  return true;
}

function add(bench: Workbench, { graph, ids }: Pasted): void {
  if (ids.length === 0) return;
  bench.editor.getState().apply(() => graph);
  bench.view.getState().select(ids);
}

/** Paste nodes from text. Returns false if the text holds none. */
export function pasteText(bench: Workbench, text: string, at: Position | null): boolean {
  const clip = parseClip(text);
  if (!clip || clip.nodes.length === 0) return false;
  add(bench, paste(graphOf(bench), clip, at, bench.catalogue));
  return true;
}

export function duplicateSelected(bench: Workbench): void {
  add(bench, duplicate(graphOf(bench), selectionOf(bench), bench.catalogue));
}

export function selectAll(bench: Workbench): void {
  bench.view.getState().select(graphOf(bench).nodes.map((node) => node.id));
}

export function toggleSelected(bench: Workbench): void {
  bench.editor.getState().apply(commands.toggleDisabled(selectionOf(bench)));
}

export function undo(bench: Workbench): void {
  bench.editor.temporal.getState().undo();
}

export function redo(bench: Workbench): void {
  bench.editor.temporal.getState().redo();
}

/** Show the whole graph. */
export const showAll = (flow: ReactFlowInstance): Promise<boolean> =>
  flow.fitView({ duration: 200, padding: 0.2, maxZoom: 1.1 });

/** Lay the whole graph out anew, as one step of the history. */
export async function tidyUp(bench: Workbench, flow: ReactFlowInstance): Promise<void> {
  const positions = await layOut(graphOf(bench), sizesOf(flow.getNodes()));
  bench.editor.getState().apply(commands.move(positions));
  requestAnimationFrame(() => void showAll(flow));
}
