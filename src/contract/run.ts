import { setTimeout } from "node:timers/promises";
import type { Spec } from "../document/spec.ts";
import type { Case, Need, World } from "./case.ts";
import { type Deviation, inLightOf } from "./deviations.ts";
import { discover, type Told, unmet } from "./discover.ts";
import { type Finding, Mismatch, type Remarks, Skip } from "./findings.ts";
import { createCoverage } from "./generated/coverage.ts";
import { arrive, type LeftBehind, leave, RunError } from "./guest.ts";
import type { Recovery } from "./recovery.ts";
import { createRecorder, cutBodies } from "./report/record.ts";
import { type CaseResult, outcomeOf, type Report, skipped, summaryOf } from "./report/report.ts";
import { createScene, type Scene } from "./scene.ts";
import { decide, type Statement } from "./statement.ts";
import { BudgetSpent, createTarget } from "./target.ts";
import { type Credential, type Exchange, type RequestPlan, type Transport, TransportError } from "./wire/exchange.ts";
import { createMask, type Mask } from "./wire/mask.ts";

export type RunOptions = {
  readonly spec: Spec;
  readonly cases: readonly Case[];
  readonly baseUrl: string;
  readonly transport: Transport;
  readonly apiKey: Credential;
  /** The customer that the run may write; without one, nothing is looked up before the cases, and nothing put back. */
  readonly customer?: string;
  /** What else is known of the target. */
  readonly told?: Told;
  /** Moves the target's clock, where it has one. */
  readonly clock?: World["clock"];
  /** What the run is to decide of the API, sentence by sentence. */
  readonly statements?: readonly Statement[];
  /** Known differences; such a case `deviates`, and one that holds again is broken. */
  readonly deviations?: readonly Deviation[];
  /** Whether assumed cases decide too. */
  readonly strict?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxRequests?: number;
  /** Values in `headers` that must not be seen in a report. */
  readonly secrets?: readonly string[];
  /** Requests a second. */
  readonly rate?: number;
  /** The longest `Retry-After` that the run obeys, in milliseconds; 30 s unless told. */
  readonly maxWaitMs?: number;
  /** Keeps the customer as it was found until it has been put back. */
  readonly recovery?: Recovery;
  /** Sends nothing that may change something; a case that would is skipped. */
  readonly readOnly?: boolean;
  /** Ends the run; the customer is put back all the same. */
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
  /** Lets time pass; rejects when the signal says stop. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called after putting back the customer that an earlier run had left changed, with what could not be put back. */
  readonly onRecovered?: (leftBehind: LeftBehind | undefined) => void;
  /** Called as each case ends, in order. */
  readonly onCase?: (result: CaseResult) => void;
};

const lostAfter = 3;

/**
 * Runs the cases against a target, one request at a time but where a case is about concurrency, and puts the customer's billing
 * back at the end, whatever happened. Throws a `RunError` when the run cannot be made.
 */
export async function run(options: RunOptions): Promise<Report> {
  const { spec, cases, customer, apiKey } = options;
  const mask = maskOf(options);
  const now = options.now ?? (() => new Date());
  const sleep = options.sleep ?? ((ms, signal) => setTimeout(ms, undefined, { signal }));
  const stopped = options.signal ?? new AbortController().signal;
  // The last requests, which put the customer back, are sent even when the run is stopped.
  const sending = new AbortController();
  const target = createTarget({
    ...options,
    sleep,
    maxWaitMs: options.maxWaitMs ?? 30_000,
    signal: sending.signal,
    beforeWrite: () => beforeWrite(),
  });
  const coverage = createCoverage(spec, customer !== undefined);
  let beforeWrite = () => {};
  const startedAt = now();
  const today = startedAt.toISOString().slice(0, 10);
  const started = performance.now();
  const quietly = (request: RequestPlan) => target.send(request, () => {});
  const sendCounted: SendJudged = async (request, found) => {
    const exchange = await target.send(request, found);
    coverage.observe(exchange);
    return exchange;
  };

  const stop = () => sending.abort();
  stopped.addEventListener("abort", stop);
  if (stopped.aborted) stop();
  const before = await opening(target.baseUrl, mask, async () => {
    if (customer === undefined) return {};
    const changed = options.readOnly ? undefined : options.recovery?.pending();
    const found = await arrive(quietly, customer, target.baseUrl);
    if (!changed) return found;
    const left = await leave(quietly, customer, changed);
    options.onRecovered?.(left);
    const now = await arrive(quietly, customer, target.baseUrl);
    // A target too broken to be put back is still judged; what is owed to it stays what the earlier run found.
    if (left && !left.irremovable) return { ...now, billing: changed.billing };
    options.recovery?.clear();
    return now;
  });
  beforeWrite = () => {
    if (options.readOnly) throw new Skip("it would write, and the run is read-only");
    if (customer !== undefined) options.recovery?.save(before);
    beforeWrite = () => {};
  };
  const results: CaseResult[] = [];
  let leftBehind: LeftBehind | undefined;
  let lost = 0;
  const lostCases = new Set<string>();
  const record = (given: CaseResult) => {
    const result = inLightOf(options.deviations ?? [], given, today);
    // A header may hold a word that is no secret, such as the name of a topic.
    const { id, title, basis, claim, outcome } = result;
    // Cut only now: half a key would get past the mask.
    const shown = shortened({ ...mask(result), id, title, basis, claim, outcome });
    results.push(shown);
    options.onCase?.(shown);
  };
  try {
    const told = {
      ...(customer === undefined
        ? options.told
        : await opening(target.baseUrl, mask, () => discover(quietly, customer, options.told ?? {}))),
      ...(options.clock ? { clock: options.clock } : {}),
    };
    const world = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Partial<World>;
    for (const item of cases) {
      const missing = item.needs.find((need: Need) => world[need] === undefined);
      if (stopped.aborted) record(skipped(item, "the run was stopped"));
      else if (lost >= lostAfter) record(skipped(item, `the target gave no answer to ${lostAfter} cases in a row`));
      else if (missing) record(skipped(item, unmet[missing]));
      else {
        const result = await runCase(
          item,
          (send, stage) =>
            createScene(send, {
              customer: customer ?? "",
              found: before,
              apiKey,
              world,
              sleep: (ms) => sleep(ms, sending.signal),
              ...stage,
            }),
          sendCounted,
          now,
        );
        lost = result.lost ? lost + 1 : 0;
        if (result.lost) lostCases.add(item.id);
        record(result.result);
      }
    }
  } finally {
    stopped.removeEventListener("abort", stop);
    const after = createTarget({
      ...options,
      maxRequests: Number.POSITIVE_INFINITY,
      sleep,
      maxWaitMs: options.maxWaitMs ?? 30_000,
      signal: new AbortController().signal,
    });
    leftBehind =
      options.readOnly || customer === undefined
        ? undefined
        : await leave((request) => after.send(request, () => {}), customer, before);
    if (leftBehind === undefined || leftBehind.irremovable) options.recovery?.clear();
  }
  if (lost >= lostAfter && results.every(({ id, outcome }) => outcome !== "broken" || lostCases.has(id))) {
    const left = leftBehind === undefined ? "" : ` ${mask(leftBehind).message}`;
    throw new RunError(`${target.baseUrl} stopped answering in the middle of the run.${left}`);
  }
  return {
    target: { baseUrl: target.baseUrl },
    spec: { title: spec.title, version: spec.version, sha256: spec.sha256 },
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - started),
    requests: target.requests(),
    strict: options.strict ?? false,
    summary: summaryOf(results),
    cases: results,
    coverage: coverage.result(target.seen, options.statements && decide(options.statements, results)),
    ...(leftBehind === undefined ? {} : { leftBehind: mask(leftBehind) }),
  };
}

/** Hides what a run must not tell. */
export function maskOf({ apiKey, secrets = [], told }: Pick<RunOptions, "apiKey" | "secrets" | "told">): Mask {
  return createMask([
    apiKey,
    ...secrets.map((value) => ({ value, shell: "***" })),
    ...(told?.secondApiKey ? [{ value: told.secondApiKey, shell: "$CONNECT_SECOND_API_KEY" }] : []),
  ]);
}

/** What comes before the first case: where it fails, there is no run. */
async function opening<T>(baseUrl: string, mask: Mask, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RunError) error.message = mask(error.message);
    if (error instanceof BudgetSpent) throw new RunError(`The run could not begin: ${error.message}.`);
    if (error instanceof TransportError) throw new RunError(`${baseUrl} stopped answering: ${error.message}.`);
    if ((error as Error).name === "AbortError") throw new RunError("The run was stopped before its first case.");
    throw error;
  }
}

/** The result with the texts that it received cut to what a reader looks at. */
function shortened(result: CaseResult): CaseResult {
  const cut = (text: string) => (text.length <= 300 ? text : `${text.slice(0, 300)}...`);
  return {
    ...result,
    findings: result.findings.map((finding) =>
      typeof finding.received === "string" ? { ...finding, received: cut(finding.received) } : finding,
    ),
    ...(result.exchanges ? { exchanges: cutBodies(result.exchanges) } : {}),
  };
}

type SendJudged = (request: RequestPlan, found: (finding: Finding) => void) => Promise<Exchange>;

async function runCase(
  item: Case,
  sceneOf: (
    send: (request: RequestPlan) => Promise<Exchange>,
    stage: Pick<Scene<Need>, "probe" | "find" | "remark">,
  ) => Scene<Need>,
  send: SendJudged,
  now: () => Date,
): Promise<{ result: CaseResult; lost: boolean }> {
  const findings = new Map<string, Finding>();
  const find = (finding: Finding) => {
    // The same wrong member in twenty answers is one finding.
    const key = `${finding.at} ${finding.message}`;
    if (!findings.has(key)) findings.set(key, finding);
  };
  const weight = item.basis === "documented" ? "broken" : "differs";
  const started = performance.now();
  const recorder = createRecorder(now);
  let last: Exchange | undefined;
  let remarks: Remarks = {};
  let reason: string | undefined;
  let lost = false;
  try {
    await item.run(
      sceneOf(
        async (request) => {
          last = await recorder.watch(() => send(request, find));
          return last;
        },
        {
          async probe(request) {
            const wrong: Finding[] = [];
            last = await recorder.watch(() => send(request, (finding) => wrong.push(finding)));
            return { exchange: last, findings: wrong };
          },
          find,
          remark(said) {
            remarks = { ...remarks, ...said };
          },
        },
      ),
    );
  } catch (error) {
    if (error instanceof Skip || error instanceof BudgetSpent) reason = error.message;
    else if (error instanceof Mismatch) {
      const curl = (error.exchange ?? last)?.curl ?? "";
      find({ message: error.message, ...error.detail, curl, weight });
    } else if (error instanceof TransportError) {
      lost = true;
      find({ message: `no answer: ${error.message}`, curl: last?.curl ?? "", weight: "broken" });
    } else if ((error as Error).name === "AbortError") reason = "the run was stopped";
    else find({ message: `the case itself failed: ${(error as Error).stack}`, curl: last?.curl ?? "", weight });
  }
  const { id, title, basis, claim } = item;
  const list = [...findings.values()];
  // What was found before a case turned out undecidable counts all the same.
  const outcome = list.length > 0 ? outcomeOf(list) : reason === undefined ? "held" : "skipped";
  const result: CaseResult = {
    id,
    title,
    basis,
    claim,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    durationMs: Math.round(performance.now() - started),
    findings: list,
    ...remarks,
    ...recorder.recorded(),
  };
  return { result, lost };
}
