import { describe, expect, it, vi } from "vitest";
import { reloadWhenBuiltAnew } from "./built-anew";

describe("a page whose parts are gone", () => {
  it("is read again once, and again only after a while", () => {
    const place = Object.assign(new EventTarget(), {
      sessionStorage: window.sessionStorage,
      location: { reload: vi.fn() },
    });
    let time = 100_000;
    reloadWhenBuiltAnew(place as unknown as Window, () => time);
    const miss = () => place.dispatchEvent(new Event("vite:preloadError"));
    miss();
    time += 5_000;
    miss();
    expect(place.location.reload).toHaveBeenCalledTimes(1);
    time += 60_000;
    miss();
    expect(place.location.reload).toHaveBeenCalledTimes(2);
  });
});
