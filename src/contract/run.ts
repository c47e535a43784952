import { setTimeout } from "node:timers/promises";
import type { Spec } from "../document/spec.ts";
import type { Case } from "./case.ts";
import type { Deviation } from "./deviations.ts";
import { Skip } from "./findings.ts";
import { type Facilities, type Guest, type LeftBehind, RunError, type Visit } from "./guest.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createOthers, type Others } from "./others.ts";
import type { Recovery } from "./recovery.ts";
import { type CaseResult, type CutShort, type Report, skipped } from "./report/report.ts";
import { type CaseEnd, runCase, type SendJudged } from "./run-case.ts";
import type { SceneParts } from "./scene.ts";
import { createSoFar, type SoFar } from "./so-far.ts";
import type { Statement } from "./statement.ts";
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
  /** The longest `Retry-After` that the run obeys, and the longest wait for another run to end, in milliseconds; 30 s by default. */
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
  /** Called before the run waits for somebody else who is at work there, with a sentence that says for whom. */
  readonly onWait?: (text: string) => void;
  /** Called after putting back what an earlier run had left changed, with what could not be put back. */
  readonly onRecovered?: (leftBehind: LeftBehind | undefined) => void;
  /** Called before the first case with what answers the report as it stands, for whoever ends this process before the run ends. */
  readonly onBegin?: (soFar: (cutShort: CutShort) => Report) => void;
  /** Called as each case ends, in order. The report decides: what a key seems to lack a right to may be let through later. */
  readonly onCase?: (result: CaseResult) => void;
};

/**
 * Runs the cases against a target, one request at a time but where a case is about concurrency, and puts back at the end what
 * it wrote, whatever happened. From its first case on it answers a report, however it ends; `cutShort` says where it did not come to
 * its end. Throws a `RunError` when the run cannot be made.
 */
export async function run<G extends object = object>(options: RunOptions<G>): Promise<Report> {
  const mask = maskOf(options);
  const stage = createStage(options);
  const { target } = stage;
  const soFar = createSoFar(options, target, mask, stage.others);
  const send: SendJudged = async (request, found) => {
    stage.others?.sending(request);
    const exchange = await target.send(request, found);
    stage.others?.answered(exchange);
    soFar.observe(exchange);
    return exchange;
  };
  const given = await opening(target.baseUrl, mask, () => firstReads(options, stage));
  options.onBegin?.((cutShort) => soFar.report({ cutShort }));
  let cutShort: CutShort | undefined;
  try {
    cutShort = await runCases(options, { given, send, target, wait: stage.wait, soFar, others: stage.others });
  } catch (error) {
    cutShort = failureOf(error as Error);
  }
  stage.end();
  const leftBehind = options.readOnly
    ? undefined
    : withLeftovers(options, stage, await stage.ledger.putBack(lastVisit(options)));
  return soFar.report({ cutShort, leftBehind });
}

/** A failure of this program, as the end of a run. */
export function failureOf({ message, stack }: Error): CutShort {
  return { reason: `this program failed: ${message.replace(/\.$/, "")}`, ...(stack === undefined ? {} : { stack }) };
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
  /** Those who may write there too, where it is known what to look at. */
  readonly others: Others | undefined;
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
      await others?.beforeWrite();
      if (!allowLeftovers) await ledger.enter(operation, path, body);
      else if (ledger.canUndo(operation)) await ledger.enter(operation, path);
    },
  });
  const visit = visitOf(target, options);
  const ledger = createLedger(guest?.undos ?? [], visit, readOnly ? undefined : options.recovery);
  const { maxWaitMs, sleep } = patienceOf(options);
  const wait = (ms: number) => sleep(ms, sending.signal);
  const others = guest && createOthers(guest, { visit, maxWaitMs, wait, onWait: options.onWait ?? (() => {}) });
  return {
    target,
    visit,
    ledger,
    others,
    wait,
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
  const { spec, baseUrl, apiKey, transport, headers, maxRequests, rate } = options;
  return {
    spec,
    baseUrl,
    apiKey,
    transport,
    signal,
    ...patienceOf(options),
    ...(headers === undefined ? {} : { headers }),
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(rate === undefined ? {} : { rate }),
  };
}

/** How long a run waits at most, and how it waits. */
export function patienceOf({
  maxWaitMs = 30_000,
  sleep = (ms, signal) => setTimeout(ms, undefined, { signal }),
}: Pick<RunOptions, "maxWaitMs" | "sleep">): Pick<TargetOptions, "maxWaitMs" | "sleep"> {
  return { maxWaitMs, sleep };
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
  const identifiers = () =>
    Object.entries(guest?.identifiers ?? {}).flatMap(([name, valueIn]) => {
      const value = found && valueIn(found);
      return value === undefined ? [] : [[name, value] as const];
    });
  if (await stage.others?.begin(Object.fromEntries(identifiers()))) found = await guest?.readFirst(visit);
  const all = Object.entries({ ...found, clock, secondApiKey }).filter(([, value]) => value !== undefined);
  return {
    given: Object.fromEntries(all) as SceneParts<G>["given"],
    identifiers: Object.fromEntries(identifiers().map(([name, value]) => [name, [value]])),
  };
}

const lostAfter = 3;

/** Runs the cases one after the other; answers why it stopped before the last. */
async function runCases<G extends object>(
  { cases, guest, apiKey, signal, now = () => new Date() }: RunOptions<G>,
  stage: {
    given: GivenAll<G>;
    send: SendJudged;
    target: Target;
    wait: Stage["wait"];
    soFar: SoFar;
    others: Others | undefined;
  },
): Promise<CutShort | undefined> {
  const { given, send, target, wait, soFar, others } = stage;
  const unmet: Guest["unmet"] = { ...unmetOfAny, ...guest?.unmet };
  /** Cases without an answer one after the other: whether it is they or the target is not known yet. */
  let inDoubt: Pick<CaseEnd, "result" | "gone" | "unserved">[] = [];
  const settle = (isGone: boolean) => {
    for (const { result, gone } of inDoubt) soFar.record(isGone && gone ? gone : result);
    inDoubt = [];
  };
  for (const item of cases) {
    const missing = item.needs.find((need) => !Object.hasOwn(given.given, need));
    if (signal?.aborted) {
      settle(false);
      return { reason: "the run was stopped", at: item.id };
    }
    if (missing) {
      inDoubt.push({ result: skipped(item, unmet[missing] ?? `no ${missing} is known`), unserved: false });
      if (inDoubt.length === 1) settle(false);
      continue;
    }
    const ended = await runCase(item, { ...given, apiKey, wait }, send, now);
    const first = [...inDoubt, ended].find(({ gone, unserved }) => gone || unserved);
    if (ended.gone || ended.unserved) {
      inDoubt.push(ended);
      if (inDoubt.filter(({ gone, unserved }) => gone || unserved).length < lostAfter) continue;
      const reason = inDoubt.some(({ gone }) => gone)
        ? `${target.baseUrl} stopped answering: ${lostAfter} cases in a row got no answer`
        : `${target.baseUrl} lets this run through no more: ${ended.result.reason}`;
      settle(true);
      return { reason, at: (first ?? ended).result.id };
    }
    settle(false);
    if (ended.doubtful) await others?.lookOut();
    soFar.record(ended.result, ended);
    if (ended.stop !== undefined) return { reason: ended.stop, at: item.id };
  }
  settle(false);
  return undefined;
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
