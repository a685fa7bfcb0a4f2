/** Keeps what is drawn and not published as a draft on the server, a moment after each change. */

import { createStore } from "zustand/vanilla";
import type { Graph } from "../../graph/graph";

/** `none`: nothing is unpublished. `conflict`: somebody else wrote the draft, or published it. */
export type DraftState = "none" | "saving" | "kept" | "conflict" | "failed";

/** Where drafts are kept. Each returns the draft's new tag and raises what went wrong. */
export interface DraftPlace {
  put: (graph: Graph, etag: string | null) => Promise<string | null>;
  drop: (etag: string) => Promise<void>;
  isConflict: (error: unknown) => boolean;
}

interface KeeperState {
  state: DraftState;
  error: string;
}

interface FoundDraft {
  graph: Graph | null;
  etag: string | null;
}

const PAUSE = 1_200;

/** One keeper for one open workflow: it writes one draft at a time, and only over the one that it saw. */
export class DraftKeeper {
  readonly store = createStore<KeeperState>()(() => ({ state: "none", error: "" }));
  readonly #place: DraftPlace;
  readonly #pause: number;
  #etag: string | null;
  /** What shall be kept, null for nothing. */
  #wanted: Graph | null;
  /** What is kept; undefined for a draft that is to go. */
  #kept: Graph | null | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #isHeld = false;

  /** With the draft that was found when the workflow was opened; one without a graph is only to be replaced. */
  constructor(place: DraftPlace, found: FoundDraft, pause = PAUSE) {
    this.#place = place;
    this.#pause = pause;
    this.#etag = found.etag;
    this.#wanted = found.graph;
    this.#kept = found.graph;
    this.#show(this.#restingState());
  }

  /** Keep this graph soon; null: nothing is unpublished any more. */
  want(graph: Graph | null): void {
    if (graph === this.#wanted) return;
    this.#wanted = graph;
    if (this.store.getState().state === "conflict") return;
    this.#show(this.#isDone() ? this.#restingState() : "saving");
    clearTimeout(this.#timer);
    if (!this.#isDone()) this.#timer = setTimeout(() => void this.flush(), this.#pause);
  }

  /** Write at once what waits; resolves when it is written or was refused. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#running) await this.#running;
    if (this.#isHeld || this.#isDone() || this.store.getState().state === "conflict") return;
    this.#running = this.#write().finally(() => {
      this.#running = null;
    });
    await this.#running;
  }

  /** Write nothing while this works: it publishes, which removes the draft of this tag if it returns true. */
  async publish(work: (draft: string | null) => Promise<boolean>): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#isHeld = true;
    while (this.#running) await this.#running;
    let isPublished = false;
    try {
      isPublished = await work(this.#etag);
      if (isPublished) this.seen(null, null);
    } finally {
      this.#isHeld = false;
    }
    if (!this.#isDone()) void this.flush();
    return isPublished;
  }

  /** Go on from the draft that is there now: this one, or none; undefined: one that is to go. */
  seen(etag: string | null, graph: Graph | null | undefined): void {
    this.#etag = etag;
    this.#kept = graph;
    this.#show(this.#isDone() ? this.#restingState() : "saving");
  }

  async #write(): Promise<void> {
    const graph = this.#wanted;
    this.#show("saving");
    try {
      if (graph) this.#etag = await this.#place.put(graph, this.#etag);
      else if (this.#etag) {
        await this.#place.drop(this.#etag);
        this.#etag = null;
      }
      this.#kept = graph;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#show(this.#place.isConflict(error) ? "conflict" : "failed", message);
      return;
    }
    if (this.#isDone()) this.#show(this.#restingState());
    else this.#timer = setTimeout(() => void this.flush(), this.#pause);
  }

  #isDone(): boolean {
    return this.#wanted === this.#kept;
  }

  #restingState(): DraftState {
    return this.#wanted ? "kept" : "none";
  }

  #show(state: DraftState, error = ""): void {
    this.store.setState({ state, error });
  }
}
