import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import { startTranslation } from "../../i18n";
import { originOf, startedBy } from "./started-by";

beforeAll(startTranslation);

describe("what started an execution", () => {
  it.each([
    ["manual", null, "by hand"],
    ["webhook", "order placed", "webhook · order placed"],
    ["error", null, "error of another execution"],
    ["child", null, "another workflow"],
    ["replay", "every night", "replay · every night"],
    ["kubernetes", null, "kubernetes"],
  ])("is told for the mode %s", (mode, trigger, words) => {
    expect(startedBy(i18next.t, { mode, trigger })).toBe(words);
  });

  it("leads to the caller, to what failed, or to what is repeated", () => {
    const none = { parent: null, cause: null, replayOf: null };
    expect(originOf({ ...none, parent: "p" })).toBe("p");
    expect(originOf({ ...none, cause: "c" })).toBe("c");
    expect(originOf({ ...none, replayOf: "r" })).toBe("r");
    expect(originOf(none)).toBeNull();
  });
});
