import { describe, expect, it } from "vitest";
import type { Execution } from "../../api/types";
import { move, setSpec } from "../../graph/commands";
import { BRANCHES } from "../../graph/fixtures";
import { fromDocument } from "../../graph/graph";
import { createEditorStore, isDirty } from "./editor-store";
import { gestureOf, syncNodes } from "./flow-model";
import { createRunStore } from "./run-store";

const opened = () => createEditorStore(fromDocument(BRANCHES), '"1"');

describe("the editor's history", () => {
  it("undoes a gesture at once, however many keystrokes it had", () => {
    const store = opened();
    for (const title of ["N", "Ne", "New"]) store.getState().apply(setSpec({ title }), "title");
    expect(store.temporal.getState().pastStates).toHaveLength(1);
    store.temporal.getState().undo();
    expect(store.getState().graph.spec.title).toBe("Branches");
    store.temporal.getState().redo();
    expect(store.getState().graph.spec.title).toBe("New");
  });

  it("changes nothing for somebody who may only look, and says so once a change", () => {
    const graph = fromDocument(BRANCHES);
    let refused = 0;
    const store = createEditorStore(graph, '"1"', false, graph, () => {
      refused += 1;
    });
    store.getState().apply((same) => same);
    store.getState().apply(setSpec({ title: "A" }));
    expect(isDirty(store.getState())).toBe(false);
    expect(refused).toBe(1);
  });

  it("keeps different gestures apart", () => {
    const store = opened();
    store.getState().apply(setSpec({ title: "A" }), "title");
    store.getState().apply(move(new Map([["n1", { x: 1, y: 1 }]])));
    store.getState().apply(move(new Map([["n1", { x: 2, y: 2 }]])));
    expect(store.temporal.getState().pastStates).toHaveLength(3);
  });

  it("begins a new step after undoing, also within the time of one gesture", () => {
    const store = opened();
    const title = () => store.getState().graph.spec.title;
    store.getState().apply(setSpec({ title: "1" }));
    store.getState().apply(setSpec({ title: "2" }), "title");
    store.temporal.getState().undo();
    store.getState().apply(setSpec({ title: "3" }), "title");
    store.temporal.getState().undo();
    expect(title()).toBe("1");
    store.temporal.getState().redo();
    expect(title()).toBe("3");
  });

  it("begins anew with what is loaded, also where that is what was drawn", () => {
    const store = opened();
    store.getState().apply(setSpec({ title: "mine" }), "title");
    const drawn = store.getState().graph;
    store.getState().load(fromDocument(BRANCHES), '"2"', drawn);
    store.getState().apply(setSpec({ title: "mine too" }), "title");
    store.temporal.getState().undo();
    expect(store.getState().graph).toBe(drawn);
  });

  it("undoes the moves of one node by the keyboard apart from those of another", () => {
    const store = opened();
    for (const [x, id] of ["n1", "n1", "n2"].entries()) {
      const places = new Map([[id, { x, y: 1 }]]);
      store.getState().apply(move(places), gestureOf(places));
    }
    expect(store.temporal.getState().pastStates).toHaveLength(2);
  });

  it("has no entry for a command that changes nothing, nor for saving", () => {
    const store = opened();
    store.getState().apply((graph) => graph);
    store.getState().markSaved(store.getState().graph, '"2"');
    expect(store.temporal.getState().pastStates).toHaveLength(0);
  });

  it("knows what is not saved, also after undoing back to it", () => {
    const store = opened();
    store.getState().apply(setSpec({ title: "A" }));
    expect(isDirty(store.getState())).toBe(true);
    store.temporal.getState().undo();
    expect(isDirty(store.getState())).toBe(false);
  });
});

const ENDED: Execution = {
  id: "e1",
  project: "default",
  workflow: "w",
  version: 1,
  status: "failed",
  mode: "manual",
  trigger: null,
  acceptedAt: "2026-01-01T00:00:00Z",
  startedAt: null,
  finishedAt: null,
  durationMs: null,
  traceId: "",
  error: null,
  reason: null,
  replayOf: null,
  parent: null,
  cause: null,
  handler: null,
  wakeAt: null,
  output: null,
  nodes: [],
  waits: [],
  doubts: [],
};

const FAILURE = { code: "x", message: "no", node: null, field: null, line: null, item: null };

describe("the shown run", () => {
  it("counts the runs of a node in a loop and keeps the last state", () => {
    const { getState } = createRunStore();
    getState().watch("e1");
    getState().onNodes([
      { name: "a", status: "running" },
      { name: "a", status: "succeeded", items: 2 },
      { name: "a", status: "running" },
      { name: "a", status: "failed", error: FAILURE },
    ]);
    expect(getState().nodes.get("a")).toMatchObject({ status: "failed", runs: 2, items: 2 });
  });

  it("ignores what the server says of another execution", () => {
    const { getState } = createRunStore();
    getState().watch("e1");
    getState().onExecution({ ...ENDED, id: "e0" });
    expect(getState().status).toBe("queued");
  });
});

describe("React Flow's nodes", () => {
  it("stay the same objects when nothing of them changed", () => {
    const { nodes } = fromDocument(BRANCHES);
    const first = syncNodes(nodes, [], new Set());
    const second = syncNodes(nodes, first, new Set(["n1"]));
    expect(second.filter((node, index) => node !== first[index]).map(({ id }) => id)).toEqual([
      "n1",
    ]);
  });
});
