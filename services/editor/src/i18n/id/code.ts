/** The Indonesian texts around code and what it writes. */

import type { Texts } from "../en";

export const code: Texts["code"] = {
  enlarge: "Perbesar",
  logs: "Log",
  logsHint: "Yang ditulis kode dengan console.log atau print.",
};
