import type { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { isShipped } from "../connect/spec.ts";
import { readAhead } from "../document/late.ts";
import { Problem } from "../document/problem.ts";
import { sayRemarks } from "../document/remarks.ts";
import { judgeExamples, type Spec, SpecError, uncheckedIn } from "../document/spec.ts";
import { FixturesError } from "../mock/fixtures.ts";
import { ListenError } from "../mock/listening.ts";
import type { Mock } from "../mock/mock.ts";
import { lightenGlobals } from "../mock/server.ts";
import { StateError } from "../mock/store/state.ts";
import { ReceiverError } from "../mock/webhooks.ts";
import { type Results, resultsOf } from "../reference/reference.ts";
import { behaviourOf, createMock } from "./connect-mock.ts";
import { firstScreen } from "./first-screen.ts";
import { HandlersError } from "./handlers.ts";
import { type Inputs, readDocument, readInputs } from "./inputs.ts";
import { pagesOf } from "./pages.ts";
import { painter } from "./paint.ts";
import { createRequestLog, type LogFormat } from "./request-log.ts";

/** The options of `understudy start`, as the command line gives them. */
export type StartOptions = {
  readonly port: number;
  readonly host: string;
  readonly apiKey?: readonly string[];
  readonly fixtures?: string;
  readonly seed: number;
  /** Milliseconds. */
  readonly latency: number;
  /** Bytes. */
  readonly maxBody: number;
  readonly maxKeys: number;
  readonly maxSandboxes: number;
  readonly spec?: string;
  readonly overlay?: string;
  readonly handlers?: string;
  readonly state?: string;
  readonly report?: string;
  readonly store?: string;
  readonly webhook?: readonly string[];
  readonly allowWebhooksTo?: readonly string[];
  readonly watch?: boolean;
  readonly quiet?: boolean;
  /** `line` unless told, and `off` where it is to be quiet. */
  readonly log?: LogFormat;
};

/** What a user can mend. */
const saidToUser = [SpecError, FixturesError, ListenError, HandlersError, StateError, ReceiverError];

/** Where a command writes what it has to say, and whether it may paint. */
export type Terminal = { readonly output: Writable; readonly color: boolean };

/** Serves the mock until the process is told to end. `fail` ends the command with one line that says why. */
export async function start(
  options: StartOptions,
  terminal: Terminal,
  fail: (message: string) => never,
): Promise<void> {
  const { quiet, log = quiet ? "off" : "line" } = options;
  const { output, color } = terminal;
  try {
    const { inputs, url, close, say } = await serve({ ...options, log }, terminal);
    // Once: whoever cannot wait for the last answer asks a second time.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void close());
    const { spec, given, fixtures } = inputs;
    const handled = { ...behaviourOf(spec).handlers, ...given.handlers };
    if (quiet) output.write(`${url}\n`);
    else if (log === "json") say(`${spec.title} ${spec.version}, served at ${url}`);
    else output.write(firstScreen(spec, { fixtures, handled }, url, painter(color)));
  } catch (error) {
    if (isSaidToUser(error)) fail(error.message);
    throw error;
  }
}

/** Whether an error is one that a user can mend, by what its message says. */
export function isSaidToUser(error: unknown): error is Error {
  return saidToUser.some((kind) => error instanceof kind);
}

/** A mock on a port, and what it was made of. */
type Served = {
  readonly inputs: Inputs;
  readonly url: string;
  /** Sends the answers that are under way, writes the state and lets go of the port. */
  close(): Promise<void>;
  /** Writes a line among those of the log. */
  say(line: string): void;
};

/** Serves the mock that the options describe; shows no request unless told. Rejects with what `isSaidToUser` knows, and else with a bug. */
export async function serve(options: StartOptions, { output, color }: Terminal): Promise<Served> {
  const { log = "off", port, host, state, store } = options;
  const requests = createRequestLog(log, output, { color });
  const say = log === "off" ? console.error : requests.say;
  const spec = readDocument(options);
  const unchecked = uncheckedIn(spec);
  if (unchecked) console.error(unchecked);
  const fresh = options.watch ? (await import("./fresh-imports.ts")).createFreshImports() : undefined;
  const inputs = await readInputs(spec, options, fresh);
  const mock = createMock({
    ...inputs.given,
    spec,
    fixtures: inputs.fixtures,
    seed: options.seed,
    apiKeys: options.apiKey ?? [],
    latencyMs: options.latency,
    maxBodyBytes: options.maxBody,
    maxKeys: options.maxKeys,
    maxSandboxes: options.maxSandboxes,
    webhooks: options.webhook ?? [],
    allowWebhooksTo: options.allowWebhooksTo ?? [],
    ...(log === "off" ? {} : { onEntry: requests.entry, onDelivery: requests.delivery }),
    ...(state === undefined ? {} : { state }),
    ...(options.report === undefined ? {} : { pages: pagesOf(await lastRun(options.report)) }),
    ...(store === undefined ? {} : { store }),
  });
  if (store !== undefined) await reached(mock);
  if (fresh) {
    const { reloadOnChange } = await import("./reload.ts");
    const paint = painter(color && log !== "json");
    reloadOnChange(mock, { inputs: options, first: inputs, fresh, say, paint });
  }
  const { url, close } = await mock.listen({ port, host }).catch(async (error) => {
    await mock.close();
    throw error;
  });
  void afterStart(spec);
  return { inputs, url, close: () => close().then(mock.close), say };
}

/**
 * What the last contract run has found, read whenever it is asked for: a run may have ended since, and the first one may be still to
 * come.
 */
async function lastRun(path: string): Promise<() => Promise<Results | undefined>> {
  const { readReport } = await import("../contract/report/compare.ts");
  const found = () => readReport(path).then(resultsOf);
  await found().catch(({ message }) => {
    console.error(`--report ${message} Until there is one, the reference shows no results.`);
  });
  return () => found().catch(() => undefined);
}

/** Waits for a store elsewhere. Rejects with a `StateError` where it cannot be reached. */
async function reached(mock: Mock): Promise<void> {
  try {
    await mock.sandbox();
  } catch (error) {
    await mock.close();
    throw error instanceof Problem ? new StateError("The store cannot be reached.") : error;
  }
}

/** Reads what judges and answers requests, and says which examples go unused, once there is a port: a start would wait too long. */
async function afterStart(spec: Spec): Promise<void> {
  await setImmediate(undefined, { ref: false });
  lightenGlobals();
  readAhead();
  if (isShipped(spec)) return;
  const before = new Set(spec.remarks);
  for (const _ of judgeExamples(spec)) await setImmediate(undefined, { ref: false });
  const said = sayRemarks(spec.remarks.filter((remark) => !before.has(remark)));
  if (said) console.error(said);
}
