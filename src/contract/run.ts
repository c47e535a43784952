import { setTimeout } from "node:timers/promises";
import type { Case } from "./case.ts";
import { Skip } from "./findings.ts";
import { type Facilities, type Guest, type LeftBehind, RunError, type Visit } from "./guest.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import type { Recovery } from "./recovery.ts";
import { type CaseResult, type CutShort, type Report, skipped } from "./report/report.ts";
import { type CaseEnd, runCase, type SendJudged } from "./run-case.ts";
import type { SceneParts } from "./scene.ts";
import { createSoFar, type SoFar, type SoFarOptions } from "./so-far.ts";
import { BudgetSpent, createTarget, mayWrite, type Target, type TargetOptions } from "./target.ts";
import { type Credential, type Transport, TransportError } from "./wire/exchange.ts";
import { createMask, type Mask } from "./wire/mask.ts";

export type RunOptions<G extends object = object> = SoFarOptions<G> & {
  readonly baseUrl: string;
  readonly transport: Transport;
  readonly apiKey: Credential;
  /** A second known API key. */
  readonly secondApiKey?: string | undefined;
  /** Moves the target's clock, where it has one. */
  readonly clock?: Facilities["clock"];
  /** The state of a target that shows itself as a mock of this kind. */
  readonly sandboxState?: unknown;
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
  /** Lets time pass; rejects when the signal says stop. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called after putting back what an earlier run had left changed, with what could not be put back. */
  readonly onRecovered?: (leftBehind: LeftBehind | undefined) => void;
  /** Called before the first case with what answers the report as it stands, for whoever ends this process before the run ends. */
  readonly onBegin?: (soFar: (cutShort: CutShort) => Report) => void;
};

/** A run that has begun, to be driven case by case. */
export type Run<G extends object = object> = {
  /** The cases that there are, in their order. */
  readonly cases: readonly Case<G>[];
  /**
   * Runs one case, and answers its result as far as it can be told now: the report decides whether what got no answer is broken or the
   * target gone, and what the key has no right to. Once the run is cut short, no case runs any more: it is skipped for that reason.
   */
  play(item: Case<G>): Promise<CaseResult>;
  /** Puts back what was written, whatever happened, and answers the report, of the cases that were to be played. It is the last call. */
  close(): Promise<Report>;
};

/**
 * Runs the cases against a target, one request at a time but where a case is about concurrency, and puts back at the end what
 * it wrote, whatever happened. From its first case on it answers a report, however it ends; `cutShort` says where it did not come to
 * its end. Throws a `RunError` when the run cannot be made.
 */
export async function run<G extends object = object>(options: RunOptions<G>): Promise<Report> {
  return playAll(await openRun(options));
}

/** Drives a run through its cases, in their order, to its end. */
export async function playAll<G extends object>(opened: Run<G>): Promise<Report> {
  for (const item of opened.cases) await opened.play(item);
  return opened.close();
}

/** Begins a run: reads what its cases are given. Throws a `RunError` when the run cannot be made. */
export async function openRun<G extends object = object>(options: RunOptions<G>): Promise<Run<G>> {
  const mask = maskOf(options);
  const stage = createStage(options);
  const { target } = stage;
  const soFar = createSoFar(options, target, mask);
  const send: SendJudged = async (request, found) => {
    const exchange = await target.send(request, found);
    soFar.observe(exchange);
    return exchange;
  };
  const given = await opening(target.baseUrl, mask, () => firstReads(options, stage));
  options.onBegin?.((cutShort) => soFar.report({ cutShort }));
  const player = createPlayer(options, { given, send, target, wait: stage.wait, soFar });
  const asked = new Set<Case<G>>();
  return {
    cases: options.cases,
    play(item) {
      asked.add(item);
      return player.play(item);
    },
    async close() {
      const cutShort = player.end();
      stage.end();
      const leftBehind = options.readOnly
        ? undefined
        : withLeftovers(options, stage, await stage.ledger.putBack(lastVisit(options)));
      return soFar.report({ cutShort, leftBehind, cases: options.cases.filter((item) => asked.has(item)) });
    },
  };
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

/** Plays cases one after the other, until they come to an end or the run is cut short. */
function createPlayer<G extends object>(
  { guest, apiKey, signal, now = () => new Date() }: RunOptions<G>,
  stage: { given: GivenAll<G>; send: SendJudged; target: Target; wait: Stage["wait"]; soFar: SoFar<G> },
) {
  const { given, send, target, wait, soFar } = stage;
  const unmet: Guest["unmet"] = { ...unmetOfAny, ...guest?.unmet };
  /** Cases without an answer one after the other: whether it is they or the target is not known yet. */
  let inDoubt: { readonly item: Case<G>; readonly ended: CaseEnd }[] = [];
  let cutShort: CutShort | undefined;
  const settle = (isGone: boolean) => {
    const settled = inDoubt;
    inDoubt = [];
    for (const { item, ended } of settled)
      soFar.record(item, { ...ended, result: isGone && ended.gone ? ended.gone : ended.result });
  };
  const doubted = (item: Case<G>, ended: CaseEnd): void => {
    inDoubt.push({ item, ended });
    const [first, ...others] = inDoubt.map((one) => one.ended).filter(({ gone, unserved }) => gone || unserved);
    if (first === undefined || others.length + 1 < lostAfter) return;
    const reason = [first, ...others].some(({ gone }) => gone)
      ? `${target.baseUrl} stopped answering: ${lostAfter} cases in a row got no answer`
      : `${target.baseUrl} lets this run through no more: ${ended.result.reason}`;
    settle(true);
    cutShort = { reason, at: first.result.id };
  };
  const play = async (item: Case<G>): Promise<CaseResult> => {
    if (signal?.aborted) cutShort ??= { reason: "the run was stopped", at: item.id };
    if (cutShort) return skipped(item, cutShort.reason);
    try {
      const missing = item.needs.find((need) => !Object.hasOwn(given.given, need));
      const ended: CaseEnd = missing
        ? { result: skipped(item, unmet[missing] ?? `no ${missing} is known`), unserved: false }
        : await runCase(item, { ...given, apiKey, wait }, send, now);
      // A case that sends nothing settles nothing.
      if (ended.gone || ended.unserved || (missing && inDoubt.length > 0)) doubted(item, ended);
      else {
        settle(false);
        soFar.record(item, ended);
        if (ended.stop !== undefined) cutShort = { reason: ended.stop, at: item.id };
      }
      return soFar.told(ended);
    } catch (error) {
      cutShort = failureOf(error as Error);
      return skipped(item, cutShort.reason);
    }
  };
  return {
    play,
    end() {
      settle(false);
      return cutShort;
    },
  };
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
