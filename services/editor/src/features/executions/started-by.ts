/** What started an execution, as people read it. */

import type { TFunction } from "i18next";
import type { ExecutionBrief } from "../../api/types";

/** The mode in words, and the trigger where there is one. */
export function startedBy(
  t: TFunction,
  { mode, trigger }: Pick<ExecutionBrief, "mode" | "trigger">,
): string {
  // A mode that a newer server knows is shown as it is called.
  const words = t(`executions.mode.${mode}`, { defaultValue: mode });
  return trigger ? `${words} · ${trigger}` : words;
}

/** The execution that this one comes from: what called it, what failed and started it, or what it repeats. */
export const originOf = ({
  parent,
  cause,
  replayOf,
}: Pick<ExecutionBrief, "parent" | "cause" | "replayOf">): string | null =>
  parent ?? cause ?? replayOf ?? null;
