/** The English texts of previews. */

export const preview = {
  item: "item {{number}} of {{count}}",
  before: "Previous item",
  after: "Next item",
};
