/** Which line of a node's code failed in the run that is shown, or cannot be read. */

export interface CodeFailure {
  message: string;
  line?: number | null;
}

const KEPT = 120;

/**
 * The line of this failure, if it still stands there: the code may have changed since, and the failure
 * says how the line read.
 */
export function faultyLineOf(code: string, failure: CodeFailure | null | undefined): number | null {
  const line = failure?.line;
  if (!failure || !line) return null;
  const text = code.split("\n")[line - 1]?.trim().slice(0, KEPT);
  return text && failure.message.endsWith(`\`${text}\``) ? line : null;
}

/** The line that a problem of the code begins with, as validation tells it, if the code is that long. */
export function unreadableLineOf(code: string, problem: string | null): number | null {
  const line = Number(/^line (\d+)\b/.exec(problem ?? "")?.[1] ?? 0);
  return line > 0 && line <= code.split("\n").length ? line : null;
}
