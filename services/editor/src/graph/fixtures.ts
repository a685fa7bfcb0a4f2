/** Small documents and a small catalogue for tests. */

import type { WorkflowDocument } from "./document";
import type { Catalogue, NodeType } from "./node-type";

function type(name: string, change: Partial<NodeType> = {}): [string, NodeType] {
  const [group = ""] = name.split(".");
  return [
    name,
    {
      type: name,
      label: name,
      description: "",
      group,
      effect: "pure",
      trigger: group === "trigger",
      inputs: group === "trigger" ? [] : ["main"],
      outputs: ["main"],
      parameters: { type: "object", properties: {} },
      credentials: [],
      ...change,
    },
  ];
}

export const CATALOGUE: Catalogue = new Map([
  type("trigger.manual", { label: "By hand" }),
  type("core.set", { label: "Set fields" }),
  type("core.if", { label: "If", outputs: ["true", "false"] }),
  type("core.each", { label: "For each", outputs: ["item", "done"] }),
  type("core.merge", { label: "Merge", inputs: ["main", "a", "b"] }),
  type("core.code", {
    label: "Code",
    parameters: {
      type: "object",
      properties: {
        language: { type: "string", enum: ["javascript", "python"], default: "javascript" },
        code: { type: "string", "x-ui": { widget: "code", language: "language" } },
      },
    },
  }),
  type("core.switch", {
    label: "Switch",
    outputs: ["other"],
    outputsFrom: { param: "cases", field: "name" },
  }),
]);

/** start -> check -> (true) yes, (false) no */
export const BRANCHES: WorkflowDocument = {
  apiVersion: "alur.dev/v1alpha1",
  kind: "Workflow",
  metadata: { name: "branches", namespace: "default" },
  spec: {
    title: "Branches",
    triggers: [{ name: "start", type: "trigger.manual", position: { x: 0, y: 0 } }],
    nodes: [
      {
        name: "check",
        type: "core.if",
        params: { condition: "{{ $json.total > 1 }}" },
        position: { x: 280, y: 0 },
      },
      {
        name: "yes",
        type: "core.set",
        params: {
          fields: {
            a: '{{ $("check").item.json.total }}',
            b: ["{{ $node('check') + $item(0).$node[\"check\"].json.id }}"],
          },
        },
        position: { x: 560, y: 0 },
      },
      { name: "no", type: "core.set", position: { x: 560, y: 140 } },
    ],
    edges: [
      { from: "start", to: "check" },
      { from: "check", output: "true", to: "yes" },
      { from: "check", output: "false", to: "no" },
    ],
  },
};
