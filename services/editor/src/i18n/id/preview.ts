/** The Indonesian texts of previews. */

import type { Texts } from "../en";

export const preview: Texts["preview"] = {
  item: "item {{number}} dari {{count}}",
  before: "Item sebelumnya",
  after: "Item berikutnya",
};
