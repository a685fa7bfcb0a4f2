import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, all, call, csrfToken, post, whenSignedOut } from "./client";

const asked: { method: string; url: string; csrf: string | null }[] = [];

/** A gateway that answers one response after the other and keeps what it was asked. */
function answering(...responses: Response[]): void {
  asked.length = 0;
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    asked.push({ method: init.method ?? "GET", url, csrf: headers.get("x-csrf-token") });
    return Promise.resolve(responses.shift() ?? new Response(null, { status: 500 }));
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
  whenSignedOut(() => undefined);
});

describe("the client", () => {
  it("repeats the CSRF cookie on writes only", async () => {
    vi.stubGlobal("document", { cookie: "a=b; alur_csrf=t%3D1" });
    answering(new Response("{}"), new Response("{}"));
    await call("GET", "/me");
    await post("/validate", {});
    expect(asked.map(({ csrf }) => csrf)).toEqual([null, "t=1"]);
    expect(csrfToken("other=1")).toBe("");
  });

  it("raises the problem with its faults", async () => {
    const errors = [{ path: "spec", code: "x", message: "no" }];
    const body = JSON.stringify({ title: "Invalid", detail: "spec: no", code: "invalid", errors });
    answering(new Response(body, { status: 422 }));
    const error = await call("PUT", "/x").catch((raised: unknown) => raised);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 422,
      code: "invalid",
      message: "spec: no",
      problems: errors,
    });
  });

  it("tells of an answer that is no problem document", async () => {
    answering(new Response("bad gateway", { status: 502 }));
    await expect(call("GET", "/x")).rejects.toMatchObject({ status: 502, message: "bad gateway" });
  });

  it("reads a list to its end", async () => {
    answering(
      new Response('{"items": [1, 2], "nextCursor": "a+b"}'),
      new Response('{"items": [3], "nextCursor": null}'),
    );
    await expect(all<number>("/things")).resolves.toEqual([1, 2, 3]);
    expect(asked.map(({ url }) => url)).toEqual([
      "/api/v1/things?limit=500",
      "/api/v1/things?limit=500&cursor=a%2Bb",
    ]);
  });

  it("renews the session once and asks again", async () => {
    answering(
      new Response(null, { status: 401 }),
      new Response(null, { status: 204 }),
      new Response('{"id": "me"}', { headers: { etag: '"1"' } }),
    );
    await expect(call("GET", "/me")).resolves.toEqual({ value: { id: "me" }, etag: '"1"' });
    expect(asked.map(({ url }) => url)).toEqual([
      "/api/v1/me",
      "/api/v1/session:refresh",
      "/api/v1/me",
    ]);
  });

  it("says when the session is over", async () => {
    const over = vi.fn();
    whenSignedOut(over);
    answering(new Response("{}", { status: 401 }), new Response("{}", { status: 401 }));
    await expect(call("GET", "/me")).rejects.toMatchObject({ status: 401 });
    expect(over).toHaveBeenCalledOnce();
  });
});
