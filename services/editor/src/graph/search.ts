/** Search in what has a label: every word must occur; what begins with the query comes first. */

export interface Searchable {
  label: string;
  /** How programs call it, such as a node's type. */
  code?: string | undefined;
  description?: string | undefined;
}

function score({ label, code = "", description = "" }: Searchable, words: string[]): number {
  const name = label.toLowerCase();
  const all = `${name} ${code.toLowerCase()} ${description.toLowerCase()}`;
  let sum = 0;
  for (const word of words) {
    if (!all.includes(word)) return 0;
    if (name.startsWith(word)) sum += 100;
    else if (name.includes(word)) sum += 40;
    else if (code.toLowerCase().includes(word)) sum += 20;
    else sum += 1;
  }
  return sum;
}

/** Those that hold every word of the query, the best first; without a query all as they are. */
export function search<Found extends Searchable>(all: readonly Found[], query: string): Found[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...all];
  return all
    .map((found) => ({ found, points: score(found, words) }))
    .filter(({ points }) => points > 0)
    .sort((left, right) => right.points - left.points)
    .map(({ found }) => found);
}
