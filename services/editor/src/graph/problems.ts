/** Map the problems that the server finds in a document to the nodes and fields they are about. */

import type { Graph, GraphNode } from "./graph";

export interface Problem {
  path: string;
  code: string;
  message: string;
}

export interface NodeProblem extends Problem {
  /** The path within the node, such as `params.fields.a`; empty if it is about the node itself. */
  field: string;
}

export interface Problems {
  byNode: ReadonlyMap<string, NodeProblem[]>;
  general: Problem[];
}

export const NO_PROBLEMS: Problems = { byNode: new Map(), general: [] };

function owner(graph: Graph, kind: GraphNode["kind"], index: number): GraphNode | undefined {
  return graph.nodes.filter((node) => node.kind === kind)[index];
}

const PART = /^(?:document\.)?spec\.(nodes|triggers|edges)[.[](\d+)\]?\.?(.*)$/;

function locate(graph: Graph, problem: Problem): { id: string; field: string } | null {
  const match = PART.exec(problem.path);
  if (!match) return null;
  const [, list, position, field = ""] = match;
  if (list === "edges") {
    const source = graph.edges[Number(position)]?.source;
    return source ? { id: source, field: "" } : null;
  }
  const node = owner(graph, list === "nodes" ? "node" : "trigger", Number(position));
  return node ? { id: node.id, field } : null;
}

/** Sort problems by node; what belongs to none is general. An edge's problem is its source's. */
export function sortProblems(graph: Graph, problems: readonly Problem[]): Problems {
  const byNode = new Map<string, NodeProblem[]>();
  const general: Problem[] = [];
  for (const problem of problems) {
    const place = locate(graph, problem);
    if (!place) general.push(problem);
    else
      byNode.set(place.id, [...(byNode.get(place.id) ?? []), { ...problem, field: place.field }]);
  }
  return { byNode, general };
}

/** The first problem by the name of its node, and how many more there are. */
export function summaryOf(graph: Graph, problems: readonly Problem[]): string {
  const [first, ...others] = problems;
  if (!first) return "";
  const place = locate(graph, first);
  const node = graph.nodes.find(({ id }) => id === place?.id);
  const where = node ? [node.name, place?.field].filter(Boolean).join(" · ") : first.path;
  const more = others.length > 0 ? ` (+${others.length})` : "";
  return `${where}: ${first.message}${more}`;
}
