/** The Indonesian texts on characters that nobody sees. */

import type { Texts } from "../en";

export const hidden: Texts["hidden"] = {
  found: "Ada karakter yang tidak terlihat ({{kinds}}): isinya tidak seperti tampaknya.",
  remove: "Hapus karakter itu",
};
