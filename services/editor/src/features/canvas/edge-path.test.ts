import { Position } from "@xyflow/react";
import { describe, expect, it } from "vitest";
import { pathOf } from "./edge-path";

const ends = {
  sourceX: 400,
  sourceY: 0,
  targetY: 100,
  sourcePosition: Position.Right,
  targetPosition: Position.Left,
};

describe("the way of an edge", () => {
  it.each([600, 400, 380])("is one curve to a node at %s, right of where its node begins", (x) => {
    const [path] = pathOf({ ...ends, targetX: x });
    expect(path).toMatch(/^M400,0 C[^A-Z]*$/);
  });

  it("bends below both nodes on the way back", () => {
    const [path, x, y] = pathOf({ ...ends, targetX: 0 });
    expect([x, y]).toEqual([200, 190]);
    expect(path).toContain("190");
  });
});
