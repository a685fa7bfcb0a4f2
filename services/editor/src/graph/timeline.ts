/** Where the bars of a timeline stand. */

export interface Span {
  startedAt?: string | null;
  durationMs?: number | null;
}

export interface Bar {
  /** Percent of the whole. */
  left: number;
  width: number;
}

interface Range {
  start: number;
  end: number;
}

function rangeOf(spans: readonly Span[], now: number): Range | null {
  const starts = spans.flatMap(({ startedAt }) => (startedAt ? [Date.parse(startedAt)] : []));
  if (starts.length === 0) return null;
  const ends = spans.flatMap(({ startedAt, durationMs }) =>
    startedAt
      ? [durationMs === null || durationMs === undefined ? now : Date.parse(startedAt) + durationMs]
      : [],
  );
  const start = Math.min(...starts);
  return { start, end: Math.max(...ends, start + 1) };
}

/** A bar for each span, null for what has not started. What has no duration yet runs until `now`. */
export function barsOf(spans: readonly Span[], now: number): (Bar | null)[] {
  const range = rangeOf(spans, now);
  return spans.map(({ startedAt, durationMs }) => {
    if (!startedAt || !range) return null;
    const length = range.end - range.start;
    const begin = Date.parse(startedAt) - range.start;
    const lasted = durationMs ?? now - range.start - begin;
    const left = Math.min(Math.max((begin / length) * 100, 0), 99);
    return { left, width: Math.min(Math.max((lasted / length) * 100, 0.6), 100 - left) };
  });
}
