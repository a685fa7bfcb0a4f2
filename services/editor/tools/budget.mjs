/** Fails when what a browser must fetch grows beyond the budgets, gzipped. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const KILO = 1000;
const LIMITS = { initial: 320 * KILO, css: 45 * KILO, lazy: 180 * KILO };
/** Runs in a worker, fetched when somebody asks for a layout. */
const EXEMPT = /elk/;

const sizeOf = (file) => gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length;
const manifest = JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8"));

function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) closure(next, seen);
  return seen;
}

const entries = [...closure("index.html")].map((key) => manifest[key]);
const initial = new Set(entries.map((entry) => entry.file));
const files = readdirSync(join(DIST, "assets")).map((name) => `assets/${name}`);
const total = (list) => list.reduce((sum, file) => sum + sizeOf(file), 0);

const rows = [
  [
    "initial JavaScript",
    total([...initial].filter((file) => file.endsWith(".js"))),
    LIMITS.initial,
  ],
  ["all CSS", total(files.filter((file) => file.endsWith(".css"))), LIMITS.css],
  ...files
    .filter((file) => file.endsWith(".js") && !initial.has(file) && !EXEMPT.test(file))
    .map((file) => [file, sizeOf(file), LIMITS.lazy]),
];

let isOver = false;
for (const [what, size, limit] of rows) {
  isOver ||= size > limit;
  const mark = size > limit ? "OVER" : "ok";
  console.log(
    `${mark.padEnd(5)} ${(size / KILO).toFixed(1).padStart(7)} kB of ${limit / KILO}  ${what}`,
  );
}
process.exitCode = isOver ? 1 : 0;
