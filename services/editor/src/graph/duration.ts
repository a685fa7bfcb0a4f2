/** Durations: ISO 8601 in documents, `30s`, `5m`, `1h30m` accepted from people. */

const ISO = /^P(?=[0-9T])(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/;
const SHORT =
  /^(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+(?:\.\d+)?)\s*s)?$/i;

/** What somebody typed as ISO 8601, or null if it is no duration. */
export function toIsoDuration(text: string): string | null {
  const trimmed = text.trim();
  if (ISO.test(trimmed.toUpperCase())) return trimmed.toUpperCase();
  const match = SHORT.exec(trimmed);
  if (!match || trimmed === "") return null;
  const [, days, hours, minutes, seconds] = match;
  const time = [hours && `${hours}H`, minutes && `${minutes}M`, seconds && `${seconds}S`]
    .filter(Boolean)
    .join("");
  return `P${days ? `${days}D` : ""}${time ? `T${time}` : ""}`;
}
