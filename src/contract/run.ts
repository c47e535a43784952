import { setTimeout } from "node:timers/promises";
import type { Spec } from "../document/spec.ts";
import type { Case } from "./case.ts";
import { type Deviation, withDeviation } from "./deviations.ts";
import { Skip } from "./findings.ts";
import { createCoverage } from "./generated/coverage.ts";
import { type Facilities, type Guest, type LeftBehind, RunError, type Visit } from "./guest.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import type { Recovery } from "./recovery.ts";
import { cutBodies } from "./report/record.ts";
import { type CaseResult, type Report, skipped, summaryOf } from "./report/report.ts";
import { runCase, type SendJudged } from "./run-case.ts";
import type { SceneParts } from "./scene.ts";
import { decide, type Statement } from "./statement.ts";
import { BudgetSpent, createTarget, mayWrite, type Target, type TargetOptions } from "./target.ts";
import { type Credential, type Transport, TransportError } from "./wire/exchange.ts";
import { createMask, type Mask } from "./wire/mask.ts";

export type RunOptions<G extends object = object> = {
  readonly spec: Spec;
  readonly cases: readonly Case<NoInfer<G>>[];
  readonly baseUrl: string;
  readonly transport: Transport;
  readonly apiKey: Credential;
  /** A second known API key. */
  readonly secondApiKey?: string | undefined;
  /** What is known of the API; without it, nothing is read before the cases, and nothing put back. */
  readonly guest?: Guest<G>;
  /** Moves the target's clock, where it has one. */
  readonly clock?: Facilities["clock"];
  /** The state of a target that shows itself as a mock of this kind. */
  readonly sandboxState?: unknown;
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
  /** The longest `Retry-After` that the run obeys, in milliseconds; 30 s by default. */
  readonly maxWaitMs?: number;
  /** Keeps what was found at the target until it has been put back. */
  readonly recovery?: Recovery;
  /** Sends nothing that may change something; a case that would is skipped. */
  readonly readOnly?: boolean;
  /** Sends writes that nothing is known to undo, too; a case that would send one is skipped by default. */
  readonly allowLeftovers?: boolean;
  /** Ends the run; what it wrote is put back all the same. */
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
  /** Lets time pass; rejects when the signal says stop. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called after putting back what an earlier run had left changed, with what could not be put back. */
  readonly onRecovered?: (leftBehind: LeftBehind | undefined) => void;
  /** Called as each case ends, in order. */
  readonly onCase?: (result: CaseResult) => void;
};

/**
 * Runs the cases against a target, one request at a time but where a case is about concurrency, and puts back at the end what
 * it wrote, whatever happened. Throws a `RunError` when the run cannot be made.
 */
export async function run<G extends object = object>(options: RunOptions<G>): Promise<Report> {
  const { spec, guest } = options;
  const mask = maskOf(options);
  const startedAt = (options.now ?? (() => new Date()))();
  const started = performance.now();
  const coverage = createCoverage(spec, guest && Object.keys(guest.identifiers));
  const stage = createStage(options);
  const { target } = stage;
  const results: CaseResult[] = [];
  const record = (given: CaseResult) => {
    const result = readable(withDeviation(options.deviations ?? [], given, startedAt.toISOString().slice(0, 10)), mask);
    results.push(result);
    options.onCase?.(result);
  };
  const send: SendJudged = async (request, found) => {
    const exchange = await target.send(request, found);
    coverage.observe(exchange);
    return exchange;
  };
  const given = await opening(target.baseUrl, mask, () => firstReads(options, stage));
  let leftBehind: LeftBehind | undefined;
  let lost: Lost;
  try {
    lost = await runCases(options, { given, send, wait: stage.wait, record });
  } finally {
    stage.end();
    leftBehind = options.readOnly
      ? undefined
      : withLeftovers(options, stage, await stage.ledger.putBack(lastVisit(options)));
  }
  if (lost.inRow >= lostAfter && results.every(({ id, outcome }) => outcome !== "broken" || lost.cases.has(id))) {
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
export function maskOf({
  apiKey,
  secrets = [],
  secondApiKey,
}: Pick<RunOptions, "apiKey" | "secrets" | "secondApiKey">): Mask {
  return createMask([
    apiKey,
    ...secrets.map((value) => ({ value, shell: "***" })),
    ...(secondApiKey ? [{ value: secondApiKey, shell: "$CONNECT_SECOND_API_KEY" }] : []),
  ]);
}

/** What a run reaches its target with, until it ends. */
type Stage = {
  readonly target: Target;
  readonly visit: Visit;
  readonly ledger: Ledger;
  wait(ms: number): Promise<void>;
  /** Lets go of the signal that stops the run. */
  end(): void;
};

function createStage<G extends object>(options: RunOptions<G>): Stage {
  const { guest, signal, readOnly, allowLeftovers } = options;
  const sending = new AbortController();
  const stop = () => sending.abort();
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  const target = createTarget({
    ...targetOptions(options, sending.signal),
    async beforeWrite(operation, path, body) {
      if (readOnly) throw new Skip("it would write, and the run is read-only");
      // What the document does not declare is a question whether it is there; a right target carries nothing out.
      if (!operation) return;
      if (!allowLeftovers) await ledger.enter(operation, path, body);
      else if (ledger.canUndo(operation)) await ledger.enter(operation, path);
    },
  });
  const visit = visitOf(target, options);
  const ledger = createLedger(guest?.undos ?? [], visit, readOnly ? undefined : options.recovery);
  return {
    target,
    visit,
    ledger,
    wait: (ms) => targetOptions(options, sending.signal).sleep(ms, sending.signal),
    end: () => signal?.removeEventListener("abort", stop),
  };
}

/** What is left behind beside what could not be put back: what writes have made that nothing is known to undo. */
function withLeftovers<G extends object>(
  { spec, guest }: RunOptions<G>,
  { target, ledger }: Stage,
  left: LeftBehind | undefined,
): LeftBehind | undefined {
  // Without a guest nothing is put back, and the user has been told so.
  if (!guest) return left;
  const made = spec.operations.flatMap((operation) => {
    if (!mayWrite(operation.method) || ledger.canUndo(operation)) return [];
    const statuses = [...(target.seen.get(operation.id) ?? [])].filter(([status]) => status < 300);
    const count = statuses.reduce((sum, [, times]) => sum + times, 0);
    return count === 0 ? [] : [`${operation.method} ${operation.path} (accepted ${count} times)`];
  });
  if (made.length === 0) return left;
  const message = `What these have made stays there, for nothing is known that undoes it: ${made.join(", ")}.`;
  return left
    ? { message: `${left.message} ${message}`, irremovable: left.irremovable }
    : { message, irremovable: true };
}

/** The last requests, which put everything back: sent even when the run is stopped or its budget is spent. */
function lastVisit<G extends object>(options: RunOptions<G>): Visit {
  const { maxRequests: _, ...rest } = targetOptions(options, new AbortController().signal);
  return visitOf(createTarget(rest), options);
}

function targetOptions<G extends object>(options: RunOptions<G>, signal: AbortSignal): TargetOptions {
  const { spec, baseUrl, apiKey, transport, headers, maxRequests, rate, maxWaitMs = 30_000 } = options;
  return {
    spec,
    baseUrl,
    apiKey,
    transport,
    maxWaitMs,
    signal,
    sleep: options.sleep ?? ((ms, stopped) => setTimeout(ms, undefined, { signal: stopped })),
    ...(headers === undefined ? {} : { headers }),
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(rate === undefined ? {} : { rate }),
  };
}

function visitOf<G extends object>(target: Target, { sandboxState }: RunOptions<G>): Visit {
  return { baseUrl: target.baseUrl, sandboxState, send: (request) => target.send(request, () => {}) };
}

type GivenAll<G extends object> = Pick<SceneParts<G>, "given" | "identifiers">;

/** Reads what cases are given, and puts back first what an earlier run has left changed. */
async function firstReads<G extends object>(options: RunOptions<G>, stage: Stage): Promise<GivenAll<G>> {
  const { guest, clock, secondApiKey, onRecovered } = options;
  const { ledger, visit } = stage;
  let found = await guest?.readFirst(visit);
  if (!ledger.isEmpty()) {
    // A target too broken to be put back is still judged; what is owed to it stays in the ledger.
    onRecovered?.(await ledger.putBack(visit));
    found = await guest?.readFirst(visit);
  }
  const all = Object.entries({ ...found, clock, secondApiKey }).filter(([, value]) => value !== undefined);
  const identifiers = Object.entries(guest?.identifiers ?? {}).flatMap(([name, valueIn]) => {
    const value = found && valueIn(found);
    return value === undefined ? [] : [[name, [value]] as const];
  });
  return { given: Object.fromEntries(all) as SceneParts<G>["given"], identifiers: Object.fromEntries(identifiers) };
}

const lostAfter = 3;

/** The cases to which the target gave no answer, and how many of them came one after the other at last. */
type Lost = { readonly inRow: number; readonly cases: ReadonlySet<string> };

async function runCases<G extends object>(
  { cases, guest, apiKey, signal, now = () => new Date() }: RunOptions<G>,
  stage: { given: GivenAll<G>; send: SendJudged; wait: Stage["wait"]; record: (result: CaseResult) => void },
): Promise<Lost> {
  const lost = new Set<string>();
  let inRow = 0;
  const unmet: Guest["unmet"] = { ...unmetOfAny, ...guest?.unmet };
  for (const item of cases) {
    const missing = item.needs.find((need) => !Object.hasOwn(stage.given.given, need));
    if (signal?.aborted) stage.record(skipped(item, "the run was stopped"));
    else if (inRow >= lostAfter)
      stage.record(skipped(item, `the target gave no answer to ${lostAfter} cases in a row`));
    else if (missing) stage.record(skipped(item, unmet[missing] ?? `no ${missing} is known`));
    else {
      const ended = await runCase(item, { ...stage.given, apiKey, wait: stage.wait }, stage.send, now);
      inRow = ended.lost ? inRow + 1 : 0;
      if (ended.lost) lost.add(item.id);
      stage.record(ended.result);
    }
  }
  return { inRow, cases: lost };
}

/** Why a need is not met that a case of any API may have, and what would meet it. */
const unmetOfAny: Guest["unmet"] = {
  secondApiKey: "no second API key is known; pass one with CONNECT_SECOND_API_KEY or --second-api-key",
  clock: "the target has no clock that can be moved",
};

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

/** The result as a reader sees it: without secrets, and with the texts that it received cut to what one looks at. */
function readable(given: CaseResult, mask: Mask): CaseResult {
  const { id, title, basis, claim, outcome } = given;
  // A header may hold a word that is no secret, such as the name of a topic. Cut only what is masked: half a key would get past it.
  const result = { ...mask(given), id, title, basis, claim, outcome };
  const cut = (text: string) => (text.length <= 300 ? text : `${text.slice(0, 300)}...`);
  return {
    ...result,
    findings: result.findings.map((finding) =>
      typeof finding.received === "string" ? { ...finding, received: cut(finding.received) } : finding,
    ),
    ...(result.exchanges ? { exchanges: cutBodies(result.exchanges) } : {}),
  };
}
