/** Search in the catalogue: every word must occur; what begins with the query comes first. */

import type { NodeType } from "./node-type";

function score(type: NodeType, words: string[]): number {
  const label = type.label.toLowerCase();
  const all = `${label} ${type.type} ${type.description.toLowerCase()}`;
  let sum = 0;
  for (const word of words) {
    if (!all.includes(word)) return 0;
    if (label.startsWith(word)) sum += 100;
    else if (label.includes(word)) sum += 40;
    else if (type.type.includes(word)) sum += 20;
    else sum += 1;
  }
  return sum;
}

export function searchTypes(types: readonly NodeType[], query: string): NodeType[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...types];
  return types
    .map((type) => ({ type, points: score(type, words) }))
    .filter(({ points }) => points > 0)
    .sort((left, right) => right.points - left.points)
    .map(({ type }) => type);
}
