// Writes the order of letters by which expressions compare text: `node tools/collation.mjs`, Node.js 20 or newer.
// A locale's order is a list of letters that differ; each is a list of its accents, each its writings (`aA`).
import { writeFileSync } from "node:fs";

const OUT = new URL("../services/libs/engine/alur_engine/expressions/intl/data/collation.json", import.meta.url);
const LANGUAGES = ["en", "es", "fr-CA", "sv", "da", "nb", "fi", "pl", "ro", "tr", "ru", "uk", "el"];
const SAME = ["de", "fr", "it", "pt", "nl", "id", "ja", "ko"];
const RANGES = [[0x20, 0x7e], [0xa0, 0x24f], [0x370, 0x3ff], [0x400, 0x45f], [0x490, 0x491], [0x2010, 0x205e], [0x20a0, 0x20bf], [0x2100, 0x2122], [0x2190, 0x2193]];
const SEQUENCES = ["ae", "oe", "ss", "ij", "dz", "lj", "nj", "th", "hv", "tz", "no", "tm", "sm"];
const MARKS = [...Array(0x70).keys()].map((offset) => String.fromCharCode(0x300 + offset)).filter((mark) => mark.normalize("NFD") === mark);

const CHARS = RANGES.flatMap(([first, last]) => [...Array(last - first + 1).keys()].map((offset) => String.fromCodePoint(first + offset)))
  .filter((char) => /\P{Cn}/u.test(char) && char.normalize("NFC") === char);
const isPlain = (char) => char.normalize("NFD").length === 1;

const orderOf = (language) => {
  const compare = (sensitivity) => new Intl.Collator(language, { sensitivity, caseFirst: "false" }).compare;
  const [base, accent, variant] = ["base", "accent", "variant"].map(compare);
  const ignored = CHARS.filter((char) => variant(char, "") === 0);
  const expanded = Object.fromEntries(CHARS.flatMap((char) => SEQUENCES.filter((text) => base(char, text) === 0).map((text) => [char, text])));
  const letters = CHARS.filter((char) => !ignored.includes(char) && !(char in expanded)).sort(variant);
  const groups = [];
  for (const char of letters) {
    const last = groups.at(-1);
    if (last === undefined || base(last[0][0], char) !== 0) groups.push([[char]]);
    else if (accent(last.at(-1)[0], char) === 0) last.at(-1).push(char);
    else last.push([char]);
  }
  // What is a letter with marks in the place that these give it need not be told.
  const at = new Map(groups.flatMap((group, index) => group.flat().map((char) => [char, index])));
  const told = groups.map((group, index) =>
    group.map((writings) => writings.filter((char) => isPlain(char) || at.get(char.normalize("NFD")[0]) !== index).join("")).filter(Boolean));
  const marks = MARKS.filter((mark) => base(`a${mark}`, "a") === 0 && accent(`a${mark}`, "a") !== 0).sort((a, b) => variant(`a${a}`, `a${b}`));
  return { groups: told.filter((group) => group.length), marks: marks.join(""), ignored: ignored.join(""), expanded };
};

const root = orderOf("en");
const made = Object.fromEntries(LANGUAGES.map((language) => {
  const own = orderOf(language);
  const first = new Intl.Collator(language).resolvedOptions().caseFirst;
  const differing = Object.fromEntries(Object.entries(own).filter(([name, value]) => language === "en" || JSON.stringify(value) !== JSON.stringify(root[name])));
  return [language, { ...differing, ...(first === "false" ? {} : { upper_first: first === "upper" }) }];
}));
made.da.pairs = { aa: "å", Aa: "Å", AA: "Å" };
made.nb.pairs = made.da.pairs;
for (const language of SAME) made[language] = {};
writeFileSync(OUT, `{\n${Object.entries(made).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(",\n")}\n}\n`);
