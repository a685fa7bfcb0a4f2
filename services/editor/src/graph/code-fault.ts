/** Which line of a node's code failed in the run that is shown. */

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
