/** Copy as JSON text and paste it again, across tabs and workflows, with fresh ids and names. */

import type { EdgeDocument, NodeDocument, Position } from "./document";
import { freshId, freshName, type Graph, type GraphEdge, type GraphNode } from "./graph";
import type { Catalogue } from "./node-type";
import { renameInParams } from "./rename";

interface Clip {
  kind: "AlurNodes";
  nodes: (NodeDocument & { isTrigger?: boolean })[];
  edges: EdgeDocument[];
}

const chosenOf = (graph: Graph, ids: ReadonlySet<string>): GraphNode[] =>
  graph.nodes.filter((node) => ids.has(node.id));

function clipOf(graph: Graph, ids: ReadonlySet<string>): Clip {
  const chosen = chosenOf(graph, ids);
  const names = new Map(chosen.map((node) => [node.id, node.name]));
  return {
    kind: "AlurNodes",
    nodes: chosen.map(({ name, type, params, position, settings, kind }) => ({
      name,
      type,
      params,
      ...settings,
      position,
      isTrigger: kind === "trigger",
    })),
    edges: graph.edges.flatMap((edge) => {
      const [from, to] = [names.get(edge.source), names.get(edge.target)];
      return from && to ? [{ from, output: edge.output, to, input: edge.input }] : [];
    }),
  };
}

/** The chosen nodes and the edges among them as text. Credentials are left out: it may be pasted anywhere. */
export function copyText(graph: Graph, ids: ReadonlySet<string>): string {
  const clip = clipOf(graph, ids);
  const nodes = clip.nodes.map(({ credentials: _, ...kept }) => kept);
  return JSON.stringify({ ...clip, nodes }, null, 2);
}

/** Whether `copyText` leaves credentials of these nodes out. */
export const usesCredentials = (graph: Graph, ids: ReadonlySet<string>): boolean =>
  chosenOf(graph, ids).some(({ settings }) => Object.keys(settings.credentials ?? {}).length > 0);

function isClip(value: unknown): value is Clip {
  const clip = value as Partial<Clip> | null;
  return clip?.kind === "AlurNodes" && Array.isArray(clip.nodes) && Array.isArray(clip.edges);
}

/** Read what `copyText` wrote, or null if the text is something else. */
export function parseClip(text: string): Clip | null {
  try {
    const value: unknown = JSON.parse(text);
    return isClip(value) ? value : null;
  } catch {
    return null;
  }
}

export interface Pasted {
  graph: Graph;
  ids: string[];
}

function placed(clip: Clip, at: Position | null): (position: Position) => Position {
  const xs = clip.nodes.map((node) => node.position?.x ?? 0);
  const ys = clip.nodes.map((node) => node.position?.y ?? 0);
  const corner = { x: Math.min(...xs), y: Math.min(...ys) };
  const to = at ?? { x: corner.x + 40, y: corner.y + 40 };
  return (position) => ({ x: position.x - corner.x + to.x, y: position.y - corner.y + to.y });
}

/** Add a clip's nodes at `at` (or a step aside), renaming what clashes, references included. */
export function paste(graph: Graph, clip: Clip, at: Position | null, catalogue: Catalogue): Pasted {
  const place = placed(clip, at);
  const taken = new Set(graph.nodes.map((node) => node.name));
  const usedIds = new Set(graph.nodes.map((node) => node.id));
  const renamed = new Map<string, string>();
  const ids = new Map<string, string>();
  for (const { name } of clip.nodes) {
    const fresh = freshName(name, taken);
    taken.add(fresh);
    renamed.set(name, fresh);
    const id = freshId("p", usedIds);
    usedIds.add(id);
    ids.set(name, id);
  }
  const nodes = clip.nodes.map((part): GraphNode => {
    const { name, type, params = {}, position, isTrigger, ...settings } = part;
    return {
      id: ids.get(name) ?? "",
      kind: isTrigger ? "trigger" : "node",
      name: renamed.get(name) ?? name,
      type,
      params: renameInParams(params, renamed, catalogue.get(type)),
      position: place(position ?? { x: 0, y: 0 }),
      settings,
    };
  });
  const edgeIds = new Set(graph.edges.map((edge) => edge.id));
  const edges = clip.edges.flatMap((edge): GraphEdge[] => {
    const [source, target] = [ids.get(edge.from), ids.get(edge.to)];
    if (!source || !target) return [];
    const id = freshId("e", edgeIds);
    edgeIds.add(id);
    return [{ id, source, output: edge.output ?? "main", target, input: edge.input ?? "main" }];
  });
  const next = { ...graph, nodes: [...graph.nodes, ...nodes], edges: [...graph.edges, ...edges] };
  return { graph: next, ids: nodes.map((node) => node.id) };
}

/** Add the chosen nodes once more, a step aside, with their credentials. */
export const duplicate = (graph: Graph, ids: ReadonlySet<string>, catalogue: Catalogue): Pasted =>
  paste(graph, clipOf(graph, ids), null, catalogue);
