/**
 * One row of the table of documents, as JSON: `tsx test/documents/document.ts FILE [--quick] [--refused] [--max-time SECONDS]
 * [--max-requests N]`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createShapes } from "../../src/contract/generated/request.ts";
import { simplest } from "../../src/document/sample/sample.ts";
import { loadSpec, type Operation, type Spec, SpecError } from "../../src/document/spec.ts";
import { exampleOf, placeOf } from "../../src/mock/middleware/credentials.ts";
import { createJudge } from "./judge.ts";

/** What became of a document. */
export type Row = {
  /** Whether it was served. */
  readonly loaded: boolean;
  /** The line that the start ended with, where it did, or a remark on it. */
  readonly said: string;
  /** From the start of the process to its first answer. */
  readonly firstMs: number;
  /** The most memory that the process had until then; `undefined` where the system does not tell. */
  readonly mb: number | undefined;
  readonly operations: number;
  /** Answers to GET by the class of their status. */
  readonly statuses: Readonly<Record<"2" | "3" | "4" | "5", number>>;
  /** How many of those with 5xx the document itself declares for them. */
  readonly declared5xx: number;
  /** The slowest answer. */
  readonly slowestMs: number;
  /** Answers that the independent validator refuses, and those with 5xx, each with the reason. */
  readonly wrong: readonly string[];
  readonly docs: boolean;
  /** What a run of `verify` against the mock says, within its budget; `undefined` where none was asked for. */
  readonly verify: Verified | undefined;
  /** The exit code of a diff of the document with itself. */
  readonly diff: number | undefined;
  /** Whether anything that was printed is a stack trace. */
  readonly traces: boolean;
};

/** What came of a run of `verify`. */
export type Verified = {
  readonly code: number;
  /** The cases by outcome; none where it wrote no report. */
  readonly summary: Readonly<Record<string, number>>;
  /** How much of the document was seen. */
  readonly percent: number | undefined;
  readonly seconds: number;
  /** The lines that say what is broken, and what differs. */
  readonly causes: readonly string[];
};

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    refused: { type: "boolean", default: false },
    "max-time": { type: "string", default: "60" },
    "max-requests": { type: "string", default: "1500" },
  },
});
const [file = ""] = positionals;
const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
process.on("SIGTERM", () => process.exit(143));
const folder = mkdtempSync(join(tmpdir(), "documents-"));
try {
  console.log(JSON.stringify(await rowOf()));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

async function rowOf(): Promise<Row> {
  const spec = specOf();
  const requests = spec ? requestsOf(spec) : [];
  const judge = spec && createJudge(file);
  const started = performance.now();
  const mock = run("start", "--spec", file, "--port", "0");
  const url = await urlOf(mock);
  const statuses = { "2": 0, "3": 0, "4": 0, "5": 0 };
  if (url === undefined) {
    const lines = linesOf(mock.told.err);
    const traces = isTrace(mock.told.err) || lines.length !== 1 || mock.child.exitCode !== 2;
    const none = { declared5xx: 0, firstMs: 0, mb: undefined, operations: 0, slowestMs: 0, wrong: [], docs: false };
    return { loaded: false, said: lines[0] ?? "", ...none, statuses, verify: undefined, diff: undefined, traces };
  }
  const first = await ask(url, requests[0] ?? { path: "/openapi.json", headers: {} });
  const firstMs = Math.round(performance.now() - started);
  const mb = memoryOf(mock.child.pid!);
  const wrong: string[] = [];
  let slowestMs = 0;
  let declared5xx = 0;
  for (const [index, { operation, path, headers }] of requests.entries()) {
    const answer = index === 0 ? first : await ask(url, { path, headers });
    slowestMs = Math.max(slowestMs, answer.ms);
    const group = `${answer.status}`[0] as "2" | "3" | "4" | "5";
    statuses[group]++;
    const contentType = `${answer.headers["content-type"] ?? ""}`;
    const { status, text } = answer;
    const isOwn = status >= 500 && operation.responses.has(`${status}`);
    if (isOwn) declared5xx++;
    const isFault = status === 0 || (status >= 500 && !isOwn);
    const judged = { method: "GET", path: operation.path, status, contentType, text };
    const found = isFault ? text.slice(0, 200) : status >= 400 ? undefined : judge?.(judged);
    if (found) wrong.push(`GET ${path}: ${status}, ${found}`);
    else if (status >= 400 && flags.refused) console.error(`GET ${path}: ${status}, ${text.slice(0, 300)}`);
  }
  const docs = await ended(run("docs", "--spec", file, "--out", join(folder, "docs")));
  const { told = "", ...verify } = flags.quick ? {} : await verified(url);
  const diff = flags.quick ? undefined : (await ended(run("diff", file, file))).code;
  mock.child.kill("SIGTERM");
  await mock.end;
  return {
    loaded: true,
    said: linesOf(mock.told.err)[0] ?? "",
    firstMs,
    mb,
    operations: spec?.operations.length ?? 0,
    statuses,
    declared5xx,
    slowestMs: Math.round(slowestMs),
    wrong,
    docs: docs.code === 0 && existsSync(join(folder, "docs", "index.html")),
    verify: "code" in verify ? verify : undefined,
    diff,
    traces: isTrace(mock.told.err + mock.told.out + docs.told + told),
  };
}

/** The document, for the requests that it declares; `undefined` where it is none, which is for the program to say. */
function specOf(): Spec | undefined {
  try {
    return loadSpec(file);
  } catch (error) {
    if (error instanceof SpecError) return undefined;
    throw error;
  }
}

/** A GET request of each operation that has one and can be told apart by it, of what it requires and no more. */
function requestsOf(spec: Spec) {
  const shapeOf = createShapes(spec);
  // A fragment is for the reader of a document, and never sent: of several operations that it alone tells apart, one answers.
  const asked = new Set<string>();
  const isFirst = ({ path }: Operation) => asked.size < asked.add(sentOf(path)).size;
  return spec.operations
    .filter((operation) => operation.method === "GET" && isFirst(operation))
    .map((operation) => {
      const examples = examplesOf(operation);
      const shape = shapeOf(operation);
      const value = simplest(shape.schema, {
        schemas: shape.schemas,
        known: (name) => examples.get(name),
        view: "request",
      });
      const plan = shape.plan((value ?? {}) as Record<string, unknown>, () => "documents-0001");
      const signed = signedBy(operation, sentOf(plan.path));
      return { operation, path: signed.path, headers: { ...plan.headers, ...signed.headers } };
    });
}

function sentOf(path: string): string {
  return path.replace(/#[^?]*/, "");
}

function examplesOf({ parameters }: Operation): ReadonlyMap<string, readonly unknown[]> {
  const given = parameters.filter(
    ({ required, example, check }) => required && example !== undefined && check(example).length === 0,
  );
  return new Map(given.map(({ name, example }) => [name, [example]]));
}

/** A request with the credentials of the first alternative that an operation asks for. */
function signedBy({ security }: Operation, path: string) {
  const headers: Record<string, string> = {};
  let target = path;
  for (const scheme of security[0]?.filter((one) => placeOf(one) !== undefined) ?? []) {
    const text = exampleOf(scheme);
    const [name, value] = text.split(": ");
    if (text.startsWith("?")) target += `${target.includes("?") ? "&" : "?"}${text.slice(1)}`;
    else headers[name!] = headers[name!] === undefined ? value! : `${headers[name!]}; ${value}`;
  }
  return { path: target, headers };
}

type Asked = { readonly path: string; readonly headers: Readonly<Record<string, string>> };

function ask(url: string, { path, headers }: Asked) {
  const began = performance.now();
  type Answered = {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly text: string;
    readonly ms: number;
  };
  return new Promise<Answered>((resolve) => {
    const lost = (error: Error) =>
      resolve({ status: 0, headers: {}, text: error.message, ms: performance.now() - began });
    const { hostname, port } = new URL(url);
    const sent = httpRequest({ hostname, port, path, headers, timeout: 20_000 }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", lost);
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: answer.statusCode!, headers: answer.headers, text, ms: performance.now() - began });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 20 s")));
    sent.on("error", lost);
    sent.end();
  });
}

async function verified(target: string): Promise<Verified & { readonly told: string }> {
  const report = join(folder, "report");
  const began = performance.now();
  const budget = ["--max-time", flags["max-time"], "--max-requests", flags["max-requests"]];
  const suite = run("verify", "--spec", file, "--target", target, "--seed", "1", ...budget, "--report", report);
  const { code, told } = await ended(suite);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const path = join(report, "report.json");
  const { summary = {}, coverage } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  const causes = linesOf(told).filter((line) => /^[✗≠] /.test(line));
  return { code, summary, percent: coverage?.percent, seconds, causes, told };
}

function run(...args: string[]) {
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CONNECT_API_KEY: "test_key" },
  });
  children.add(child);
  const told = { out: "", err: "" };
  child.stdout.on("data", (part) => (told.out += part));
  child.stderr.on("data", (part) => (told.err += part));
  const end = once(child, "close").then(() => children.delete(child));
  return { child, told, end };
}

async function ended({ child, told, end }: ReturnType<typeof run>): Promise<{ code: number; told: string }> {
  await end;
  return { code: child.exitCode ?? 1, told: told.out + told.err };
}

async function urlOf({ child, told }: ReturnType<typeof run>): Promise<string | undefined> {
  while (child.exitCode === null && child.signalCode === null) {
    const [, url] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(told.out) ?? [];
    if (url) return url;
    await wait(5);
  }
  return undefined;
}

function memoryOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
  } catch {
    return undefined;
  }
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

function isTrace(text: string): boolean {
  return /^\s+at .+[:(]/m.test(text);
}
