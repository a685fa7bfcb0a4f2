  // Expressions: many of them for many items, in one request.
  const outcome = (make) => {
    try {
      const value = make();
      if (typeof value === "number" && !Number.isFinite(value)) return `[2,"${value}"]`;
      const text = stringify(value);
      return text === undefined ? "[1]" : `[0,${text}]`;
    } catch (error) {
      const { type, message } = told(error);
      return stringify([3, type, message]);
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
    const lists = request.sources.map((source) => {
      const own = evaluated(source, request.indexes, text);
      if (source.changes) state.items = parse(text).items;
      return `[${own.join(",")}]`;
    });
    done(`{"result":[${lists.join(",")}]}`);
  };
