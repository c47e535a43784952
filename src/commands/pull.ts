import { accessSync, constants, existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Document, type Scalar, visit } from "yaml";
import { connect } from "../connect/connect.ts";
import { fittingRecords, type LeftOut } from "../connect/fitting-records.ts";
import { type Read, readRecords, UnreadableError } from "../connect/read-records.ts";
import { loadSpec } from "../connect/spec.ts";
import { type Found, withStandIns } from "../connect/stand-ins.ts";
import { RunError } from "../contract/guest.ts";
import type { Terminal } from "../contract/report/terminal.ts";
import { createTarget } from "../contract/target.ts";
import { credentialOf } from "../contract/wire/credential.ts";
import { type Exchange, TransportError } from "../contract/wire/exchange.ts";
import { createMask, type Mask } from "../contract/wire/mask.ts";
import { show } from "../document/problem.ts";
import type { Spec } from "../document/spec.ts";
import { isObject } from "../document/validator.ts";
import { checkFixtures } from "../mock/fixtures.ts";
import { baseUrlOf, type ConnectionOptions, checkKeys, connectionOf } from "./connection.ts";
import { painter, printable } from "./paint.ts";

/** The options of `understudy pull`, as the command line gives them. */
export type PullOptions = ConnectionOptions & {
  readonly target?: string;
  readonly apiKey?: string;
  /** The file to write. */
  readonly out?: string;
  /** Only these customers. */
  readonly customer?: readonly string[];
  /** At most so many customers. */
  readonly limit?: number;
  /** Requests a second. */
  readonly rate?: number;
  readonly seed: number;
  /** Whether a file that is there may be written over. */
  readonly force?: boolean;
};

/** The longest wait that a deployment may ask for, in milliseconds. */
const maxWaitMs = 60_000;

/**
 * Reads customers and their payment profiles of a deployment, replaces personal details and writes fixtures. Answers the exit code:
 * 0 the file is written, 2 it is not.
 */
export async function pull(
  options: PullOptions,
  terminal: Terminal,
  color: boolean,
  fail: (message: string) => void,
): Promise<0 | 2> {
  const stop = new AbortController();
  const interrupt = () => (stop.signal.aborted ? process.exit(2) : stop.abort());
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  let mask: Mask = (value) => value;
  try {
    const job = jobOf(options);
    mask = job.mask;
    terminal.write(mask(await pulled(job, options, { terminal, color, signal: stop.signal })));
    return 0;
  } catch (error) {
    if (terminal.isTTY) terminal.write(clearLine);
    const isToldToUser =
      error instanceof RunError || error instanceof UnreadableError || error instanceof TransportError;
    if (!stop.signal.aborted && !isToldToUser) throw error;
    fail(stop.signal.aborted ? "Stopped; nothing was written." : printable(mask((error as Error).message)));
    return 2;
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}

/** What is to be done, once the options are known to be good. */
type Job = {
  readonly spec: Spec;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly out: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Hides the API key and what the headers say. */
  readonly mask: Mask;
  readonly transport: ReturnType<typeof connectionOf>["transport"];
  /** Lets go of the connections. */
  close(): void;
};

function jobOf(options: PullOptions): Job {
  const { target, apiKey, customer, limit, force } = options;
  if (target === undefined) throw new RunError("No target: name one with CONNECT_BASE_URL or --target.");
  const baseUrl = baseUrlOf(target);
  if (!apiKey) throw new RunError("No API key: pass one with CONNECT_API_KEY or --api-key.");
  checkKeys({ "API key": apiKey });
  if (customer && limit !== undefined) throw new RunError("--limit goes without --customer, which names whom to read.");
  if (limit === 0) throw new RunError("--limit is 0; it should be a whole number above 0, such as 50.");
  const out = outOf(options.out, force === true);
  const spec = loadSpec();
  const { secrets, ...connection } = connectionOf(options, baseUrl);
  const mask = createMask([
    credentialOf(spec, apiKey, "CONNECT_API_KEY"),
    ...secrets.map((value) => ({ value, shell: "***" })),
  ]);
  return { ...connection, spec, baseUrl, apiKey, out, mask };
}

/** The file to write. Throws a `RunError` where it cannot be. */
function outOf(file: string | undefined, force: boolean): string {
  const right = "it should be a file that ends in .yaml, .yml or .json, such as fixtures/staging.yaml";
  if (!file) throw new RunError(`No file to write: name one with --out; ${right}.`);
  if (![".yaml", ".yml", ".json"].includes(extname(file))) throw new RunError(`--out is "${file}"; ${right}.`);
  try {
    const there = statSync(file, { throwIfNoEntry: false });
    if (there && !there.isFile()) throw new Error("it is there and is no file");
    if (there && !force) throw new Error("it is there already; --force writes over it");
    const folder = dirname(file);
    if (!existsSync(folder)) throw new Error(`there is no folder ${folder}`);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new RunError(`--out ${file} cannot be written: ${(error as Error).message}.`);
  }
  return file;
}

type Stage = { readonly terminal: Terminal; readonly color: boolean; readonly signal: AbortSignal };

const clearLine = "\r\u001B[2K";

/** Reads, replaces, checks and writes; answers what there is to tell. */
async function pulled(job: Job, options: PullOptions, { terminal, color, signal }: Stage): Promise<string> {
  const { spec, baseUrl, out, close } = job;
  const found = await readRecords(readOf(job, options, signal), {
    customers: options.customer,
    limit: options.limit,
    onProgress(done, total, what) {
      if (!terminal.isTTY) return;
      const of = `${done}${total === undefined ? "" : ` of ${total}`} customers`;
      const text = `  Read ${what === "customers" ? of : `the payment profiles of ${of}`}`;
      terminal.write(clearLine + painter(color)("gray", text.slice(0, (terminal.columns ?? 80) - 1)));
    },
  }).finally(close);
  if (terminal.isTTY) terminal.write(clearLine);
  if (found.customers.length === 0)
    throw new RunError(`${baseUrl} has no customer that this API key may read; nothing was written.`);
  const standIns = await withStandIns(found, options.seed);
  const { records, leftOut } = fittingRecords(masked(standIns, job), (records) =>
    checkFixtures({ spec, check: connect.check }, records),
  );
  signal.throwIfAborted();
  const told = leftOutText(leftOut, found);
  if (records.customers.length === 0)
    throw new RunError(`The document refuses every customer of ${baseUrl}; nothing was written.\n${told}`);
  write(out, textOf(records, job, options.seed), options.force === true);
  const names = (options.customer ?? []).map((id) => `Customer ${id} is ${standIns.idOf(id)} there.\n`);
  return printableLines(
    `${out}: ${counted(records)}, with stand-ins for personal details (seed ${options.seed}).\n${names.join("")}${told}` +
      `Serve it with: understudy start --fixtures ${out}\n`,
  );
}

function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** Makes what reads of the deployment, as a guest: at the rate that was told, waiting as it asks. */
function readOf({ spec, baseUrl, apiKey, transport, headers }: Job, { rate }: PullOptions, signal: AbortSignal): Read {
  const target = createTarget({
    spec,
    baseUrl,
    apiKey: credentialOf(spec, apiKey, "CONNECT_API_KEY"),
    transport,
    headers,
    sleep: (ms, stopped) => setTimeout(ms, undefined, { signal: stopped }),
    maxWaitMs,
    signal,
    ...(rate === undefined ? {} : { rate }),
  });
  let isFirst = true;
  return async (path) => {
    try {
      const exchange = await target.send({ method: "GET", path }, () => {});
      isFirst = false;
      return answerOf(exchange, baseUrl, path);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      const what = isFirst ? `Cannot reach ${baseUrl}` : `${baseUrl} gave no answer to GET ${path}`;
      throw new RunError(`${what}: ${error.message}.${isFirst ? "" : " Nothing was written."}`);
    }
  };
}

function answerOf({ status, json, headers }: Exchange, baseUrl: string, path: string): Awaited<ReturnType<Read>> {
  const said = `${baseUrl} answered ${status} to GET ${path}`;
  const pass = "Pass one that it knows with --api-key or CONNECT_API_KEY.";
  if (status === 401) throw new RunError(`${said}: it does not know this API key. ${pass}`);
  if (status === 403) throw new RunError(`${said}: it does not let this API key read that. ${pass}`);
  if (status !== 200 && status !== 404) throw new RunError(`${said}; nothing was written.`);
  if (json !== undefined) return { status, json };
  const type = headers["content-type"] ?? "no media type";
  throw new RunError(`${said} with ${type} and no JSON. Is this the base URL of a Connect API?`);
}

/** Records without the credentials that a deployment may have told; only the API key is looked for in names. */
function masked({ customers, paymentProfiles }: Found, { spec, apiKey, mask }: Job): Found {
  const maskName = createMask([credentialOf(spec, apiKey, "CONNECT_API_KEY")]);
  const hide = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(hide);
    if (!isObject(value)) return mask(value);
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [maskName(name), hide(member)]));
  };
  return hide({ customers, paymentProfiles }) as Found;
}

function counted({ customers, paymentProfiles }: Found): string {
  const of = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  return `${of(customers.length, "customer")} and ${of(paymentProfiles.length, "payment profile")}`;
}

/** Fixtures as a file holds them, with a line that says where they come from. */
function textOf(records: Found, { baseUrl, out }: Job, seed: number): string {
  const when = new Date().toISOString();
  const story = `Pulled from ${new URL(baseUrl).host} at ${when}: ${counted(records)}, with stand-ins for personal details (seed ${seed}).`;
  if (extname(out) === ".json") return `${JSON.stringify({ story, ...records }, null, 2)}\n`;
  return `# ${story}\n${yamlOf(records)}`;
}

/** Records as YAML that reads as the same records. */
function yamlOf(records: Found): string {
  const document = new Document(records, { aliasDuplicateObjects: false });
  // In plain letters it would be a merge key, which reads as something else.
  const quote = (_: unknown, node: Scalar) => {
    if (node.value === "<<") node.type = "QUOTE_DOUBLE";
  };
  visit(document, { Scalar: quote });
  return document.toString({ lineWidth: 0 });
}

/** Writes a file as a whole or not at all. */
function write(file: string, text: string, force: boolean): void {
  const beside = `${file}.${process.pid}.new`;
  try {
    if (existsSync(file) && !force) throw new Error("it is there by now; --force writes over it");
    writeFileSync(beside, text, { flag: "wx" });
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new RunError(`--out ${file} cannot be written: ${(error as Error).message}.`);
  }
}

/** So many records of one reason are told by their id. */
const mostTold = 3;

/** What the document refuses, a line for each reason. */
function leftOutText(leftOut: readonly LeftOut[], found: Found): string {
  const reasons = new Map<string, string[]>();
  for (const { collection, index, member, violation } of leftOut) {
    const [, , ...path] = violation.property.split(".");
    const { expected, received } = violation;
    const what = member === "" ? "all of it" : member;
    const reason = `${path.join(".") || "it"} should be ${expected}; received ${show(received)}`;
    const line = `  ${collection}: ${what.replace(/\.\d+/g, "[]")} (${reason.replace(/\.\d+\./g, "[].")})`;
    const record = found[collection][index]!;
    const id = record[collection === "customers" ? "customerId" : "paymentProfileId"];
    reasons.set(line, [...(reasons.get(line) ?? []), typeof id === "string" ? id : "one without an id"]);
  }
  if (reasons.size === 0) return "";
  const lines = [...reasons].map(([line, ids]) => {
    const more = ids.length > mostTold ? ` and ${ids.length - mostTold} more` : "";
    return `${line}, of ${ids.slice(0, mostTold).join(", ")}${more}\n`;
  });
  return `Left out, for the document refuses it:\n${lines.join("")}`;
}
