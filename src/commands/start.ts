import type { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { isShipped } from "../connect/spec.ts";
import { readAhead } from "../document/late.ts";
import { sayRemarks } from "../document/remarks.ts";
import { judgeExamples, type Spec, SpecError, uncheckedIn } from "../document/spec.ts";
import { FixturesError } from "../mock/fixtures.ts";
import { ListenError, lightenGlobals } from "../mock/server.ts";
import { StateError } from "../mock/store/state.ts";
import { openStateFile } from "../mock/store/state-file.ts";
import { ReceiverError } from "../mock/webhooks.ts";
import { behaviourOf, createMock } from "./connect-mock.ts";
import { firstScreen } from "./first-screen.ts";
import { HandlersError } from "./handlers.ts";
import { readDocument, readInputs } from "./inputs.ts";
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
  readonly spec?: string;
  readonly overlay?: string;
  readonly handlers?: string;
  readonly state?: string;
  readonly webhook?: readonly string[];
  readonly allowWebhooksTo?: readonly string[];
  readonly watch?: boolean;
  readonly quiet?: boolean;
  /** `line` unless told, and `off` where it is to be quiet. */
  readonly log?: LogFormat;
};

/** What a user can mend. */
const saidToUser = [SpecError, FixturesError, ListenError, HandlersError, StateError, ReceiverError];

/** Serves the mock until the process is told to end. `fail` ends the command with one line that says why. */
export async function start(
  options: StartOptions,
  output: Writable,
  color: boolean,
  fail: (message: string) => never,
): Promise<void> {
  const format = options.log ?? (options.quiet ? "off" : "line");
  const requests = createRequestLog(format, output, { color });
  try {
    const spec = readDocument(options);
    const unchecked = uncheckedIn(spec);
    if (unchecked) console.error(unchecked);
    const fresh = options.watch ? (await import("./fresh-imports.ts")).createFreshImports() : undefined;
    const first = await readInputs(spec, options, fresh);
    const { given, fixtures } = first;
    const mock = createMock({
      ...given,
      spec,
      fixtures,
      seed: options.seed,
      apiKeys: options.apiKey ?? [],
      latencyMs: options.latency,
      maxBodyBytes: options.maxBody,
      ...(format === "off" ? {} : { onEntry: requests.entry }),
      ...(options.state === undefined ? {} : { state: openStateFile(options.state) }),
      webhooks: options.webhook ?? [],
      allowWebhooksTo: options.allowWebhooksTo ?? [],
    });
    if (fresh) {
      const { reloadOnChange } = await import("./reload.ts");
      const say = format === "off" ? console.error : requests.say;
      const paint = painter(color && format !== "json");
      reloadOnChange(mock, { inputs: options, first, fresh, say, paint });
    }
    const { port, host } = options;
    const { url, close } = await mock.listen({ port, host }).catch(async (error) => {
      await mock.close();
      throw error;
    });
    // Once: whoever cannot wait for the last answer asks a second time.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void close().then(mock.close));
    const handled = { ...behaviourOf(spec).handlers, ...given.handlers };
    if (options.quiet) output.write(`${url}\n`);
    else if (format === "json") requests.say(`${spec.title} ${spec.version}, served at ${url}`);
    else output.write(firstScreen(spec, { fixtures, handled }, url, painter(color)));
    void afterStart(spec);
  } catch (error) {
    if (saidToUser.some((kind) => error instanceof kind)) fail((error as Error).message);
    throw error;
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
