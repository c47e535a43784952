import { randomInt } from "node:crypto";
import { type LateList, lateList } from "../document/late.ts";
import type { Spec } from "../document/spec.ts";
import type { Case } from "./case.ts";
import { casesOfOperation } from "./generated/cases.ts";
import { idempotencyOf } from "./generated/idempotency.ts";
import { keysOf } from "./generated/keys.ts";
import { createSession, type GeneratedOptions } from "./generated/session.ts";
import { stateCases } from "./generated/state.ts";
import { type Guest, type LeftBehind, RunError } from "./guest.ts";
import { takeLock } from "./lock.ts";
import type { Report } from "./report/report.ts";
import { maskOf, openRun, patienceOf, playAll, type Run, type RunOptions } from "./run.ts";
import { findSandbox, type Sandbox } from "./sandbox.ts";
import { credentialOf } from "./wire/credential.ts";
import type { Transport } from "./wire/exchange.ts";
import { createFetchTransport, createHttpTransport } from "./wire/transport.ts";

const longestAnswerMs = 10_000;

export type VerifyOptions<G extends object = object> = Omit<
  RunOptions<G>,
  "baseUrl" | "transport" | "apiKey" | "cases" | "clock" | "sandboxState" | "timeoutMs"
> & {
  /** The base URL of the target; with `fetch` or `transport`, what stands for it in the report. */
  readonly target?: string;
  /** A server in this process, in the place of HTTP. */
  readonly fetch?: (request: Request) => Response | Promise<Response>;
  /** What carries the requests, in the place of both. */
  readonly transport?: Transport;
  /** The API key, which goes where the document's security scheme says. */
  readonly apiKey: string;
  /** The written cases. */
  readonly cases?: Iterable<Case<NoInfer<G>>>;
  /** How the cases that follow from the document are made up; `false` leaves them out. */
  readonly generated?: Partial<GeneratedOptions> | false;
  /** The longest wait for a whole answer, in milliseconds; 10 s by default. */
  readonly timeoutMs?: number;
  /** A certificate authority in PEM, trusted beside those that Node knows. */
  readonly ca?: string;
};

/**
 * Proves a target: runs the cases and those that follow from the document, puts back what it wrote, and answers what it found,
 * however the run ended once it had begun. Throws a `RunError` when the run cannot be made.
 */
export async function verify<G extends object = object>(options: VerifyOptions<G>): Promise<Report> {
  return playAll(await openVerify(options));
}

/** Begins to prove a target; whoever drives the run through its cases closes it. Throws a `RunError` when the run cannot be made. */
export async function openVerify<G extends object = object>(options: VerifyOptions<G>): Promise<Run<G>> {
  const { spec } = options;
  const connection = connectionOf(options);
  const baseUrl = (options.target ?? "http://target.localhost").replace(/\/+$/, "");
  const reached = { ...connection, baseUrl, apiKey: credentialOf(spec, options.apiKey, "CONNECT_API_KEY") };
  let sandbox: Sandbox | undefined;
  const failing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await sandbox?.restore().catch(() => {});
      options.recovery?.lock?.letGo();
      connection.close();
      throw error;
    }
  };
  const opened = await failing(async () => {
    await waitForOthers(options, baseUrl);
    // A run that reads only has no use for it, and a state that was put back would be a write.
    sandbox = options.readOnly ? undefined : await findSandbox({ ...options, ...reached });
    return openRun<G>({
      timeoutMs: longestAnswerMs,
      ...options,
      ...reached,
      cases: casesOf(options),
      operations: options.operations ?? operationsOf(options),
      ...(sandbox ? { clock: sandbox.advance, sandboxState: sandbox.state, allowLeftovers: true } : {}),
    });
  });
  return {
    ...opened,
    async close() {
      const report = await failing(opened.close);
      // What the sandbox puts back is not left behind.
      const leftBehind = sandbox ? await leftIn(sandbox) : report.leftBehind;
      options.recovery?.lock?.letGo();
      connection.close();
      const { leftBehind: _, ...rest } = report;
      return leftBehind ? { ...rest, leftBehind: maskOf({ ...options, ...reached })(leftBehind) } : rest;
    },
  };
}

/** All cases of a run, in their order: the written ones, and those that follow from the document, which are made when their turn comes. */
export function casesOf<G extends object>({
  spec,
  guest,
  cases = [],
  generated = {},
}: Pick<VerifyOptions<G>, "spec" | "guest" | "cases" | "generated">): LateList<Case<G>> {
  if (generated === false) return lateList<Case<G>>(cases);
  return lateList(
    (function* () {
      yield* cases;
      yield* everyGeneratedCase<G>(spec, generated, guest);
    })(),
  );
}

/** Over how many operations a run spreads what it may spend: over none where no case follows from the document. */
export function operationsOf({ spec, generated }: Pick<VerifyOptions, "spec" | "generated">): number | undefined {
  return generated === false ? undefined : spec.operations.length;
}

/** Waits until no other run of this machine writes there; one that only reads disturbs nobody. */
async function waitForOthers<G extends object>(options: VerifyOptions<G>, baseUrl: string): Promise<void> {
  const { guest, readOnly, recovery, signal = new AbortController().signal, onWait = () => {} } = options;
  if (readOnly || !recovery?.lock) return;
  const { maxWaitMs, sleep } = patienceOf(options);
  const place = guest ? `${guest.name} at ${baseUrl}` : baseUrl;
  try {
    await takeLock(recovery.lock, place, { maxWaitMs, sleep: (ms) => sleep(ms, signal), onWait });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw new RunError("The run was stopped before its first case.");
    throw error;
  }
}

/** Puts the state of a sandbox back; answers why it could not. */
async function leftIn(sandbox: Sandbox): Promise<LeftBehind | undefined> {
  try {
    await sandbox.restore();
    return undefined;
  } catch (error) {
    const why = (error as Error).message.replace(/\.$/, "");
    return { message: `The state of the sandbox could not be put back: ${why}.`, irremovable: false };
  }
}

/**
 * All cases that follow from a document, each run its own: they remember what they learn of a target. First those of what it keeps,
 * then the others, operation by operation, made when their turn comes.
 */
export function* everyGeneratedCase<G extends object>(
  spec: Spec,
  { examples = 20, seed = randomInt(1, 1_000_000), ...more }: Partial<GeneratedOptions>,
  guest?: Guest<G>,
): Generator<Case<G>> {
  const identifiers = guest && Object.keys(guest.identifiers);
  const options = { examples, seed, ...(identifiers ? { identifiers } : {}), ...more };
  const session = createSession(spec, options);
  // They need nothing but what any run may have.
  const ofAny = (cases: readonly Case[]) => cases as readonly Case<object>[] as readonly Case<G>[];
  // What is kept shows best while there is little: a list has one page then.
  yield* ofAny(stateCases(session));
  for (const operation of spec.operations)
    yield* ofAny([casesOfOperation, idempotencyOf, keysOf].flatMap((of) => of(session, operation)));
}

function connectionOf<G extends object>(options: VerifyOptions<G>): { transport: Transport; close(): void } {
  const { fetch, transport, timeoutMs = longestAnswerMs, ca } = options;
  if (transport) return { transport, close() {} };
  if (fetch) return { transport: createFetchTransport(fetch), close() {} };
  const http = createHttpTransport({ timeoutMs, ...(ca === undefined ? {} : { ca }) });
  return { transport: http, close: () => http.close() };
}
