  // What the web has and QuickJS lacks: text as bytes, and addresses (WHATWG URL, as far as http and the like go).
  class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") {
      const bytes = [];
      for (const char of String(text).toWellFormed()) {
        const code = char.codePointAt(0);
        if (code < 0x80) bytes.push(code);
        else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
        else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
        else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
      }
      return Uint8Array.from(bytes);
    }
  }
  class TextDecoder {
    get encoding() { return "utf-8"; }
    decode(bytes = new Uint8Array()) {
      const view = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
      const whole = Array.from(view, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
      try {
        return decodeURIComponent(whole).replace(/^\ufeff/, "");
      } catch {
        return Array.from(view, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : "\ufffd")).join("");
      }
    }
  }

  const formEncoded = (text) =>
    encodeURIComponent(String(text).toWellFormed()).replace(/%20/g, "+").replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const formDecoded = (text) => {
    const spaced = text.replace(/\+/g, " ");
    try {
      return decodeURIComponent(spaced);
    } catch {
      return spaced;
    }
  };
  class URLSearchParams {
    #pairs = [];
    #told;
    constructor(from = "", told = () => undefined) {
      this.#told = told;
      if (from === null || typeof from !== "object") {
        const text = String(from).replace(/^\?/, "");
        this.#pairs = text.split("&").filter(Boolean).map((part) => {
          const at = part.indexOf("=");
          return at < 0 ? [formDecoded(part), ""] : [formDecoded(part.slice(0, at)), formDecoded(part.slice(at + 1))];
        });
      } else {
        const pairs = typeof from[Symbol.iterator] === "function" ? from : Object.entries(from);
        this.#pairs = Array.from(pairs, ([name, value]) => [String(name), String(value)]);
      }
    }
    #changed(pairs) { this.#pairs = pairs; this.#told(this.toString()); }
    get size() { return this.#pairs.length; }
    get(name) { return this.#pairs.find(([own]) => own === String(name))?.[1] ?? null; }
    getAll(name) { return this.#pairs.filter(([own]) => own === String(name)).map(([, value]) => value); }
    has(name) { return this.#pairs.some(([own]) => own === String(name)); }
    append(name, value) { this.#changed([...this.#pairs, [String(name), String(value)]]); }
    delete(name) { this.#changed(this.#pairs.filter(([own]) => own !== String(name))); }
    set(name, value) {
      const at = this.#pairs.findIndex(([own]) => own === String(name));
      if (at < 0) return this.append(name, value);
      const rest = this.#pairs.filter(([own], index) => own !== String(name) || index === at);
      return this.#changed(rest.map((pair) => (pair[0] === String(name) ? [pair[0], String(value)] : pair)));
    }
    sort() { this.#changed([...this.#pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))); }
    forEach(call) { for (const [name, value] of this.#pairs) call(value, name, this); }
    *entries() { yield* this.#pairs.map((pair) => [...pair]); }
    *keys() { for (const [name] of this.#pairs) yield name; }
    *values() { for (const [, value] of this.#pairs) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#pairs.map(([name, value]) => `${formEncoded(name)}=${formEncoded(value)}`).join("&"); }
  }

  const PORTS = { "http:": "80", "https:": "443", "ftp:": "21", "ws:": "80", "wss:": "443" };
  const escaped = (text, kept) =>
    text.replace(/%[0-9A-Fa-f]{2}|[^\x21\x24-\x3b\x3d\x3f-\x5f\x61-\x7a\x7c\x7e]/gu, (c) =>
      c.startsWith("%") || kept.includes(c) ? c : encodeURIComponent(c.toWellFormed()));
  const joined = (path) => {
    const kept = [];
    const parts = path.split("/").slice(1);
    parts.forEach((part, index) => {
      const dots = part.toLowerCase().replaceAll("%2e", ".");
      if (dots === "..") kept.pop();
      else if (dots !== ".") kept.push(part);
      if ((dots === ".." || dots === ".") && index === parts.length - 1) kept.push("");
    });
    return `/${kept.join("/")}`;
  };
  class URL {
    #parts;
    #params;
    constructor(address, base) {
      this.#parts = URL.#read(String(address).trim(), base === undefined ? undefined : new URL(base));
      this.#params = new URLSearchParams(this.#parts.search, (text) => { this.#parts.search = text && `?${text}`; });
    }
    static canParse(address, base) {
      try {
        return Boolean(new URL(address, base));
      } catch {
        return false;
      }
    }
    static #read(text, base) {
      const invalid = new TypeError("Invalid URL");
      const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text);
      if (!scheme && base === undefined) throw invalid;
      const [, before, query = "", hash = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(text);
      const tail = { search: query === "?" ? "" : escaped(query, ""), hash: hash === "#" ? "" : escaped(hash, "{}|^#") };
      const protocol = (scheme?.[1].toLowerCase() ?? base.protocol.slice(0, -1)) + ":";
      const rest = (scheme ? before.slice(scheme[0].length) : before).replace(protocol in PORTS ? /\\/g : /$^/, "/");
      if (!(protocol in PORTS) && !rest.startsWith("//")) {
        return { protocol, username: "", password: "", hostname: "", port: "", pathname: escaped(rest, "{}|^`\""), ...tail };
      }
      if (scheme || rest.startsWith("//")) {
        const [, authority, path] = /^\/*([^/]*)(.*)$/s.exec(rest);
        return { protocol, ...URL.#authority(authority, protocol, invalid), pathname: joined(escaped(path || "/", "{}|^".slice(2, 3))), ...tail };
      }
      const own = { ...base.#parts, ...tail };
      if (rest === "") return { ...own, search: query ? tail.search : base.search };
      const folder = rest.startsWith("/") ? "" : base.pathname.replace(/[^/]*$/, "");
      return { ...own, pathname: joined(escaped(folder + rest, "|")) };
    }
    static #authority(text, protocol, invalid) {
      const [, user, , secret = "", hostname, port = ""] = /^(?:([^:@]*)(:(.*))?@)?(\[[0-9a-fA-F:.]+\]|[^:@]*)(?::(\d*))?$/s.exec(text) ?? [];
      if (!hostname || /[\s#%/:<>?@[\\\]^|]/.test(hostname.replace(/^\[.*\]$/, "")) || Number(port) > 65535) throw invalid;
      if (/[^\x00-\x7f]/.test(hostname)) throw new TypeError("Invalid URL: write the host in its ASCII form");
      const shown = port === "" ? "" : String(Number(port));
      return { username: user ?? "", password: secret, hostname: hostname.toLowerCase(), port: shown === PORTS[protocol] ? "" : shown };
    }
    get protocol() { return this.#parts.protocol; }
    get username() { return this.#parts.username; }
    get password() { return this.#parts.password; }
    get hostname() { return this.#parts.hostname; }
    get port() { return this.#parts.port; }
    get host() { return this.hostname + (this.port && `:${this.port}`); }
    get origin() { return this.protocol in PORTS ? `${this.protocol}//${this.host}` : "null"; }
    get pathname() { return this.#parts.pathname; }
    get search() { return this.#parts.search; }
    get hash() { return this.#parts.hash; }
    get searchParams() { return this.#params; }
    get href() {
      const secret = this.password && `:${this.password}`;
      const user = this.username || secret ? `${this.username}${secret}@` : "";
      const authority = this.hostname ? `//${user}${this.host}` : "";
      return this.protocol + authority + this.pathname + this.search + this.hash;
    }
    toString() { return this.href; }
    toJSON() { return this.href; }
  }
  for (const kind of [TextEncoder, TextDecoder, URLSearchParams, URL]) hidden(globalThis, kind.name, kind);
