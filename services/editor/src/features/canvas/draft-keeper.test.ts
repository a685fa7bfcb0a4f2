import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setSpec } from "../../graph/commands";
import { BRANCHES } from "../../graph/fixtures";
import { fromDocument, type Graph } from "../../graph/graph";
import { DraftKeeper, type DraftPlace } from "./draft-keeper";

const BASE = fromDocument(BRANCHES);
const titled = (title: string): Graph => setSpec({ title })(BASE);

class Refused extends Error {}

/** A server with one draft, as the real one compares. */
class Place implements DraftPlace {
  title: string | undefined;
  revision = 0;
  writes = 0;
  broken: Error | null = null;

  put = async (graph: Graph, etag: string | null): Promise<string> => {
    this.writes += 1;
    this.#check(etag);
    this.title = graph.spec.title;
    this.revision += 1;
    return `${this.revision}`;
  };
  drop = async (etag: string): Promise<void> => {
    this.#check(etag);
    this.title = undefined;
  };
  isConflict = (error: unknown): boolean => error instanceof Refused;

  #check(etag: string | null): void {
    if (this.broken) throw this.broken;
    const known = this.title === undefined ? null : `${this.revision}`;
    if (etag !== known) throw new Refused("somebody else was first");
  }
}

let place: Place;
let keeper: DraftKeeper;
const state = () => keeper.store.getState().state;
const later = () => vi.advanceTimersByTimeAsync(1_000);

beforeEach(() => {
  vi.useFakeTimers();
  place = new Place();
  keeper = new DraftKeeper(place, { graph: null, etag: null }, 500);
});
afterEach(() => vi.useRealTimers());

describe("the draft", () => {
  it("is written once for many changes that follow each other", async () => {
    for (const title of ["N", "Ne", "New"]) keeper.want(titled(title));
    expect(state()).toBe("saving");
    await later();
    expect([place.title, place.writes, state()]).toEqual(["New", 1, "kept"]);
  });

  it("is dropped when the changes were undone", async () => {
    keeper.want(titled("New"));
    await later();
    keeper.want(null);
    await later();
    expect([place.title, state()]).toEqual([undefined, "none"]);
  });

  it("never overwrites somebody else's", async () => {
    place.title = "Theirs";
    keeper.want(titled("Mine"));
    await later();
    keeper.want(titled("Mine too"));
    await later();
    expect([place.title, state()]).toEqual(["Theirs", "conflict"]);
  });

  it("takes the place of theirs once somebody said so", async () => {
    place.title = "Theirs";
    keeper.want(titled("Mine"));
    await later();
    keeper.seen(`${place.revision}`, null);
    await keeper.flush();
    expect([place.title, state()]).toEqual(["Mine", "kept"]);
  });

  it("goes when what is published shall be shown again", async () => {
    keeper.want(titled("Mine"));
    await later();
    keeper.seen(`${place.revision}`, undefined);
    keeper.want(null);
    await keeper.flush();
    expect([place.title, state()]).toEqual([undefined, "none"]);
  });

  it("is tried again at the next change when the server was out of reach", async () => {
    place.broken = new Error("no answer");
    keeper.want(titled("A"));
    await later();
    expect(keeper.store.getState()).toEqual({ state: "failed", error: "no answer" });
    place.broken = null;
    keeper.want(titled("B"));
    await later();
    expect([place.title, state()]).toEqual(["B", "kept"]);
  });

  it("is not written while a version is published, and what came meanwhile is kept after", async () => {
    keeper.want(titled("A"));
    await later();
    const published = keeper.publish(async () => {
      keeper.want(titled("B"));
      await later();
      expect(place.title).toBe("A");
      place.title = undefined;
      return true;
    });
    expect(await published).toBe(true);
    await later();
    expect([place.title, state()]).toEqual(["B", "kept"]);
  });

  it("is none after publishing", async () => {
    keeper.want(titled("A"));
    await later();
    await keeper.publish(async (draft) => {
      await place.drop(draft ?? "none");
      keeper.want(null);
      return true;
    });
    expect(state()).toBe("none");
  });

  it("stays where it is when the workflow could not be published", async () => {
    keeper.want(titled("A"));
    await later();
    await keeper.publish(async () => false);
    keeper.want(titled("B"));
    await later();
    expect([place.title, state()]).toEqual(["B", "kept"]);
  });

  it("goes on from the one that was found when the workflow was opened", async () => {
    const found = titled("Found");
    place.title = "Found";
    keeper = new DraftKeeper(place, { graph: found, etag: `${place.revision}` }, 500);
    keeper.want(found);
    await later();
    expect([place.writes, state()]).toEqual([0, "kept"]);
    keeper.want(titled("More"));
    await later();
    expect(place.title).toBe("More");
  });
});
