// What code of a user finds around it. Evaluated once, in the warm parent; returns what starts a run.
(() => {
  "use strict";
  const { __ask, __log, __done, __random, __spent } = globalThis;
  for (const name of ["__ask", "__log", "__done", "__random", "__spent"]) delete globalThis[name];
  const { parse, stringify } = JSON;
  const { isFinite } = Number;
  // A method that stays what it is, whatever code does to its prototype.
  const bound = (method) => Function.prototype.call.bind(method);
  const AsyncFunction = (async () => {}).constructor;
  const firstEval = globalThis.eval;
  Math.random = () => __random();
  // What the engine has counts from when the machine began, and from when the warm parent did.
  const { now } = performance;
  const wallClock = Date.now;
  delete globalThis.performance;

  const hidden = (holder, name, value) =>
    Object.defineProperty(holder, name, { value, writable: true, configurable: true });
  const lazy = (name, get) => Object.defineProperty(globalThis, name, { get, configurable: true });

  // Half a surrogate pair cannot be written as UTF-8.
  const toWellFormed = bound(String.prototype.toWellFormed);
  const includes = bound(String.prototype.includes);
  // What JSON writes of it as an escape, no other reader of JSON takes.
  const HALF_PAIR = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;
  const done = (text) => __done(toWellFormed(includes(text, "\\ud") ? text.replace(HALF_PAIR, "$1\\ufffd") : text));

  const ask = (what, details) => {
    const answer = parse(__ask(toWellFormed(stringify({ ask: what, ...details }))));
    if ("error" in answer) throw new ReferenceError(answer.error);
    return answer.value;
  };

  const shown = (value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") return String(value);
    try {
      return stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  };
  const log = (...values) => __log(toWellFormed(values.map(shown).join(" ")));
  hidden(globalThis, "console", { log, info: log, warn: log, error: log, debug: log });

  const state = { items: [], index: 0 };
  const input = {
    get item() { return state.items[state.index]; },
    first: () => state.items[0],
    last: () => state.items[state.items.length - 1],
    all: () => state.items,
  };
  // What `$` and `$node` are for an item: the current one, or that of `$item(index)`.
  const nodesFor = (indexOf) => {
    const node = (name) => {
      const read = (part) => ask("node", { name, part, index: indexOf() });
      return {
        get item() { return read("item"); },
        first: () => read("first"),
        last: () => read("last"),
        all: () => read("all"),
      };
    };
    return [node, new Proxy(node, {
      get: (_target, name) => (typeof name === "string" ? node(name).item : undefined),
      apply: (_target, _self, [name]) => node(name),
    })];
  };
  const [node, nodes] = nodesFor(() => state.index);
  hidden(globalThis, "$input", input);
  hidden(globalThis, "$", node);
  hidden(globalThis, "$node", nodes);
  // What calls of `$item` and `$items` are made: `$item` and `$items` alone are data.
  hidden(globalThis, "$$items", (name) => (name === undefined ? state.items : node(name).all()));
  hidden(globalThis, "$$item", (index, ...others) => {
    const own = state.items[index];
    if (others.length > 0) throw new TypeError("`$item` takes the index of an item, and no run");
    if (!Number.isInteger(index) || (own === undefined && index !== state.index)) throw new RangeError("there is no item of this index");
    const made = { json: own?.json ?? {}, binary: own?.binary };
    hidden(made, "$json", made.json);
    hidden(made, "$binary", made.binary);
    hidden(made, "$node", nodesFor(() => index)[1]);
    return made;
  });
  lazy("items", () => state.items);
  lazy("$items", () => state.items);
  lazy("item", () => state.items[state.index]);
  lazy("$item", () => state.items[state.index]);
  lazy("$json", () => state.items[state.index]?.json ?? {});
  lazy("$binary", () => state.items[state.index]?.binary);
  lazy("$index", () => state.index);
  for (const root of ["vars", "env", "execution", "workflow", "trigger", "run", "runIndex"]) {
    lazy(`$${root}`, () => ask(root, { index: state.index }));
  }

  let plainly = (message) => message;
  const placeOf = (error) => {
    const lines = [...String(error?.stack ?? "").matchAll(/<\w+>:(\d+)/g)].map((found) => Number(found[1]));
    return lines.find((line) => line >= state.firstLine);
  };
  const told = (error) => {
    // Without room for an error QuickJS throws null.
    if (error === null && __spent()) return { type: "InternalError", message: "out of memory" };
    const isError = error instanceof Error;
    const line = placeOf(error);
    return {
      type: isError ? String(error.name) : "Error",
      message: plainly(isError ? String(error.message) : shown(error)).slice(0, 2000),
      ...(line === undefined ? {} : { line: line - state.firstLine + 1 }),
      ...(state.at === undefined ? {} : { item: state.at }),
    };
  };

  const runAll = async (code) => code();
  const runEach = async (code) => {
    const results = [];
    for (let index = 0; index < state.items.length; index += 1) {
      state.index = index;
      state.at = index;
      results.push(await code() ?? null);
    }
    state.at = undefined;
    return results;
  };

  const finish = (value) => {
    const text = stringify(value, (_key, member) => (typeof member === "bigint" ? member.toString() : member));
    done(`{"result":${text ?? "null"}}`);
  };
  const fail = (error) => done(stringify({ error: told(error) }));

  let begin = () => undefined;
  let evaluateAll;
  // EXTENSION
  return (text, before) => {
    const request = parse(text);
    state.items = request.items;
    state.firstLine = before.length + 1;
    state.now = request.now_ms;
    state.isPinned = request.sources !== undefined;
    begin(request);
    const began = now();
    hidden(globalThis, "performance", { now: () => now() - began, timeOrigin: wallClock() });
    if (state.isPinned) {
      evaluateAll(request, text);
      return;
    }
    try {
      const code = firstEval(`${before}(async () => {${request.script ?? request.code}\n})`);
      (request.mode === "all" ? runAll : runEach)(code).then(finish).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
})()
