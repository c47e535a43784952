import { randomUUID } from "node:crypto";
import { cases as allCases } from "../contracts/index.ts";
import type { Case } from "./contract/case.ts";
import type { Credential, Transport } from "./contract/exchange.ts";
import { NoCustomer, RunError } from "./contract/guest.ts";
import { conforms, type Report } from "./contract/report.ts";
import { type RunOptions, run } from "./contract/run.ts";
import { createProgress, describe, type Terminal } from "./contract/terminal.ts";
import { createFetchTransport, createHttpTransport } from "./contract/transport.ts";
import { writeReport } from "./contract/write-report.ts";
import { isObject, loadSpec } from "./spec.ts";

/** The options of `understudy verify`, as the command line gives them. */
export type VerifyOptions = {
  readonly target?: string;
  readonly apiKey?: string;
  readonly customer?: string;
  readonly paymentProfile?: string;
  readonly foreignPaymentProfile?: string;
  readonly secondApiKey?: string;
  readonly report?: string;
  readonly strict?: boolean;
  readonly filter?: string;
  readonly list?: boolean;
  readonly maxRequests?: number;
  /** Requests a second. */
  readonly rate?: number;
  /** Seconds to wait for an answer. */
  readonly timeout: number;
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
    const cases = chosen(options.filter);
    if (options.list) {
      terminal.write(`${cases.map(({ id, basis, title }) => `${id}  (${basis})\n    ${title}`).join("\n")}\n`);
      return 0;
    }
    const subject =
      options.target === undefined ? await mockSubject() : await deploymentSubject(options, options.target);
    const progress = createProgress(terminal, { color, total: cases.length });
    terminal.write(`${subject.baseUrl}, customer ${subject.customer}: ${cases.length} cases\n`);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
    const ran = await run({
      ...subject,
      spec: loadSpec(),
      cases,
      strict: subject.strict || options.strict === true,
      signal: stop.signal,
      onCase: progress.onCase,
      ...(options.maxRequests === undefined ? {} : { maxRequests: options.maxRequests }),
      ...(options.rate === undefined ? {} : { rate: options.rate }),
    });
    progress.end();
    await subject.leave();
    // What a snapshot has put back is not left behind.
    const { leftBehind, ...rest } = ran;
    const report = leftBehind && !subject.restores ? ran : rest;
    terminal.write(`\n${describe(report, { color })}`);
    if (options.report) terminal.write(`Report: ${(await writeReport(report, options.report)).join(", ")}\n`);
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
  return stopped || (report.leftBehind && !report.leftBehind.irremovable) ? 2 : 0;
}

function chosen(filter: string | undefined): readonly Case[] {
  if (filter === undefined) return allCases;
  const wanted = filter.toLowerCase();
  const cases = allCases.filter(({ id, title }) => `${id} ${title}`.toLowerCase().includes(wanted));
  if (cases.length === 0)
    throw new RunError(`--filter "${filter}" fits none of the ${allCases.length} cases; --list shows them.`);
  return cases;
}

type Subject = Pick<RunOptions, "baseUrl" | "transport" | "apiKey" | "customer" | "told" | "clock"> & {
  readonly strict: boolean;
  /** Whether `leave` puts everything back, by a snapshot. */
  readonly restores: boolean;
  leave(): Promise<void>;
};

/** The mock in this process, with a key of its own. */
async function mockSubject(): Promise<Subject> {
  const { createMock } = await import("./index.ts");
  // Not of the form test_...: those open sandboxes, so the neighbours of such a key are keys as well.
  const [key, second] = [`understudy-${randomUUID()}`, `understudy-${randomUUID()}`];
  const mock = createMock({ apiKeys: [key, second] });
  const transport = createFetchTransport((request) => mock.fetch(request));
  const apiKey = credential(key, "CONNECT_API_KEY");
  const baseUrl = "http://mock.invalid";
  const control = await controlPlane(transport, baseUrl, apiKey);
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

async function deploymentSubject(options: VerifyOptions, target: string): Promise<Subject> {
  const baseUrl = baseUrlOf(target);
  if (!options.apiKey) throw new RunError("No API key: pass one with CONNECT_API_KEY or --api-key.");
  if (!options.customer) {
    throw new RunError(
      "No customer: name one that the run may write with CONNECT_CUSTOMER_ID or --customer; its billing is put back at the end.",
    );
  }
  const apiKey = credential(options.apiKey, "CONNECT_API_KEY");
  const transport = createHttpTransport({ timeoutMs: options.timeout * 1000 });
  const { paymentProfile, foreignPaymentProfile, secondApiKey } = options;
  const control = await controlPlane(transport, baseUrl, apiKey);
  return {
    baseUrl,
    transport,
    apiKey,
    customer: options.customer,
    strict: false,
    ...control,
    told: { ...control.told, paymentProfile, foreignPaymentProfile, secondApiKey },
    async leave() {
      await control.leave();
      transport.close();
    },
  };
}

function baseUrlOf(target: string): string {
  const right = "it should be an absolute URL, such as https://connect.example.com";
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new RunError(`--target is "${target}"; ${right}.`);
  if (url.search || url.hash) throw new RunError(`--target "${target}" has a query or a fragment; ${right}.`);
  return url.href.replace(/\/$/, "");
}

function credential(value: string, variable: string): Credential {
  return { value, shell: `"$${variable}"` };
}

/**
 * What a target can do that shows itself as a mock of this kind by its control plane: its clock moves, and its state is
 * taken at the start and put back at the end. Any other target has none of this.
 */
async function controlPlane(
  transport: Transport,
  baseUrl: string,
  apiKey: Credential,
): Promise<Pick<Subject, "clock" | "leave" | "restores" | "told">> {
  const call = async (method: string, path: string, body?: string) => {
    const headers = {
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
  if (!isObject(health) || health.status !== "ok" || typeof health.document !== "string")
    return { restores: false, leave: async () => {} };
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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
