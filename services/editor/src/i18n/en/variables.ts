/** The English texts of the page of variables. */

export const variables = {
  actions: "Actions",
  title: "Variables",
  lead: "Values that expressions read as $vars.NAME. They are no secrets: whoever sees executions may see them.",
  new: "New variable",
  name: "Name",
  nameHint: "Letters, digits and underscores. Expressions read it as $vars.NAME.",
  value: "Value",
  kind: "Kind of value",
  text: "Text",
  json: "JSON",
  jsonHint: "A number, true or false, a list or an object. A secret belongs into a credential.",
  notSecret: "As it is typed. A secret belongs into a credential.",
  noJson: "This is no JSON.",
  changed: "Changed",
  change: "Change",
  save: "Save",
  saved: "{{name}} is saved",
  emptyTitle: "No variables yet",
  empty: "What several workflows share, such as an address or a rate, is kept here once.",
  deleteTitle: "Delete {{name}}?",
  deleteText: "Expressions that read $vars.{{name}} find nothing from then on.",
  conflict:
    "This variable was changed on the server since you opened it. Load theirs, and what you typed here is dropped; or keep editing, and nothing is saved.",
};
