/** Dates, times and durations as people read them, in the chosen language. */

import i18next from "i18next";

export function formatTime(iso: string | null | undefined): string {
  if (!iso) return "–";
  const format = new Intl.DateTimeFormat(i18next.language, {
    dateStyle: "medium",
    timeStyle: "medium",
  });
  return format.format(new Date(iso));
}

/** The time of day to the millisecond, for lines that follow each other. */
export function formatClock(iso: string): string {
  const format = new Intl.DateTimeFormat(i18next.language, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
  });
  return format.format(new Date(iso));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** How long ago, or how soon, in the largest unit that fits. */
export function formatAgo(iso: string | null | undefined, now: number = Date.now()): string {
  if (!iso) return "–";
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? STEPS[3];
  const [unit, size] = step ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(i18next.language, { numeric: "auto" });
  return format.format(Math.round(seconds / size), unit);
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export function formatSize(bytes: number): string {
  const step = Math.min(Math.max(Math.floor(Math.log10(bytes) / 3), 0), UNITS.length - 1);
  const format = new Intl.NumberFormat(i18next.language, {
    style: "unit",
    unit: UNITS[step] ?? "byte",
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: 1,
  });
  return format.format(bytes / 1000 ** step);
}

export function formatDuration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return "–";
  const number = (value: number, digits: number): string =>
    new Intl.NumberFormat(i18next.language, { maximumFractionDigits: digits }).format(value);
  // Times of nodes are whole milliseconds: nothing takes none.
  if (milliseconds === 0) return `<${number(1, 0)} ms`;
  if (milliseconds < 1) return `${number(milliseconds, 2)} ms`;
  if (milliseconds < 1_000) return `${number(milliseconds, milliseconds < 10 ? 1 : 0)} ms`;
  if (milliseconds < 60_000) return `${number(milliseconds / 1_000, 2)} s`;
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 60) return `${minutes} min ${number((milliseconds % 60_000) / 1_000, 0)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
