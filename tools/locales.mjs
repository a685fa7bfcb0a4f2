// Writes the tables of locales that expressions format by: `node tools/locales.mjs`, Node.js 20 or newer.
// They are what ICU answers (CLDR, Unicode License v3): patterns by the options asked for, names, symbols.
// A locale's file holds what differs from the first locale of its language.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const OUT = new URL("../services/libs/engine/alur_engine/expressions/intl/data/", import.meta.url);
const LOCALES = `en-US en-GB en-CA en-AU en-IN en-IE de-DE de-AT de-CH fr-FR fr-CA fr-CH es-ES es-MX es-AR it-IT pt-BR
  pt-PT nl-NL sv-SE da-DK nb-NO fi-FI pl-PL cs-CZ hu-HU ro-RO tr-TR ru-RU uk-UA el-GR id-ID vi-VN ja-JP ko-KR zh-CN zh-TW`.split(/\s+/);
const WIDTHS = { n: "narrow", s: "short", l: "long" };
const NUMERIC = { n: "numeric", 2: "2-digit" };
const WEEKDAYS = { "-": undefined, ...WIDTHS };
const YEARS = { "-": undefined, ...NUMERIC };
const MONTHS = { "-": undefined, ...NUMERIC, N: "narrow", S: "short", L: "long" };
const CYCLES = { 1: "h11", 2: "h12", 3: "h23", 4: "h24" };
const STYLES = ["full", "long", "medium", "short"];
const UNITS = `year month week day hour minute second millisecond byte kilobyte megabyte gigabyte terabyte meter kilometer
  centimeter mile gram kilogram pound liter celsius fahrenheit percent`.split(/\s+/);
const MOMENTS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
const COUNTS = [0, 1, 2, 3, 5, 8, 11, 21, 100, 1000000, 1.5, 0.5];
const CODES = { year: "y", day: "d", minute: "m", second: "s", fractionalSecond: "S", timeZoneName: "z" };

const given = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
const utc = (...parts) => new Date(Date.UTC(...parts));
const register = (known, made) => {
  const text = JSON.stringify(made);
  const at = known.findIndex((each) => JSON.stringify(each) === text);
  return at >= 0 ? at : known.push(made) - 1;
};

// Dates -------------------------------------------------------------------------------------

const makePatterns = (locale, vectors) => {
  const partsOf = (options) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
    return (date) => format.formatToParts(date);
  };
  const valueIn = (parts, type) => parts.find((part) => part.type === type)?.value;
  const code = (type, value, parts) => {
    const all = (dates) => dates.map((date) => valueIn(parts(date), type));
    if (type === "weekday") return `E${register(vectors.E, all([1, 2, 3, 4, 5, 6, 7].map((day) => utc(2003, 5, day, 5, 6, 7))))}`;
    if (type === "dayPeriod") return `a${register(vectors.a, all([...Array(24).keys()].map((hour) => utc(2003, 1, 4, hour, 6, 7))))}`;
    if (type === "month") {
      const names = all([...Array(12).keys()].map((month) => utc(2003, month, 4, 5, 6, 7)));
      if (names[0] === "1" && names[11] === "12") return "M";
      return names[0] === "01" ? "MM" : `M${register(vectors.M, names)}`;
    }
    if (type === "hour") {
      const hours = all([0, 5, 12, 13].map((hour) => utc(2003, 1, 4, hour, 6, 7)));
      const letter = { "0,0,1": "K", "12,12,1": "h", "0,12,13": "H", "24,12,13": "k" }[[hours[0], hours[2], hours[3]].map(Number)];
      return hours[1].length === 2 ? letter + letter : letter;
    }
    const letter = CODES[type];
    if (letter === undefined) throw new Error(`${locale}: a part ${type}`);
    if (letter === "y") return value.length === 2 ? "yy" : "y";
    if (letter === "S") return "S";
    return value.length === 2 && "dms".includes(letter) ? letter + letter : letter;
  };
  return (options) => {
    const parts = partsOf(options);
    return parts(utc(2003, 1, 4, 5, 6, 7, 89))
      .map(({ type, value }) => (type === "literal" ? value : `{${code(type, value, parts)}}`))
      .join("");
  };
};

const dates = (pattern) => {
  const made = {};
  for (const [w, weekday] of Object.entries(WEEKDAYS))
    for (const [y, year] of Object.entries(YEARS))
      for (const [m, month] of Object.entries(MONTHS))
        for (const [d, day] of Object.entries(YEARS)) {
          const options = given({ weekday, year, month, day });
          if (Object.keys(options).length) made[w + y + m + d] = [options, pattern(options)];
        }
  return made;
};

// Clocks by the usual pattern of their parts; ICU has another one for some of all that can be asked for.
const times = (pattern) => {
  const made = {};
  for (const [h, hour] of Object.entries(NUMERIC))
    for (const [c, hourCycle] of Object.entries(CYCLES))
      for (const rest of ["", "m", "ms"])
        made[h + rest + c] = pattern(given({ hour, hourCycle, minute: rest && "numeric" || undefined, second: rest === "ms" ? "numeric" : undefined }));
  for (const rest of ["m", "s", "ms"])
    for (const [n, style] of Object.entries(NUMERIC))
      made[rest + n] = pattern(given({ minute: rest === "s" ? undefined : style, second: rest === "m" ? undefined : style }));
  return made;
};
const ASKED = { 0: {}, t: { hour12: true }, f: { hour12: false }, ...Object.fromEntries(Object.entries(CYCLES).map(([c, hourCycle]) => [c, { hourCycle }])) };
const clocks = () => {
  const made = [];
  for (const [h, hour] of Object.entries(YEARS))
    for (const [m, minute] of Object.entries(YEARS))
      for (const [s, second] of Object.entries(YEARS))
        for (const [c, cycle] of Object.entries(h === "-" ? { 0: {} } : ASKED))
          for (const digits of s === "-" ? [undefined] : [undefined, 3])
            for (const [z, timeZoneName] of [["", undefined], ["z", "short"], ["Z", "long"]]) {
              if (h + m + s === "---" || (h !== "-" && m === "-" && s !== "-")) continue;
              const options = given({ hour, minute, second, fractionalSecondDigits: digits, timeZoneName, ...cycle });
              made.push([h + m + s + c + (digits ? "S" : "") + z, options]);
            }
  return made;
};
const usual = (key, { time, cycles, fraction, zoned }, others) => {
  if (key.endsWith("Z")) return others[key.replace("Z", "z")] ?? usual(key.replace("Z", "z"), { time, cycles, fraction, zoned }, others);
  const [h, m, s, c] = key;
  const rest = (m === "-" ? "" : "m") + (s === "-" ? "" : "s");
  const cycle = { 0: cycles.default, t: cycles.true, f: cycles.false }[c] ?? c;
  let made = h === "-" ? time[rest + (m === "-" ? s : m)] : time[h + rest + cycle];
  if (key.includes("S")) made = made.replace(/\{s+\}/, (code) => `${code}${fraction}{S}`);
  return key.includes("z") ? zoned.time.replace("{0}", made) : made;
};
const otherClocks = (pattern, table) => {
  const made = {};
  const keep = (key, own, expected) => {
    if (own !== expected) made[key] = own;
    return own;
  };
  const date = { year: "numeric", month: "numeric", day: "numeric" };
  const [before, after] = table.glue["-n"].split("{0}").map((text) => text.replace("{1}", pattern(date)));
  for (const [key, options] of clocks()) {
    const alone = keep(key, pattern(options), usual(key, table, made));
    const both = pattern({ ...date, ...options });
    if (!both.startsWith(before) || !both.endsWith(after)) throw new Error(both);
    keep(`${key}d`, both.slice(before.length, both.length - after.length), alone);
    for (const [w, weekday] of Object.entries(WIDTHS)) made[`${w}:${key}`] = pattern({ weekday, ...options });
  }
  // Of a weekday with a clock: the pattern that most have, as a template, and the others.
  for (const w of Object.keys(WIDTHS)) {
    const templates = clocks().map(([key]) => made[`${w}:${key}`].replace(made[key] ?? usual(key, table, made), "{0}"));
    const most = [...new Set(templates)].map((each) => [templates.filter((other) => other === each).length, each]).sort((a, b) => b[0] - a[0])[0][1];
    for (const [key] of clocks()) if (made[`${w}:${key}`] === most.replace("{0}", made[key] ?? usual(key, table, made))) delete made[`${w}:${key}`];
    made[w] = most;
  }
  return made;
};

const glues = (locale, pattern, date) => {
  const made = {};
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const alone = pattern(clock);
  for (const [key, [options, own]] of Object.entries(date)) {
    if (/^[^-]---/.test(key)) continue;
    const both = pattern({ ...options, ...clock });
    const glue = both.replace(own, "{1}").replace(alone, "{0}");
    const where = key[0] + key[2];
    if (!/\{1\}/.test(glue) || !/\{0\}/.test(glue) || (made[where] ?? glue) !== glue) throw new Error(`${locale}: ${both}`);
    made[where] = glue;
  }
  return made;
};

const styles = (pattern) => {
  const made = { date: {}, time: {}, glue: {}, both: {} };
  const asked = { 0: {}, ...Object.fromEntries(Object.entries(CYCLES).map(([c, hourCycle]) => [c, { hourCycle }])) };
  for (const timeStyle of STYLES) for (const [c, cycle] of Object.entries(asked)) made.time[timeStyle + c] = pattern({ timeStyle, ...cycle });
  for (const dateStyle of STYLES) {
    made.date[dateStyle] = pattern({ dateStyle });
    for (const timeStyle of STYLES)
      for (const [c, cycle] of Object.entries(asked)) {
        const both = pattern({ dateStyle, timeStyle, ...cycle });
        made.glue[dateStyle] ??= both.replace(made.date[dateStyle], "{1}").replace(made.time[timeStyle + c], "{0}");
        const usual = made.glue[dateStyle].replace("{1}", made.date[dateStyle]).replace("{0}", made.time[timeStyle + c]);
        if (both !== usual) made.both[`${dateStyle} ${timeStyle}${c}`] = both;
      }
  }
  return made;
};

const cyclesOf = (locale) => {
  const cycle = (options) => {
    const told = new Intl.DateTimeFormat(locale, { hour: "numeric", ...options }).resolvedOptions().hourCycle;
    return Object.entries(CYCLES).find(([, name]) => name === told)[0];
  };
  return { default: cycle({}), true: cycle({ hour12: true }), false: cycle({ hour12: false }) };
};

const zoneNameOf = (locale, timeZone, timeZoneName, date) =>
  new Intl.DateTimeFormat(locale, { timeZone, timeZoneName }).formatToParts(date).find((part) => part.type === "timeZoneName").value;

const offsets = (locale) => {
  const name = (zone, style) => zoneNameOf(locale, zone, style, utc(2024, 0, 15));
  const sides = (plus, minus) => ["shortOffset", "longOffset"].map((style) => [name(plus, style), name(minus, style)]);
  const whole = sides("Etc/GMT-3", "Etc/GMT+3");
  const broken = sides("Asia/Kolkata", "America/St_Johns");
  const template = (text) => text.replace(/0?[35]/, "{h}").replace(/[34]0|00/, "{m}");
  return {
    zero: ["shortOffset", "longOffset"].map((style) => name("UTC", style)),
    whole: whole.map((side) => side.map(template)),
    broken: broken.map((side) => side.map(template)),
  };
};

const JANUARY = utc(2024, 0, 15);
const JULY = utc(2024, 6, 15);
const isZone = (timeZone) => {
  try {
    return Boolean(new Intl.DateTimeFormat("en-US", { timeZone }));
  } catch {
    return false;
  }
};
const LINKS = readFileSync("/usr/share/zoneinfo/tzdata.zi", "utf8").split("\n").filter((line) => line.startsWith("L ")).flatMap((line) => line.split(" ").slice(1, 3));
const ZONES = [...new Set([...Intl.supportedValuesOf("timeZone"), "UTC", ...LINKS])].filter(isZone).sort();
const offsetIn = (zone, date) => zoneNameOf("en-US", zone, "longOffset", date);
const isSouthern = (zone) => {
  const minutes = (date) => Number(offsetIn(zone, date).replace(/[^-+\d]/g, "") || 0);
  return minutes(JANUARY) > minutes(JULY);
};
const SOUTHERN = new Set(ZONES.filter(isSouthern));

const zoneNames = (locale, zone) => {
  const [winter, summer] = SOUTHERN.has(zone) ? [JULY, JANUARY] : [JANUARY, JULY];
  return ["short", "long"].flatMap((style) =>
    [winter, summer].map((date) => {
      const name = zoneNameOf(locale, zone, style, date);
      return name === zoneNameOf(locale, zone, `${style}Offset`, date) ? null : name;
    }));
};

// Zones that all locales call the same.
const zoneGroups = () => {
  const names = new Map(ZONES.map((zone) => [zone, JSON.stringify(LOCALES.map((locale) => zoneNames(locale, zone)))]));
  const groups = [...new Set(names.values())];
  return Object.fromEntries(ZONES.map((zone) => [zone, groups.indexOf(names.get(zone))]));
};

// Numbers -----------------------------------------------------------------------------------

const numberTemplate = (parts) => {
  let isWritten = false;
  return parts
    .map(({ type, value }) => {
      if (["integer", "group", "decimal", "fraction"].includes(type)) {
        const text = isWritten ? "" : "{n}";
        isWritten = true;
        return text;
      }
      return type === "currency" ? "{c}" : value;
    })
    .join("");
};
const signed = (locale, options) => {
  const show = (value, more) => numberTemplate(new Intl.NumberFormat(locale, { ...options, ...more }).formatToParts(value));
  return [show(5), show(-5), show(5, { signDisplay: "always" })];
};
const symbols = (locale) => {
  const part = (type, value, options) => new Intl.NumberFormat(locale, options).formatToParts(value).find((each) => each.type === type)?.value;
  const sizesOf = (options) =>
    new Intl.NumberFormat(locale, { useGrouping: true, ...options }).formatToParts(123456789012)
      .filter(({ type }) => type === "integer").map(({ value }) => value.length).reverse().slice(0, 2);
  return {
    decimal: part("decimal", 1.5), group: part("group", 1234567), minus: part("minusSign", -1), plus: part("plusSign", 1, { signDisplay: "always" }),
    nan: new Intl.NumberFormat(locale).format(NaN), infinity: new Intl.NumberFormat(locale).format(Infinity),
    exponent: part("exponentSeparator", 1e5, { notation: "scientific" }),
    sizes: sizesOf({}), accounting_sizes: sizesOf({ style: "currency", currency: "USD", currencySign: "accounting" }), least: part("group", 1234) === undefined ? 2 : 1,
    currency_decimal: part("decimal", 1.5, { style: "currency", currency: "USD" }),
    currency_group: part("group", 1234567, { style: "currency", currency: "USD" }),
  };
};
const currencySigned = (locale, more) =>
  [{ currency: "USD", currencyDisplay: "narrowSymbol" }, { currency: "XAG", currencyDisplay: "code" }].map((which) =>
    signed(locale, { style: "currency", ...which, ...more }));

const currencySymbols = (locale) => {
  const symbol = {};
  const narrow = {};
  for (const currency of Intl.supportedValuesOf("currency")) {
    const of = (currencyDisplay) =>
      new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay }).formatToParts(1).find(({ type }) => type === "currency").value;
    if (of("symbol") !== currency) symbol[currency] = of("symbol");
    if (of("narrowSymbol") !== of("symbol")) narrow[currency] = of("narrowSymbol");
  }
  return { symbol, narrow };
};
const currencyDigits = () => Object.fromEntries(
  Intl.supportedValuesOf("currency")
    .map((currency) => [currency, new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits])
    .filter(([, digits]) => digits !== 2));

const compact = (locale, compactDisplay) => {
  const format = new Intl.NumberFormat(locale, { notation: "compact", compactDisplay, useGrouping: false });
  const plural = new Intl.PluralRules(locale);
  const made = [];
  for (let power = 3; power < 15; power += 1) {
    const shown = format.formatToParts(2 * 10 ** power).find(({ type }) => type === "integer").value;
    const shift = power - shown.length + 1;
    const by = {};
    for (const count of COUNTS.filter((each) => each >= 1 && each < 10)) {
      const value = count * 10 ** (shown.length - 1);
      const template = numberTemplate(format.formatToParts(count * 10 ** power));
      // Some say a word alone for one of them.
      by[template.includes("{n}") ? plural.select(value) : `=${value}`] ??= template;
    }
    made.push([shift, by]);
  }
  return made;
};
const units = (locale) => {
  const plural = new Intl.PluralRules(locale);
  const made = {};
  for (const unit of UNITS)
    for (const [w, unitDisplay] of Object.entries(WIDTHS)) {
      const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay });
      const by = {};
      for (const count of COUNTS) by[plural.select(count)] ??= numberTemplate(format.formatToParts(count));
      (made[unit] ??= {})[w] = by;
    }
  return made;
};

// Words -------------------------------------------------------------------------------------

const relative = (locale) => {
  const plural = new Intl.PluralRules(locale);
  const made = {};
  for (const [w, style] of Object.entries(WIDTHS)) {
    const format = new Intl.RelativeTimeFormat(locale, { style });
    const auto = new Intl.RelativeTimeFormat(locale, { style, numeric: "auto" });
    for (const unit of MOMENTS) {
      const [past, future, words] = [{}, {}, {}];
      for (const count of COUNTS) {
        past[plural.select(count)] ??= numberTemplate(format.formatToParts(-count, unit));
        future[plural.select(count)] ??= numberTemplate(format.formatToParts(count, unit));
      }
      for (const count of [-2, -1, 0, 1, 2])
        if (auto.format(count, unit) !== format.format(count, unit)) words[count] = auto.format(count, unit);
      ((made[unit] ??= {}))[w] = { past, future, words };
    }
  }
  return made;
};
const lists = (locale) => {
  const made = {};
  for (const type of ["conjunction", "disjunction", "unit"])
    for (const [w, style] of Object.entries(WIDTHS)) {
      const literals = (list) => new Intl.ListFormat(locale, { type, style }).formatToParts(list).filter((part) => part.type === "literal").map((part) => part.value);
      const [two, four] = [literals(["1", "2"]), literals(["1", "2", "3", "4"])];
      const before = new Intl.ListFormat(locale, { type, style }).formatToParts(["1", "2"])[0].type === "literal";
      if (before || two.length > 1 || four.length % 3) throw new Error(`${locale}: lists are enclosed`);
      made[type + w] = [two[0] ?? "", ...(four.length ? four : ["", "", ""])];
    }
  return made;
};
const eras = (locale) => {
  const era = (style, date) => new Intl.DateTimeFormat(locale, { era: style, timeZone: "UTC" }).formatToParts(date).find((part) => part.type === "era").value;
  return Object.fromEntries(Object.entries(WIDTHS).map(([w, style]) => [w, [utc(-5, 1, 1), utc(2000, 1, 1)].map((date) => era(style, date))]));
};
const week = (locale) => {
  const own = new Intl.Locale(locale);
  const { firstDay, minimalDays, weekend } = own.getWeekInfo?.() ?? own.weekInfo;
  return { firstDay, minimalDays, weekend };
};

// Files -------------------------------------------------------------------------------------

const patternsOf = (made) => Object.fromEntries(Object.entries(made).map(([key, [, pattern]]) => [key, pattern]));
const tableOf = (locale, groups) => {
  const vectors = { M: [], E: [], a: [] };
  const pattern = makePatterns(locale, vectors);
  const date = dates(pattern);
  const fraction = pattern({ second: "2-digit", fractionalSecondDigits: 3 }).replace(/\{s+\}/, "").replace("{S}", "");
  const zoned = (options) => pattern({ ...options, timeZoneName: "short" }).replace(pattern(options), "{0}");
  const ways = {
    time: times(pattern), glue: glues(locale, pattern, date), cycles: cyclesOf(locale), fraction,
    zoned: { weekday: zoned({ weekday: "short" }), time: zoned({ hour: "2-digit", minute: "2-digit", second: "2-digit" }), alone: pattern({ timeZoneName: "short" }) },
  };
  const first = new Map(Object.entries(groups).map(([zone, group]) => [group, zone]).reverse());
  return {
    date: patternsOf(date), ...ways, clocks: otherClocks(pattern, ways),
    styles: styles(pattern), vectors, eras: eras(locale), week: week(locale),
    offsets: offsets(locale),
    zones: Object.fromEntries([...first.keys()].sort((a, b) => a - b).map((group) => [group, zoneNames(locale, first.get(group))]).filter(([, names]) => names.some(Boolean))),
    symbols: symbols(locale), percent: signed(locale, { style: "percent", minimumFractionDigits: 0 }), decimal: signed(locale, {}),
    currency: currencySigned(locale, {}), accounting: currencySigned(locale, { currencySign: "accounting" }), currencies: currencySymbols(locale),
    compact: { short: compact(locale, "short"), long: compact(locale, "long") },
    units: units(locale), relative: relative(locale), lists: lists(locale),
  };
};
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
// `null` says that the parent has what this one lacks.
const difference = (own, parent) => Object.fromEntries([
  ...Object.keys(parent).filter((key) => !(key in own)).map((key) => [key, null]),
  ...Object.entries(own)
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(parent[key]))
    .map(([key, value]) => [key, isObject(value) && isObject(parent[key]) ? difference(value, parent[key]) : value]),
]);

// One line for each part, so that a change of ICU can be read.
const written = (table) => `{\n${Object.entries(table).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(",\n")}\n}\n`;

mkdirSync(OUT, { recursive: true });
const groups = zoneGroups();
const parents = {};
for (const locale of LOCALES) {
  const table = tableOf(locale, groups);
  const language = locale.slice(0, 2);
  const parent = (parents[language] ??= table);
  for (const key of Object.keys(parent.zones)) table.zones[key] ??= [null, null, null, null];
  const text = parent === table ? table : { parent: LOCALES.find((each) => each.startsWith(language)), ...difference(table, parent) };
  writeFileSync(new URL(`${locale}.json`, OUT), written(text));
}
const languages = Object.fromEntries(Object.keys(parents).map((language) => [language, LOCALES.find((each) => each.startsWith(language))]));
writeFileSync(new URL("common.json", OUT), written({ locales: LOCALES, languages, currency_digits: currencyDigits(), currencies: Intl.supportedValuesOf("currency"), zones: groups }));
