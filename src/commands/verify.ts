import { randomInt, randomUUID, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { cases as allCases } from "../../contracts/index.ts";
import { modelCases } from "../../contracts/model.contract.ts";
import { statements } from "../../contracts/statements.ts";
import { loadSpec } from "../connect/spec.ts";
import type { Case } from "../contract/case.ts";
import { type Deviation, deviationsOf, parseDeviations } from "../contract/deviations.ts";
import { generatedCases } from "../contract/generated/cases.ts";
import { idempotencyCases } from "../contract/generated/idempotency.ts";
import { NoCustomer, RunError } from "../contract/guest.ts";
import { createFileRecovery } from "../contract/recovery.ts";
import { annotationsOf } from "../contract/report/annotations.ts";
import { type Comparison, compare, type EarlierReport, readReport } from "../contract/report/compare.ts";
import { conforms, type Report } from "../contract/report/report.ts";
import { createProgress, describe, describeComparison, type Terminal } from "../contract/report/terminal.ts";
import { writeReport } from "../contract/report/write-report.ts";
import { maskOf, type RunOptions, run } from "../contract/run.ts";
import type { Credential, Transport } from "../contract/wire/exchange.ts";
import { jsonOf } from "../contract/wire/exchange.ts";
import { createFetchTransport, createHttpTransport } from "../contract/wire/transport.ts";
import { isObject, type Spec, SpecError, uncheckedIn } from "../document/spec.ts";
import { version } from "../paths.ts";
import { describeFidelity, type Mirror } from "./against-mock.ts";

/** The options of `understudy verify`, as the command line gives them. */
export type VerifyOptions = {
  readonly target?: string;
  readonly apiKey?: string;
  readonly customer?: string;
  readonly paymentProfile?: string;
  readonly foreignPaymentProfile?: string;
  readonly secondApiKey?: string;
  readonly report?: string;
  /** The `report.json` of an earlier run. */
  readonly compare?: string;
  readonly strict?: boolean;
  readonly filter?: string;
  readonly list?: boolean;
  readonly maxRequests?: number;
  /** Requests a second. */
  readonly rate?: number;
  /** Seconds to wait for an answer. */
  readonly timeout: number;
  /** A certificate authority in PEM. */
  readonly ca?: string;
  /** More headers for every request, as `Name: value`. */
  readonly header?: readonly string[];
  readonly readOnly?: boolean;
  readonly allowWrites?: boolean;
  readonly plan?: boolean;
  /** Send every request to the mock too, and tell where the two differ. */
  readonly againstMock?: boolean;
  /** A file of known differences. */
  readonly deviations?: string;
  /** A file to write what fails to, as deviations. */
  readonly writeDeviations?: string;
  /** Whether the cases that follow from the document run too. */
  readonly generated?: boolean;
  /** Random requests of each operation and direction. */
  readonly examples?: number;
  readonly seed?: number;
  /** Values that no schema can tell, as `name=value`. */
  readonly param?: readonly string[];
  /** Another OpenAPI document in the place of the shipped one: the generated cases alone, and no customer. */
  readonly spec?: string;
  /** The least part of the document that the run has to see, in per cent. */
  readonly minCoverage?: number;
};

/** 0 conforms, 1 does not, 2 the run could not be made. */
export type ExitCode = 0 | 1 | 2;

/** Runs the contract suite against a deployment, or against the mock where none is named. */
export async function verify(
  options: VerifyOptions,
  terminal: Terminal,
  color: boolean,
  fail: (message: string) => void,
): Promise<ExitCode> {
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(2);
    terminal.write("\nStopping; the customer's billing is put back first (Ctrl-C again leaves it).\n");
    stop.abort();
  };
  try {
    const { seed = randomInt(1, 1_000_000), examples = 20 } = options;
    const spec = options.spec === undefined ? loadSpec() : foreignSpec(options.spec, terminal);
    const guest = options.spec === undefined;
    if (!guest && (options.plan || options.againstMock))
      throw new RunError("--spec goes with neither --plan nor --against-mock: they know the Connect API alone.");
    const random = { examples, seed, params: paramsOf(options.param ?? []), guest };
    const everything = [
      ...(guest ? allCases : []),
      ...(options.generated === false
        ? []
        : [
            ...generatedCases(spec, random),
            ...idempotencyCases(spec, random),
            ...(guest ? modelCases({ seed, sequences: examples }) : []),
          ]),
    ];
    const cases = chosen(everything, options.filter);
    if (options.list) {
      terminal.write(`${cases.map(({ id, basis, title }) => `${id}  (${basis})\n    ${title}`).join("\n")}\n`);
      return 0;
    }
    if (options.plan) {
      terminal.write(await planOf(options, cases));
      return 0;
    }
    const earlier = options.compare === undefined ? undefined : await earlierReport(options.compare, options.filter);
    const subject =
      options.target === undefined
        ? await (guest ? mockSubject() : foreignMockSubject(spec))
        : guest
          ? await deploymentSubject(options, options.target)
          : foreignSubject(options, options.target, spec);
    const mirror = options.againstMock && options.target !== undefined ? await mirrorOf(subject, options) : undefined;
    const progress = createProgress(terminal, { color, total: cases.length });
    terminal.write(
      `${subject.baseUrl}${guest ? `, customer ${subject.customer}` : ""}: ${cases.length} cases, seed ${seed}\n`,
    );
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
    const ran = await run({
      ...subject,
      ...(mirror ? { transport: mirror.transport } : {}),
      spec,
      cases,
      ...(guest ? { statements } : {}),
      strict: subject.strict || options.strict === true,
      deviations: options.deviations === undefined ? [] : deviationsIn(options.deviations, everything),
      signal: stop.signal,
      onCase: progress.onCase,
      onRecovered: (left) => {
        const done = left === undefined || left.irremovable ? "Put back" : "Could not yet put back";
        terminal.write(
          `${done} what an earlier run, ended before its time, had left.${left ? ` ${left.message}` : ""}\n`,
        );
      },
      readOnly: options.readOnly === true,
      ...(options.maxRequests === undefined ? {} : { maxRequests: options.maxRequests }),
      ...(options.rate === undefined ? {} : { rate: options.rate }),
    });
    progress.end();
    await subject.leave();
    // What a snapshot has put back is not left behind.
    const { leftBehind, ...rest } = ran;
    const report = leftBehind && !subject.restores ? ran : rest;
    terminal.write(`\n${describe(report, { color })}`);
    if (mirror) terminal.write(`\n${describeFidelity(maskOf(subject)(mirror.fidelity()))}\n`);
    const comparison = earlier && compare(earlier, report);
    if (comparison) terminal.write(`\n${describeComparison(comparison, { color })}`);
    if (process.env.GITHUB_ACTIONS)
      terminal.write(
        annotationsOf(report, spec, options.spec === undefined ? shippedDocument : inRepository(options.spec))
          .map((line) => `${line}\n`)
          .join(""),
      );
    if (options.report) terminal.write(`Report: ${(await written(report, options.report, comparison)).join(", ")}\n`);
    if (options.writeDeviations) {
      writeFileSync(options.writeDeviations, deviationsOf(report));
      terminal.write(`Deviations: ${options.writeDeviations}\n`);
    }
    const { minCoverage = 0 } = options;
    const { percent = 100 } = report.coverage;
    if (percent < minCoverage) {
      fail(`The run has seen ${percent}% of the document; --min-coverage wants ${minCoverage}%.`);
      return 1;
    }
    return exitCodeOf(report, stop.signal.aborted);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    fail(error.message);
    return error instanceof NoCustomer ? 1 : 2;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);
  }
}

function exitCodeOf(report: Report, stopped: boolean): ExitCode {
  if (!conforms(report)) return 1;
  if (report.summary.skipped === report.cases.length) return 2;
  return stopped || (report.leftBehind && !report.leftBehind.irremovable) ? 2 : 0;
}

async function written(report: Report, directory: string, comparison: Comparison | undefined): Promise<string[]> {
  try {
    return await writeReport(report, directory, { version, comparison });
  } catch (error) {
    throw new RunError(`Cannot write the report: ${(error as Error).message}.`);
  }
}

/** Where the document stands in a repository that has it; GitHub shows annotations there. */
const shippedDocument = "spec/connect.openapi.yaml";

/** A file as GitHub names it in annotations: from the root of the repository. */
function inRepository(file: string): string {
  return relative(process.env.GITHUB_WORKSPACE || ".", file).replaceAll(sep, "/");
}

/** An earlier report, as far as this run has the same cases to choose from. */
async function earlierReport(file: string, filter: string | undefined): Promise<EarlierReport> {
  const report = await readReport(file);
  return { ...report, cases: fitting(report.cases, filter) };
}

function fitting<T extends { readonly id: string; readonly title: string }>(
  cases: readonly T[],
  filter: string | undefined,
): readonly T[] {
  if (filter === undefined) return cases;
  const wanted = filter.toLowerCase();
  return cases.filter(({ id, title }) => `${id} ${title}`.toLowerCase().includes(wanted));
}

function chosen(all: readonly Case[], filter: string | undefined): readonly Case[] {
  const cases = fitting(all, filter);
  if (cases.length === 0)
    throw new RunError(`--filter "${filter}" fits none of the ${all.length} cases; --list shows them.`);
  return cases;
}

function paramsOf(lines: readonly string[]): Record<string, readonly string[]> {
  const params: Record<string, string[]> = {};
  for (const line of lines) {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new RunError(`--param is "${line}"; it should be of the form name=value.`);
    params[name] = [...(params[name] ?? []), value];
  }
  return params;
}

type Subject = Pick<
  RunOptions,
  "baseUrl" | "transport" | "apiKey" | "customer" | "told" | "clock" | "recovery" | "headers" | "secrets"
> & {
  readonly strict: boolean;
  /** Whether `leave` puts everything back, by a snapshot. */
  readonly restores: boolean;
  leave(): Promise<void>;
};

/** The mock in this process, with a key of its own. */
async function mockSubject(): Promise<Subject> {
  const { createMock } = await import("../index.ts");
  // Not of the form test_...: those open sandboxes, so the neighbours of such a key are keys as well.
  const [key, second] = [`understudy-${randomUUID()}`, `understudy-${randomUUID()}`];
  const mock = createMock({ apiKeys: [key, second] });
  const transport = createFetchTransport((request) => mock.fetch(request));
  const apiKey = credential(key, "CONNECT_API_KEY");
  const baseUrl = "http://mock.invalid";
  // The control plane answers under no other name than one of this machine's.
  const control = await controlPlane(transport, "http://localhost", apiKey);
  return {
    ...control,
    baseUrl,
    transport,
    apiKey,
    customer: "cus-0001-business-email",
    told: { ...control.told, secondApiKey: second },
    strict: true,
  };
}

/** Reads a document that others wrote. Throws a `RunError` where it is none; what the validators do not know is said. */
function foreignSpec(file: string, terminal: Terminal): Spec {
  try {
    const spec = loadSpec(file, { unknownKeywords: "list" });
    const unchecked = uncheckedIn(spec);
    if (unchecked) terminal.write(`${unchecked}\n`);
    return spec;
  } catch (error) {
    if (error instanceof SpecError) throw new RunError(error.message);
    throw error;
  }
}

/** How a run shows who it is, as the document says: the first credential that goes into a header. */
function credentialOf(spec: Spec, key: string): Credential {
  const scheme = spec.operations.flatMap(({ security }) => security.flat()).find(({ header }) => header !== undefined);
  const header = scheme?.header === undefined ? {} : { header: scheme.header };
  if (scheme?.header !== "Authorization" || /^(Bearer|Basic) /.test(key))
    return { value: key, shell: '"$CONNECT_API_KEY"', ...header };
  if (scheme.scheme !== "basic") return { value: `Bearer ${key}`, shell: '"Bearer $CONNECT_API_KEY"', ...header };
  // A key without a password is a user who has none.
  const pair = key.includes(":") ? key : `${key}:`;
  return {
    value: `Basic ${Buffer.from(pair).toString("base64")}`,
    shell: `"Basic $(printf %s "$CONNECT_API_KEY${pair === key ? "" : ":"}" | base64 -w0)"`,
    ...header,
  };
}

/** The mock of another document, in this process. */
async function foreignMockSubject(spec: Spec): Promise<Subject> {
  const { createMock } = await import("../index.ts");
  const key = `understudy-${randomUUID()}`;
  const mock = createMock({ spec, apiKeys: [key] });
  return {
    baseUrl: "http://mock.invalid",
    transport: createFetchTransport((request) => mock.fetch(request)),
    apiKey: credentialOf(spec, key),
    strict: false,
    restores: true,
    leave: async () => {},
  };
}

/** A deployment of another API: nothing is known of it but its document and what the command line says. */
function foreignSubject(options: VerifyOptions, target: string, spec: Spec): Subject {
  const baseUrl = baseUrlOf(target);
  if (!options.readOnly && !options.allowWrites && !isLoopback(new URL(baseUrl).hostname)) {
    throw new RunError(
      `${baseUrl} is not this machine. Pass --allow-writes if the run may write there; nothing is put back, for this program does not know how. Or --read-only.`,
    );
  }
  const headers = headersOf(options.header ?? []);
  const transport = createHttpTransport({
    timeoutMs: options.timeout * 1000,
    ...(options.ca === undefined ? {} : { ca: certificateOf(options.ca) }),
  });
  return {
    baseUrl,
    transport,
    apiKey: credentialOf(spec, options.apiKey ?? ""),
    headers,
    secrets: Object.values(headers),
    told: { secondApiKey: options.secondApiKey },
    strict: false,
    restores: false,
    leave: async () => transport.close(),
  };
}

async function deploymentSubject(options: VerifyOptions, target: string): Promise<Subject> {
  const baseUrl = baseUrlOf(target);
  if (!options.apiKey) throw new RunError("No API key: pass one with CONNECT_API_KEY or --api-key.");
  if (!options.customer) {
    throw new RunError(
      "No customer: name one that the run may write with CONNECT_CUSTOMER_ID or --customer; its billing is put back at the end.",
    );
  }
  for (const [name, key] of Object.entries({ "API key": options.apiKey, "second API key": options.secondApiKey })) {
    if (key && !/^[\x20-\x7e]+$/.test(key))
      throw new RunError(`The ${name} holds a character that no header can carry, such as a line break.`);
  }
  const apiKey = credential(options.apiKey, "CONNECT_API_KEY");
  if (!options.readOnly && !options.allowWrites && !isLoopback(new URL(baseUrl).hostname)) {
    throw new RunError(
      `${baseUrl} is not this machine. Pass --allow-writes if the run may change the billing of customer ${options.customer} there (it is put back at the end), or --read-only.`,
    );
  }
  const headers = headersOf(options.header ?? []);
  const transport = createHttpTransport({
    timeoutMs: options.timeout * 1000,
    ...(options.ca === undefined ? {} : { ca: certificateOf(options.ca) }),
  });
  const { paymentProfile, foreignPaymentProfile, secondApiKey } = options;
  // A run that reads only has no use for it, and a state that was put back would be a write.
  const control = options.readOnly ? noControl : await controlPlane(transport, baseUrl, apiKey, headers);
  return {
    baseUrl,
    transport,
    apiKey,
    customer: options.customer,
    strict: false,
    ...control,
    headers,
    secrets: Object.values(headers),
    recovery: createFileRecovery(baseUrl, options.customer),
    told: { ...control.told, paymentProfile, foreignPaymentProfile, secondApiKey },
    async leave() {
      await control.leave();
      transport.close();
    },
  };
}

async function mirrorOf(subject: Subject, options: VerifyOptions): Promise<Mirror> {
  const { createMirror } = await import("./against-mock.ts");
  return createMirror(loadSpec(), subject.transport, {
    baseUrl: subject.baseUrl,
    apiKeys: [subject.apiKey.value, ...(options.secondApiKey ? [options.secondApiKey] : [])],
    headers: subject.headers ?? {},
    customer: subject.customer ?? "",
    profiles: [options.paymentProfile, options.foreignPaymentProfile].flatMap((id) => id ?? []),
  });
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, text] = /^([!#$%&'*+.^`|~\w-]+):(.*)$/s.exec(line) ?? [];
    // Not the whole of it: it may hold a credential.
    if (!name || text === undefined)
      throw new RunError(`--header begins with "${line.slice(0, 4)}"; it should be of the form "Name: value".`);
    const value = text.trim();
    if (!/^[\t\x20-\x7e]*$/.test(value))
      throw new RunError(`--header ${name} holds a character that no header can carry, such as a line break.`);
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

function deviationsIn(file: string, cases: readonly Case[]): readonly Deviation[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new RunError(`--deviations ${file} cannot be read: ${(error as Error).message}`);
  }
  return parseDeviations(text, file, cases);
}

function certificateOf(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new RunError(`--ca ${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    new X509Certificate(text);
    return text;
  } catch {
    throw new RunError(
      `--ca ${file} holds no certificate in PEM; it should be a text with -----BEGIN CERTIFICATE----- in it.`,
    );
  }
}

/** What a run would do, found out by doing it to the mock; the target is sent nothing. */
async function planOf({ target, customer, ...options }: VerifyOptions, cases: readonly Case[]): Promise<string> {
  const subject = await mockSubject();
  const sent = new Map<string, { count: number; accepted: number }>();
  const spec = loadSpec();
  const transport: Transport = async (request, signal) => {
    const response = await subject.transport(request, signal);
    const { operation } = spec.match(request.method, new URL(request.url).pathname);
    const name = operation
      ? `${operation.method} ${operation.path}`
      : `${request.method} on a path that is not documented`;
    const { count, accepted } = sent.get(name) ?? { count: 0, accepted: 0 };
    sent.set(name, { count: count + 1, accepted: accepted + (response.status < 300 ? 1 : 0) });
    return response;
  };
  const report = await run({ ...subject, transport, spec, cases, readOnly: options.readOnly === true });
  const rows = [...sent].sort(([a], [b]) => a.localeCompare(b));
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(
    ([name, { count, accepted }]) =>
      `  ${name.padEnd(width)}  ${String(count).padStart(5)} requests, ${accepted} that a right answer carries out`,
  );
  return [
    `Nothing was sent to ${target ?? "a target"}. A run of ${cases.length} cases, rehearsed on the mock, sends ${report.requests} requests:`,
    ...lines,
    "",
    options.readOnly
      ? "It is read-only: cases that would write are skipped."
      : `It writes the billing of customer ${customer ?? "(none named yet)"} and no other, and puts it back at the end; updatedAt cannot be put back.`,
    "One request at a time, but for cases about concurrency, which send up to 8 together.",
    "",
  ].join("\n");
}

function baseUrlOf(target: string): string {
  const right = "it should be an absolute URL, such as https://connect.example.com";
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new RunError(`--target is "${target}"; ${right}.`);
  if (url.username || url.password) {
    throw new RunError(
      `--target holds a user name or a password, which would stand in every report; pass --header "Authorization: Basic ..." instead.`,
    );
  }
  if (url.search || url.hash) throw new RunError(`--target "${target}" has a query or a fragment; ${right}.`);
  return url.href.replace(/\/$/, "");
}

function credential(value: string, variable: string): Credential {
  return { value, shell: `"$${variable}"` };
}

type Control = Pick<Subject, "clock" | "leave" | "restores" | "told">;

const noControl: Control = { restores: false, leave: async () => {} };

/**
 * What a target can do that shows itself as a mock of this kind by its control plane: its clock moves, and its state is
 * taken at the start and put back at the end. Any other target has none of this.
 */
async function controlPlane(
  transport: Transport,
  baseUrl: string,
  apiKey: Credential,
  more: Readonly<Record<string, string>> = {},
): Promise<Control> {
  const call = async (method: string, path: string, body?: string) => {
    const headers = {
      ...more,
      "X-API-Key": apiKey.value,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    };
    const { status, body: text } = await transport(
      { method, url: `${baseUrl}/_understudy/${path}`, headers, body },
      AbortSignal.timeout(10_000),
    );
    if (status > 299) throw new RunError(`The mock's control plane answered ${status} to ${method} ${path}: ${text}`);
    return text;
  };
  const health = await call("GET", "health").then(jsonOf, () => undefined);
  if (!isObject(health) || health.status !== "ok" || typeof health.document !== "string") return noControl;
  const state = await call("GET", "state");
  const customers = isObject(jsonOf(state)) ? (jsonOf(state) as { customers?: unknown }).customers : undefined;
  const unbilled = (Array.isArray(customers) ? customers : []).find(
    (customer) => isObject(customer) && customer.billing === undefined,
  );
  return {
    restores: true,
    clock: async (advanceMs) => {
      await call("PUT", "clock", JSON.stringify({ advanceMs }));
    },
    told: { unbilledCustomer: isObject(unbilled) ? String(unbilled.customerId) : undefined },
    leave: async () => {
      await call("PUT", "state", state);
    },
  };
}
