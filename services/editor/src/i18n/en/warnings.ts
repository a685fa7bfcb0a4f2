/** The English texts around what a workflow risks. */

export const warnings = {
  count_one: "{{count}} warning",
  count_other: "{{count}} warnings",
  list: "Problems and warnings",
  ofNode: "Warnings",
};
