import { describe, expect, it } from "vitest";
import { exportable, toLabel } from "./document";
import { BRANCHES } from "./fixtures";
import { freshName, fromDocument, isUnplaced, toDocument } from "./graph";

describe("the graph", () => {
  it("writes the document that it read", () => {
    expect(toDocument(fromDocument(BRANCHES))).toEqual(BRANCHES);
  });

  it("keeps settings of nodes and leaves out defaults", () => {
    const [node] = BRANCHES.spec.nodes ?? [];
    const document = {
      ...BRANCHES,
      spec: {
        nodes: [
          {
            ...node,
            name: "a",
            type: "core.set",
            onError: "stop" as const,
            pool: "default",
            timeout: "PT5S",
          },
        ],
      },
    };
    const [written] = toDocument(fromDocument(document)).spec.nodes ?? [];
    expect(written).toMatchObject({ timeout: "PT5S" });
    expect(written).not.toHaveProperty("onError");
    expect(written).not.toHaveProperty("pool");
  });

  it("drops edges that name nothing", () => {
    const document = {
      ...BRANCHES,
      spec: { ...BRANCHES.spec, edges: [{ from: "start", to: "gone" }] },
    };
    expect(fromDocument(document).edges).toEqual([]);
  });

  it("places what nobody has placed by its distance from the start", () => {
    const nodes = (BRANCHES.spec.nodes ?? []).map(({ position: _, ...node }) => node);
    const triggers = [{ name: "start", type: "trigger.manual" }];
    const document = { ...BRANCHES, spec: { ...BRANCHES.spec, triggers, nodes } };
    expect(isUnplaced(document)).toBe(true);
    const xs = fromDocument(document).nodes.map((node) => node.position.x);
    expect(xs).toEqual([0, 280, 560, 560]);
  });

  it("counts on from a taken name", () => {
    expect(freshName("set", ["set", "set 2"])).toBe("set 3");
    expect(freshName("set 2", ["set 2"])).toBe("set 3");
    expect([...freshName("x".repeat(64), ["x".repeat(64)])].length).toBeLessThanOrEqual(64);
  });

  it("leaves what the server owns out of an export", () => {
    const seen = {
      ...BRANCHES,
      metadata: { ...BRANCHES.metadata, uid: "u", createdAt: "2026" },
      status: {},
    };
    expect(exportable(seen).metadata).toEqual(BRANCHES.metadata);
    expect(exportable(seen)).not.toHaveProperty("status");
  });

  it("makes a DNS label of any title", () => {
    expect(toLabel("  Großer Auftrag №7!  ")).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    expect(toLabel("!!!")).toBe("");
  });
});
