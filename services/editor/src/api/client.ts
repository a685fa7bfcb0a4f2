/** The one way to the gateway: cookies, the CSRF header, problems as errors, one refresh of the session. */

import type { Problem } from "../graph/problems";
import type { Page } from "./types";

const CONFLICT = 412;

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problems: Problem[];
  readonly traceId: string | undefined;

  constructor(status: number, body: ProblemBody) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.code = body.code ?? "unknown";
    this.problems = body.errors ?? [];
    this.traceId = body.traceId;
  }

  /** Somebody else was first: the tag that was sent is not the newest. */
  get isConflict(): boolean {
    return this.status === CONFLICT;
  }
}

/** RFC 9457, with the code and the faults that Alur adds. */
interface ProblemBody {
  title?: string;
  detail?: string;
  code?: string;
  errors?: Problem[];
  traceId?: string;
}

export interface Answer<T> {
  value: T;
  etag: string | null;
}

interface Call {
  body?: unknown;
  headers?: Record<string, string>;
}

const BASE = "/api/v1";
const CSRF_COOKIE = "alur_csrf";

let onSignedOut: () => void = () => undefined;
let refreshing: Promise<boolean> | null = null;

/** Say what happens when the session is over for good. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

export function csrfToken(cookies: string): string {
  const found = cookies.split("; ").find((cookie) => cookie.startsWith(`${CSRF_COOKIE}=`));
  return found ? decodeURIComponent(found.slice(CSRF_COOKIE.length + 1)) : "";
}

function send(method: string, path: string, call: Call): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json", ...call.headers };
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken(document.cookie);
  if (call.body !== undefined) headers["content-type"] ??= "application/json";
  return fetch(BASE + path, {
    method,
    headers,
    credentials: "same-origin",
    // A tag tells of a revision; what the server says of it beside, such as its draft, changes without.
    cache: "no-store",
    body: call.body === undefined ? null : JSON.stringify(call.body),
  });
}

/** Renew the session. Calls that come meanwhile wait for the same answer. */
function refresh(): Promise<boolean> {
  refreshing ??= send("POST", "/session:refresh", {})
    .then((response) => response.ok)
    .catch(() => false)
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    return new ApiError(response.status, JSON.parse(text) as ProblemBody);
  } catch {
    return new ApiError(response.status, { title: text.slice(0, 200) || response.statusText });
  }
}

async function sendSignedIn(method: string, path: string, call: Call): Promise<Response> {
  const response = await send(method, path, call);
  if (response.status !== 401 || path.startsWith("/session")) return response;
  if (await refresh()) return send(method, path, call);
  onSignedOut();
  return response;
}

/** Call the gateway; raises `ApiError` for every answer that is not 2xx. */
export async function call<T>(
  method: string,
  path: string,
  options: Call = {},
): Promise<Answer<T>> {
  const response = await sendSignedIn(method, path, options);
  if (!response.ok) throw await problemOf(response);
  const text = await response.text();
  const value = (text === "" ? undefined : JSON.parse(text)) as T;
  return { value, etag: response.headers.get("etag") };
}

export async function get<T>(path: string): Promise<T> {
  return (await call<T>("GET", path)).value;
}

/** Read a whole list, page by page. */
export async function all<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null | undefined = "";
  do {
    const search = new URLSearchParams({ limit: "500" });
    if (cursor) search.set("cursor", cursor);
    const page: Page<T> = await get(`${path}?${search}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}

export async function post<T>(path: string, body?: unknown): Promise<T> {
  return (await call<T>("POST", path, body === undefined ? {} : { body })).value;
}
