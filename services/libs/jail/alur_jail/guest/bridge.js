  // `DateTime`, `Intl`, helpers: what the engine of expressions has and QuickJS lacks is asked of that engine,
  // which lies beside. Its values that are no JSON stay there, under a number.
  const { __engine, __begin } = globalThis;
  delete globalThis.__engine;
  delete globalThis.__begin;
  const RealDate = Date;
  const { isArray } = Array;
  const { keys, entries, fromEntries } = Object;
  const dateNumber = RealDate.prototype.getTime;
  const MARK = "\0";
  const [HANDLE, KIND, DATE, NOTHING, NUMBER, PAIRS] = ["handle", "kind", "date", "undefined", "number", "pairs"].map((name) => MARK + name);
  const handles = new WeakMap();
  const classes = {};
  let isMarking = false;

  const marked = function (key, value) {
    const own = this[key];
    if (own === undefined) return { [NOTHING]: true };
    if (own === null || typeof own === "string" || typeof own === "boolean") return own;
    if (typeof own === "number") return Number.isFinite(own) && !Object.is(own, -0) ? own : { [NUMBER]: Object.is(own, -0) ? "-0" : String(own) };
    if (own instanceof RealDate) return { [DATE]: dateNumber.call(own) };
    if (handles.has(own)) return { [HANDLE]: handles.get(own) };
    if (typeof own === "function") throw new TypeError("a helper takes no function here");
    return isLikeOurs(value) ? { [PAIRS]: entries(value) } : value;
  };
  // Data that has the keys of our own marks is written as pairs, so that it is never taken for them.
  const isLikeOurs = (value) => typeof value === "object" && value !== null && !isArray(value) && keys(value).some((key) => key[0] === MARK);
  const revived = (value) => {
    if (value === null || typeof value !== "object") return value;
    if (isArray(value)) return value.map(revived);
    if (NOTHING in value) return undefined;
    if (NUMBER in value) return Number(value[NUMBER]);
    if (DATE in value) return new RealDate(value[DATE] ?? NaN);
    if (HANDLE in value) return held(Object.create(classes[value[KIND]].prototype), value[HANDLE]);
    return fromEntries((PAIRS in value ? value[PAIRS] : entries(value)).map(([name, member]) => [name, revived(member)]));
  };
  const held = (object, handle) => {
    handles.set(object, handle);
    return object;
  };
  const kinds = { TypeError, RangeError, ReferenceError, SyntaxError };
  const answered = (way, details) => {
    isMarking = true;
    let asked;
    try {
      asked = stringify({ way, args: [], ...details }, marked);
    } finally {
      isMarking = false;
    }
    const answer = parse(__engine(toWellFormed(asked)));
    if (answer.error === undefined) return answer.value;
    throw new (kinds[answer.error.type] ?? Error)(answer.error.message);
  };
  const engine = (way, details) => revived(answered(way, details));

  const methodsOn = (prototype, names) => {
    for (const name of names) {
      hidden(prototype, name, name === "toJSON"
        ? function () { return isMarking ? undefined : engine("call", { self: this, name }); }
        : function (...args) { return engine("call", { self: this, name, args }); });
    }
  };
  for (const [kind, { methods, properties, statics, values }] of Object.entries(engineNames.classes)) {
    const made = class { constructor() { throw new TypeError(`use the functions of ${kind} in the place of new`); } };
    Object.defineProperty(made, "name", { value: kind });
    methodsOn(made.prototype, methods);
    for (const name of properties) {
      Object.defineProperty(made.prototype, name, { get() { return engine("read", { self: this, name }); }, configurable: true });
    }
    for (const name of statics) hidden(made, name, (...args) => engine("static", { kind, name, args }));
    for (const name of Object.keys(values)) Object.defineProperty(made, name, { get: () => ({ ...values[name] }), configurable: true });
    classes[kind] = made;
    hidden(globalThis, kind, made);
  }
  const { Duration, Interval } = classes;
  // What takes a function runs here.
  hidden(Duration.prototype, "mapUnits", function (change) {
    return this.isValid ? Duration.fromObject(Object.fromEntries(Object.entries(this.toObject()).map(([unit, amount]) => [unit, change(amount, unit)]))) : this;
  });
  hidden(Interval.prototype, "mapEndpoints", function (change) { return Interval.fromDateTimes(change(this.start), change(this.end)); });

  const intl = {};
  for (const name of engineNames.intl) {
    const isCallable = engineNames.callable.includes(name);
    const made = function (...args) {
      if (new.target === undefined && !isCallable) throw new TypeError(`Constructor Intl.${name} requires 'new'`);
      return held(new.target === undefined ? Object.create(made.prototype) : this, answered("intl", { name, args })[HANDLE]);
    };
    Object.defineProperty(made, "name", { value: name });
    classes[name] = made;
    hidden(intl, name, made);
    methodsOn(made.prototype, ["formatToParts", "resolvedOptions", "select"]);
    if (name === "RelativeTimeFormat" || name === "ListFormat") methodsOn(made.prototype, ["format"]);
    for (const bound of ["format", "compare"].filter((each) => !(each in made.prototype))) {
      Object.defineProperty(made.prototype, bound, {
        get() { return (...args) => engine("call", { self: this, name: bound, args: args.slice(0, 2) }); },
        configurable: true,
      });
    }
  }
  hidden(globalThis, "Intl", intl);

  for (const name of engineNames.functions) hidden(globalThis, name, (...args) => engine("function", { name, args }));
  // Helpers that need no other engine, and those that take a function.
  const own = {
    first: (self) => (isArray(self) ? [self[0]] : undefined),
    last: (self) => (isArray(self) ? [self[self.length - 1]] : undefined),
    isEmpty: (self) => (isArray(self) || typeof self === "string" ? [self.length === 0] : undefined),
    isNotEmpty: (self) => (isArray(self) || typeof self === "string" ? [self.length > 0] : undefined),
    groupBy: (self, by) => {
      if (!isArray(self) || typeof by !== "function") return undefined;
      const groups = {};
      for (const value of self) (groups[by(value)] ??= []).push(value);
      return [groups];
    },
  };
  const helped = (self, name, args) => {
    const made = Object.hasOwn(own, name) ? own[name](self, ...args) : undefined;
    return made === undefined ? engine("call", { self, name, args }) : made[0];
  };
  for (const name of engineNames.helpers) {
    hidden(Object.prototype, `$$${name}`, function (...args) {
      return typeof this[name] === "function" ? this[name](...args) : helped(this, name, args);
    });
  }
  const markedName = new RegExp(`\\$\\$(${engineNames.helpers.join("|")})\\b`, "g");
  plainly = (message) => message.replace(markedName, "$1");
  hidden(globalThis, "$$", (self, name) => (...args) =>
    self === null || self === undefined ? helped(self, name, args) : self[`$$${name}`](...args));

  methodsOn(RealDate.prototype, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString", "toString", "toTimeString"]);
  methodsOn(RealDate.prototype, engineNames.dates.filter((name) => !(name in RealDate.prototype)));
  hidden(Number.prototype, "toLocaleString", function (...args) { return engine("call", { self: Number(this), name: "toLocaleString", args }); });
  hidden(BigInt.prototype, "toLocaleString", function (...args) {
    const number = Number(this);
    if (Number.isSafeInteger(number)) return number.toLocaleString(...args);
    throw new RangeError("a BigInt beyond Number.MAX_SAFE_INTEGER has no local form here");
  });
  hidden(Array.prototype, "toLocaleString", function (...args) {
    return Array.from(this, (each) => each?.toLocaleString(...args) ?? "").join(",");
  });
  for (const name of ["localeCompare", "toLocaleUpperCase", "toLocaleLowerCase"]) {
    hidden(String.prototype, name, function (...args) { return engine("call", { self: String(this), name, args }); });
  }
  const { cbrt, round } = Math;
  Math.cbrt = (value) => {
    const whole = round(cbrt(value));
    return whole ** 3 === Number(value) ? whole : cbrt(value);
  };
  lazy("$now", () => engine("now", {}));
  lazy("$today", () => engine("today", {}));
  lazy("$itemIndex", () => state.index);

  // Expressions see the pinned time of the node run, code sees time go by.
  const realNow = RealDate.now;
  const clock = () => (state.isPinned ? state.now : realNow());
  const PinnedDate = new Proxy(RealDate, {
    construct: (target, args, made) => {
      const given = args.length ? args : [clock()];
      // Local times that daylight saving skips or repeats are read as the other engine reads them.
      const isLocal = given.length > 1 || typeof given[0] === "string";
      return Reflect.construct(target, isLocal ? [answered("date", { args: given })[DATE] ?? NaN] : given, made);
    },
    apply: () => new RealDate(clock()).toString(),
  });
  hidden(RealDate, "now", () => clock());
  hidden(RealDate, "parse", (text) => answered("date", { args: [String(text)] })[DATE] ?? NaN);
  hidden(RealDate.prototype, "constructor", PinnedDate);
  hidden(globalThis, "Date", PinnedDate);
  begin = (request) => __begin(stringify([request.time_zone, request.now_ms]));
