  // Expressions: what the other engine has and QuickJS lacks is asked of that engine, which lies beside.
  const { __engine, __begin } = globalThis;
  delete globalThis.__engine;
  delete globalThis.__begin;
  const RealDate = Date;
  const realDate = { toNumber: RealDate.prototype.getTime };
  const handles = new WeakMap();
  let isMarking = false;

  const marked = function (key, value) {
    const own = this[key];
    if (own === undefined) return { $undefined: true };
    if (own instanceof RealDate) return { $date: realDate.toNumber.call(own) };
    if (typeof own === "number" && !Number.isFinite(own)) return { $number: String(own) };
    if (typeof own === "function" && !handles.has(own)) throw new TypeError("a helper takes no function in this expression");
    if (handles.has(own)) return { $handle: handles.get(own) };
    return value;
  };
  const revived = (value) => {
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map(revived);
    if ("$undefined" in value) return undefined;
    if ("$number" in value) return Number(value.$number);
    if ("$date" in value) return new RealDate(value.$date ?? NaN);
    if ("$handle" in value) return wrapped(value.$handle);
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, revived(member)]));
  };
  const kinds = { TypeError, RangeError, ReferenceError, SyntaxError };
  const engine = (way, details) => {
    isMarking = true;
    const asked = stringify({ way, args: [], ...details }, marked);
    isMarking = false;
    const answer = parse(__engine(toWellFormed.call(asked)));
    if (answer.error === undefined) return answer.value;
    throw new (kinds[answer.error.type] ?? Error)(answer.error.message);
  };
  const isMethod = (value) => value !== null && typeof value === "object" && "$method" in value;

  const wrapped = (handle) => {
    const target = () => undefined;
    const self = new Proxy(target, {
      get: (_target, name) => {
        if (name === "toString") return () => engine("text", { self });
        if (name === "valueOf") return () => revived(engine("number", { self }));
        if (name === "toJSON" && isMarking) return undefined;
        if (name === "toJSON") return () => revived(engine("json", { self }));
        if (name === Symbol.toPrimitive) return (hint) => (hint === "number" ? self.valueOf() : self.toString());
        if (typeof name !== "string") return undefined;
        const value = engine("read", { self, name });
        if (isMethod(value)) return (...args) => revived(engine("call", { self, name, args }));
        return revived(value);
      },
    });
    handles.set(self, handle);
    return self;
  };

  for (const name of engineNames.functions) {
    hidden(globalThis, name, (...args) => revived(engine("function", { name, args })));
  }
  for (const kind of engineNames.kinds) {
    hidden(globalThis, kind, new Proxy({}, {
      get: (_target, name) => {
        if (typeof name !== "string") return undefined;
        const value = engine("static", { kind, name });
        if (!isMethod(value)) return revived(value);
        return (...args) => revived(engine("static", { kind, name, args, is_called: true }));
      },
    }));
  }
  for (const name of engineNames.helpers) {
    hidden(Object.prototype, `$$${name}`, function (...args) {
      if (typeof this[name] === "function") return this[name](...args);
      return revived(engine("call", { self: this, name, args }));
    });
  }
  hidden(globalThis, "$$", (self, name) => (...args) =>
    self === null || self === undefined
      ? revived(engine("call", { self, name, args }))
      : self[`$$${name}`](...args));
  const localized = (prototype, names) => {
    for (const name of names) {
      hidden(prototype, name, function (...args) {
        const self = prototype === Number.prototype ? Number(this) : this;
        return revived(engine("call", { self, name, args }));
      });
    }
  };
  localized(RealDate.prototype, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString", "toString", "toTimeString"]);
  localized(RealDate.prototype, engineNames.dates.filter((name) => !(name in RealDate.prototype)));
  localized(Number.prototype, ["toLocaleString"]);
  localized(String.prototype, ["localeCompare"]);
  const { cbrt, round } = Math;
  Math.cbrt = (value) => {
    const whole = round(cbrt(value));
    return whole ** 3 === Number(value) ? whole : cbrt(value);
  };
  const format = (by) => class {
    constructor(...options) { this.format = (value = new Date()) => by(value)(...options); }
  };
  hidden(globalThis, "Intl", {
    NumberFormat: format((value) => (...options) => Number(value).toLocaleString(...options)),
    DateTimeFormat: format((value) => (...options) => new Date(value).toLocaleDateString(...options)),
  });
  lazy("$now", () => revived(engine("now", {})));
  lazy("$today", () => revived(engine("today", {})));
  lazy("$itemIndex", () => state.index);

  const pinned = () => {
    hidden(RealDate, "now", () => state.now);
    hidden(globalThis, "Date", new Proxy(RealDate, {
      construct: (target, args, made) => {
        const given = args.length ? args : [state.now];
        // Local times that daylight saving skips or repeats are read as the other engine reads them.
        const isLocal = given.length > 1 || typeof given[0] === "string";
        return Reflect.construct(target, isLocal ? [engine("date", { args: given }).$date ?? NaN] : given, made);
      },
      apply: () => new RealDate(state.now).toString(),
    }));
    hidden(RealDate.prototype, "constructor", globalThis.Date);
  };

  const outcome = (make) => {
    try {
      const value = make();
      if (typeof value === "number" && !Number.isFinite(value)) return `[2,"${value}"]`;
      const text = stringify(value);
      return text === undefined ? "[1]" : `[0,${text}]`;
    } catch (error) {
      const { type, message } = told(error);
      return stringify([3, type, message.replaceAll("$$", "")]);
    }
  };
  const evaluated = ({ script, changes }, indexes, text) => {
    const compiled = outcome(() => { state.code = firstEval(`(() => (${script}\n))`); });
    if (compiled !== "[1]") return indexes.map(() => compiled);
    return indexes.map((index) => {
      if (changes) state.items = parse(text).items;
      state.index = index;
      return outcome(state.code);
    });
  };
  evaluateAll = (request, text) => {
    __begin(stringify([request.time_zone, request.now_ms]));
    pinned();
    const lists = request.sources.map((source) => {
      const own = evaluated(source, request.indexes, text);
      if (source.changes) state.items = parse(text).items;
      return `[${own.join(",")}]`;
    });
    done(`{"result":[${lists.join(",")}]}`);
  };
