// Fills in what Node.js and Luxon answer: `NODE_PATH=… node tools/expected.cjs tests/unit/engine/expressions/locales.yaml`,
// where NODE_PATH is a folder that has Luxon 3. Each line of the file is a case as JSON, after `- `.
const { readFileSync, writeFileSync } = require("node:fs");
const luxon = require("luxon");

const NOW = Date.UTC(2024, 1, 29, 13, 5, 9, 123);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length ? given : [NOW]));
  }
  static now() {
    return NOW;
  }
};
luxon.Settings.now = () => NOW;
const names = { DateTime: luxon.DateTime, Duration: luxon.Duration, Interval: luxon.Interval, $json: {} };

const answer = ({ of, zone = "UTC" }) => {
  process.env.TZ = zone;
  luxon.Settings.defaultZone = zone;
  names.$now = luxon.DateTime.now();
  names.$today = names.$now.startOf("day");
  try {
    const value = new Function(...Object.keys(names), `return (${of}\n)`)(...Object.values(names));
    return { is: JSON.parse(JSON.stringify(value) ?? "null") };
  } catch (error) {
    return { throws: error.name };
  }
};

const [file] = process.argv.slice(2);
const lines = readFileSync(file, "utf8").split("\n").map((line) => {
  if (!line.startsWith("- {")) return line;
  const { of, zone } = JSON.parse(line.slice(2));
  return `- ${JSON.stringify({ of, ...(zone ? { zone } : {}), ...answer({ of, zone }) })}`;
});
writeFileSync(file, lines.join("\n"));
