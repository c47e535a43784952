/**
 * How the built program reads, serves and judges the OpenAPI documents of a folder: `npm run documents -- DIR [--quick]
 * [--only TEXT] [--max-time SECONDS] [--max-requests N] [--limit SECONDS] [--json FILE]`. Every file, and the document of every
 * folder in it, is started, asked with every GET that it declares, written as a reference, verified against its own mock within
 * that budget (60 seconds and 1500 requests unless told) and compared with itself; `--quick` leaves the last two out. Each has a
 * process of its own, which takes no longer than the limit, 300 seconds unless told. Ends with 1 where an OpenAPI 3 document is
 * not served, or badly, or a run finds something broken in the mock of it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Row, Verified } from "./document.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    refused: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    limit: { type: "string", default: "300" },
    "max-time": { type: "string", default: "60" },
    "max-requests": { type: "string", default: "1500" },
    json: { type: "string" },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("Name the folder of the documents: npm run documents -- DIR");

type Judged = Partial<Row> & {
  readonly document: string;
  readonly version: string;
  readonly seconds: number;
  readonly bad: boolean;
};

const rows: Judged[] = [];
console.log(
  lineOf([
    "document",
    "operations",
    "ms",
    "MB",
    "GETs 2xx/3xx/4xx/5xx (declared)",
    "wrong",
    "held",
    "differs",
    "broken",
    "skipped",
    "seen %",
    "s",
    "diff",
  ]),
);
for (const { name, file, version } of documentsIn(folder).filter((one) => one.name.includes(values.only))) {
  const began = performance.now();
  const row = await judged(file);
  const bad = isBad(version, row);
  rows.push({ document: name, version, ...row, seconds: Math.round((performance.now() - began) / 100) / 10, bad });
  show(rows.at(-1)!);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
const bad = rows.filter((row) => row.bad);
console.log(
  `${rows.length} documents, ${bad.length} not as they should be${bad.length > 0 ? `: ${bad.map(({ document }) => document).join(", ")}` : ""}`,
);
process.exitCode = rows.length === 0 || bad.length > 0 ? 1 : 0;

/** The files of a folder that are documents, and of the folders in it. */
function documentsIn(top: string) {
  return readdirSync(top)
    .flatMap((name) => {
      const path = join(top, name);
      return statSync(path).isDirectory() ? readdirSync(path).map((inner) => join(name, inner)) : [name];
    })
    .filter((name) => [".json", ".yaml", ".yml"].includes(extname(name)))
    .flatMap((name) => {
      const file = join(top, name);
      const [, version] =
        /^\uFEFF?[\s\S]*?(?:^|[{,\s])["']?(?:openapi|swagger)["']?\s*:\s*["']?([\d.]+)/m.exec(
          readFileSync(file, "utf8"),
        ) ?? [];
      return version === undefined && name.includes("/") ? [] : [{ name, file, version: version ?? "none" }];
    });
}

async function judged(file: string): Promise<Partial<Row>> {
  const script = fileURLToPath(new URL("document.ts", import.meta.url));
  const budget = ["--max-time", values["max-time"], "--max-requests", values["max-requests"]];
  const own = [...(values.quick ? ["--quick"] : []), ...(values.refused ? ["--refused"] : []), ...budget];
  const child = spawn(process.execPath, ["--import", "tsx", script, file, ...own], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const late = setTimeout(() => child.kill("SIGTERM"), Number(values.limit) * 1000);
  let text = "";
  child.stdout.on("data", (part) => (text += part));
  await once(child, "close");
  clearTimeout(late);
  try {
    return JSON.parse(text) as Row;
  } catch {
    return { said: child.exitCode === 143 ? `no end within ${values.limit} s` : `ended with ${child.exitCode}` };
  }
}

function isBad(version: string, { loaded, traces, docs, wrong, verify, diff, operations = 0 }: Partial<Row>): boolean {
  if (!version.startsWith("3.")) return loaded !== false || traces === true;
  // A document without operations has nothing to verify, and its run says so by its exit code.
  const isVerified = !verify || (isExplained(verify) && (verify.code === 0 || operations === 0));
  return !loaded || traces === true || !docs || wrong?.length !== 0 || !isVerified || (diff ?? 0) !== 0;
}

/** Whether nothing is broken, there is a cause for all that differs, and the run ended about when it should. */
function isExplained({ summary: { broken = 0, differs = 0 }, causes, seconds }: Verified): boolean {
  return broken === 0 && (differs === 0 || causes.length > 0) && seconds < Number(values["max-time"]) + 15;
}

function show(row: Judged): void {
  const { statuses, wrong = [], verify } = row;
  const gets =
    statuses &&
    [2, 3, 4, 5].map((group) => statuses[`${group}` as "2"]).join("/") +
      (row.declared5xx ? ` (${row.declared5xx})` : "");
  console.log(
    lineOf([
      `${row.bad ? "✗" : " "} ${row.document}`,
      row.operations,
      row.firstMs,
      row.mb,
      gets,
      row.loaded ? wrong.length : undefined,
      ...["held", "differs", "broken", "skipped"].map((outcome) => verify && (verify.summary[outcome] ?? 0)),
      verify?.percent,
      verify?.seconds,
      row.diff,
    ]),
  );
  const said = Object.values(row).filter((value) => typeof value === "string");
  const why = row.loaded ? [] : [row.said ?? said.at(-1)!];
  for (const line of [...why, ...wrong, ...(verify?.causes ?? [])]) console.log(`      ${line}`);
}

function lineOf(cells: readonly (string | number | undefined)[]): string {
  const widths = [38, 10, 6, 4, 31, 5, 6, 7, 6, 7, 6, 5, 4];
  return cells
    .map((cell, index) => (index === 0 ? `${cell}`.padEnd(widths[0]!) : `${cell ?? "-"}`.padStart(widths[index]!)))
    .join(" ");
}
