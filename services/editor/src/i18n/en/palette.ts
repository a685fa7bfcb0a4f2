/** The English texts of the palette. */

export const palette = {
  title: "Search everything",
  search: "Search nodes, workflows, executions and commands",
  list: "What was found",
  none: "Nothing matches “{{query}}”.",
  hint: "↑ ↓ to choose, Enter to go there, Esc to close",
  open: "Search",
  nodes: "Nodes of this workflow",
  types: "Add a node",
  add: "Add: {{label}}",
  commands: "Commands",
  workflows: "Workflows",
  executions: "Executions",
  pages: "Pages",
  openExecution: "Open this execution",
};
