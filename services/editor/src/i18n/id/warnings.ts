/** The Indonesian texts around what a workflow risks. */

import type { Texts } from "../en";

export const warnings: Texts["warnings"] = {
  count_one: "{{count}} peringatan",
  count_other: "{{count}} peringatan",
  list: "Masalah dan peringatan",
  ofNode: "Peringatan",
};
