  // Expressions: many of them for many items, in one request. One may change what the next ones find.
  const map = bound(Array.prototype.map);
  const join = bound(Array.prototype.join);
  const outcome = (make) => {
    try {
      const value = make();
      if (typeof value === "number" && !isFinite(value)) return `[2,"${value}"]`;
      const text = stringify(value);
      return text === undefined ? "[1]" : `[0,${text}]`;
    } catch (error) {
      const { type, message } = told(error);
      return stringify([3, type, message]);
    }
  };
  const evaluated = ({ script, changes }, indexes, text) => {
    const compiled = outcome(() => { state.code = firstEval(`(() => (${script}\n))`); });
    if (compiled !== "[1]") return map(indexes, () => compiled);
    return map(indexes, (index) => {
      if (changes) state.items = parse(text).items;
      state.index = index;
      return outcome(state.code);
    });
  };
  evaluateAll = (request, text) => {
    const lists = map(request.sources, (source) => {
      const own = evaluated(source, request.indexes, text);
      if (source.changes) state.items = parse(text).items;
      return `[${join(own, ",")}]`;
    });
    done(`{"result":[${join(lists, ",")}]}`);
  };
