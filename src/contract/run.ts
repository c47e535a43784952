import { setTimeout } from "node:timers/promises";
import { type LateList, lateList } from "../document/late.ts";
import { createAhead } from "./ahead.ts";
import type { Case } from "./case.ts";
import { Skip } from "./findings.ts";
import { type Facilities, type Guest, type LeftBehind, RunError, type Visit } from "./guest.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createMade, type Made } from "./made.ts";
import { createOthers, type Others } from "./others.ts";
import type { Recovery } from "./recovery.ts";
import { type CaseResult, type CutShort, type Report, skipped } from "./report/report.ts";
import { type CaseEnd, runCase, type SendJudged } from "./run-case.ts";
import type { SceneParts } from "./scene.ts";
import { BudgetSpent, type Wait } from "./sender.ts";
import { createShares, type Shares } from "./shares.ts";
import { createSoFar, type SoFar, type SoFarOptions } from "./so-far.ts";
import { createStopper, type Stopper } from "./stop.ts";
import { createTarget, mayWrite, type Target, type TargetOptions } from "./target.ts";
import { type Credential, type Exchange, type Transport, TransportError } from "./wire/exchange.ts";
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
  /** The most requests; they and `maxTimeMs` are spread over `operations`. */
  readonly maxRequests?: number;
  /** How many operations the cases follow from, where what the run may spend is to be spread over them. */
  readonly operations?: number | undefined;
  /** Values in `headers` that must not be seen in a report. */
  readonly secrets?: readonly string[];
  /** Requests a second. */
  readonly rate?: number;
  /**
   * The longest wait that a target may ask for, and that for another run to end, in milliseconds; 60 s by default. What the target does
   * not let through in that time is skipped.
   */
  readonly maxWaitMs?: number;
  /** The longest that the run may take, in milliseconds; what it wrote is put back all the same. */
  readonly maxTimeMs?: number;
  /** The longest that `transport` waits for an answer, in milliseconds: a target that always takes that long ends the run. */
  readonly timeoutMs?: number;
  /** How many cases may run at the same time, of those that only read; 1 by default. */
  readonly concurrency?: number;
  /** Keeps what was found at the target until it has been put back. */
  readonly recovery?: Recovery;
  /** Whether nobody else can write there: then nobody is looked out for. */
  readonly isAlone?: boolean;
  /** Sends nothing that may change something; a case that would is skipped. */
  readonly readOnly?: boolean;
  /** Sends writes that nothing is known to undo, too; a case that would send one is skipped by default. */
  readonly allowLeftovers?: boolean;
  /** Ends the run; what it wrote is put back all the same. */
  readonly signal?: AbortSignal;
  /** Lets time pass; rejects when the signal says stop. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called before the run waits, with a sentence that says how long and for what. */
  readonly onWait?: (text: string) => void;
  /** Called after putting back what an earlier run had left changed, with what could not be put back. */
  readonly onRecovered?: (leftBehind: LeftBehind | undefined) => void;
  /** Called before the first case with what answers the report as it stands, for whoever ends this process before the run ends. */
  readonly onBegin?: (soFar: (cutShort: CutShort) => Report) => void;
};

/** A run that has begun, to be driven case by case. */
export type Run<G extends object = object> = {
  /** The cases in their order, as long as the run has the means to begin those of another operation. */
  readonly cases: Iterable<Case<G>>;
  /**
   * Runs one case, and answers its result as far as it can be told now: the report decides whether what got no answer is broken or the
   * target gone, and what the key has no right to. Once the run is cut short, no case runs any more: it is skipped for that reason.
   */
  play(item: Case<G>): Promise<CaseResult>;
  /** Puts back what was written, whatever happened, and answers the report, of the cases that were to be played. It is the last call. */
  close(): Promise<Report>;
};

/**
 * Runs the cases against a target, one request at a time but where a case is about concurrency or `concurrency` lets it, and puts back at the end what
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
export async function openRun<G extends object = object>(given: RunOptions<G>): Promise<Run<G>> {
  const options: Opened<G> = { ...given, cases: lateList(given.cases) };
  const mask = maskOf(options);
  const stage = createStage(options);
  const { target } = stage;
  const soFar = createSoFar(options, target, mask, stage.others);
  let isSilent = true;
  const send: SendJudged = async (request, found) => {
    stage.others?.sending(request);
    const exchange = await target.send(request, found);
    isSilent = false;
    stage.others?.answered(exchange);
    stage.made?.observe(exchange);
    soFar.observe(exchange);
    return exchange;
  };
  const known = await opening(options, stage, mask);
  options.onBegin?.((cutShort) => soFar.report({ cutShort }));
  const player = createPlayer(options, { given: known, send, stage, soFar, isSilent: () => isSilent });
  const asked = new Set<Case<G>>();
  return {
    cases: begunWith(options, stage),
    play(item) {
      asked.add(item);
      return player.play(item);
    },
    async close() {
      const cutShort = await player.end();
      stage.stopper.release();
      await stage.made?.sweep(lastVisit(options), true);
      const leftBehind = options.readOnly
        ? undefined
        : withLeftovers(options, stage, (await stage.ledger.putBack(lastVisit(options))) ?? stage.made?.left());
      return soFar.report({ cutShort, leftBehind, cases: options.cases.made.filter((item) => asked.has(item)) });
    },
  };
}

type Opened<G extends object> = RunOptions<G> & { readonly cases: LateList<Case<NoInfer<G>>> };

/** The cases; where the run may spend no more, those that are made out, and the next, which is where it was cut short. */
function* begunWith<G extends object>({ cases }: Opened<G>, { shares, stopper }: Stage): Generator<Case<G>> {
  for (let [index, isOver] = [0, false]; index < cases.made.length || !isOver; index++) {
    isOver = shares?.isSpent() === true || stopper.reason() !== undefined;
    const item = cases.at(index);
    if (item === undefined) return;
    yield item;
  }
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
  readonly stopper: Stopper;
  /** What each operation may spend, where that is bounded. */
  readonly shares: Shares | undefined;
  /** Those who may write there too, where it is known what to look at. */
  readonly others: Others | undefined;
  /** What it has made there, where nobody else knows how that is put back. */
  readonly made: Made | undefined;
  wait(ms: number): Promise<void>;
};

function createStage<G extends object>(options: RunOptions<G>): Stage {
  const { guest, readOnly, allowLeftovers } = options;
  const stopper = createStopper(options);
  const { sleep, ...sending } = targetOptions(options, stopper.signal);
  const wait = async (ms: number) => {
    stopper.beforeWait(ms);
    target.forget();
    await stopper.unlessStopped(sleep(ms, stopper.signal));
  };
  const target = createTarget({
    ...sending,
    sleep: wait,
    onTry: stopper.onTry,
    async beforeWrite(operation, path, body) {
      if (readOnly) throw new Skip("it would write, and the run is read-only");
      // What the document does not declare is a question whether it is there; a right target carries nothing out.
      if (!operation) return;
      await others?.beforeWrite();
      if (!allowLeftovers) await ledger.enter(operation, path, body());
      else if (ledger.canUndo(operation)) await ledger.enter(operation, path);
    },
  });
  const visit = visitOf(target, options);
  const ledger = createLedger(guest?.undos ?? [], visit, readOnly ? undefined : options.recovery);
  const { maxWaitMs } = sending;
  const others =
    guest && !options.isAlone
      ? createOthers(guest, { visit, maxWaitMs, wait, onWait: options.onWait ?? (() => {}) })
      : undefined;
  return {
    target: { ...target, send: (request, found) => stopper.unlessStopped(target.send(request, found)) },
    visit,
    ledger,
    stopper,
    shares: sharesOf(options, target),
    others,
    made: guest || readOnly || options.sandboxState !== undefined ? undefined : createMade(options.spec),
    wait,
  };
}

function sharesOf<G extends object>(
  { operations, maxRequests, maxTimeMs }: RunOptions<G>,
  { requests }: Target,
): Shares | undefined {
  if (operations === undefined || (maxRequests === undefined && maxTimeMs === undefined)) return undefined;
  return createShares({
    operations,
    sent: requests,
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(maxTimeMs === undefined ? {} : { maxTimeMs }),
  });
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
    onWait: teller(options.onWait),
    ...(headers === undefined ? {} : { headers }),
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(rate === undefined ? {} : { rate }),
  };
}

/** Tells of waits; of those that are hardly seen, one. */
function teller(onWait: RunOptions["onWait"] = () => {}): (wait: Wait) => void {
  let hasToldShort = false;
  return ({ ms, reason }) => {
    const isShort = ms < 2_000;
    if (isShort && hasToldShort) return;
    hasToldShort ||= isShort;
    onWait(`Waiting ${Math.ceil(ms / 1000)} s: ${reason}`);
  };
}

/** How long a run waits at most, and how it waits. */
export function patienceOf({
  maxWaitMs = 60_000,
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
  const moved =
    clock &&
    (async (ms: number) => {
      stage.target.forget();
      await clock(ms);
    });
  const all = Object.entries({ ...found, clock: moved, secondApiKey }).filter(([, value]) => value !== undefined);
  return {
    given: Object.fromEntries(all) as SceneParts<G>["given"],
    identifiers: Object.fromEntries(identifiers().map(([name, value]) => [name, [value]])),
  };
}

const lostAfter = 3;

type CasesStage<G extends object> = {
  readonly given: GivenAll<G>;
  readonly send: SendJudged;
  readonly stage: Stage;
  readonly soFar: SoFar<G>;
  /** Whether the target has answered nothing yet. */
  isSilent(): boolean;
};

type Played<G extends object> = { readonly item: Case<G>; readonly ended: CaseEnd };

/** Plays cases in their order, until they come to an end or the run is cut short. */
function createPlayer<G extends object>(options: Opened<G>, { given, send, stage, soFar, isSilent }: CasesStage<G>) {
  const { cases, concurrency: most = 1 } = options;
  const { baseUrl } = stage.target;
  /** Cases without an answer one after the other: whether it is they or the target is not known yet. */
  let inDoubt: Played<G>[] = [];
  let cutShort: CutShort | undefined;
  const settle = (isGone: boolean) => {
    const settled = inDoubt;
    inDoubt = [];
    for (const { item, ended } of settled)
      soFar.record(item, { ...ended, result: isGone && ended.gone ? ended.gone : ended.result });
  };
  const doubted = (played: Played<G>): void => {
    inDoubt.push(played);
    const [first, ...others] = inDoubt.map((one) => one.ended).filter(({ gone, unserved }) => gone || unserved);
    if (first === undefined || others.length + 1 < lostAfter) return;
    const reason = [first, ...others].some(({ gone }) => gone)
      ? `${baseUrl} stopped answering: ${lostAfter} cases in a row got no answer`
      : `${baseUrl} lets this run through no more: ${played.ended.result.reason}`;
    settle(true);
    cutShort = { reason, at: first.result.id };
  };
  const start = starter(options, { given, send, stage });
  const ahead = createAhead(cases, {
    most,
    isSociable: ({ reads }) => reads === true,
    start: async (item): Promise<Played<G>> => ({ item, ended: await start(item) }),
  });
  const play = async (item: Case<G>): Promise<CaseResult> => {
    const stopped = stage.stopper.reason();
    if (stopped !== undefined) cutShort ??= { reason: stopped, at: item.id };
    if (cutShort) return skipped(item, cutShort.reason);
    try {
      const played = await ahead.take(item);
      const { ended } = played;
      // A case that has sent nothing tells nothing of the target.
      if (ended.gone || ended.unserved || (ended.isIdle && inDoubt.length > 0)) doubted(played);
      else {
        settle(false);
        if (ended.doubtful) await stage.others?.lookOut();
        if (ended.stop === undefined) await stage.made?.sweep(stage.visit).catch(() => {});
        soFar.record(item, ended);
        if (ended.stop !== undefined) cutShort = { reason: ended.stop, at: item.id };
      }
      return soFar.told(ended);
    } catch (error) {
      cutShort = failureOf(error as Error);
      stage.stopper.stop(cutShort.reason);
      return skipped(item, cutShort.reason);
    }
  };
  return {
    play,
    async end() {
      const [first] = inDoubt;
      if (first && isSilent()) cutShort ??= { reason: `${baseUrl} has answered nothing`, at: first.item.id };
      settle(isSilent());
      // What ran ahead has found what it has found.
      for (const { item, ended } of await ahead.rest().catch(() => []))
        soFar.record(item, { ...ended, result: ended.gone ?? ended.result });
      return cutShort;
    },
  };
}

/** Makes what starts a case; one whose needs are not met ends before it begins, and one that says that it only reads writes nothing. */
function starter<G extends object>(
  { guest, apiKey, now = () => new Date() }: RunOptions<G>,
  { given, send, stage: { target, wait, made, shares } }: Omit<CasesStage<G>, "soFar" | "isSilent">,
): (item: Case<G>) => Promise<CaseEnd> {
  const unmet: Guest["unmet"] = { ...unmetOfAny, ...guest?.unmet };
  const read: SendJudged = async (request, found) => {
    if (mayWrite(request.method)) throw new Skip(`it says that it only reads, and would send ${request.method}`);
    return send(request, found);
  };
  const withinShare =
    (operation: string, own: SendJudged): SendJudged =>
    async (request, found) => {
      shares?.spend(operation);
      return own(request, found);
    };
  return async (item) => {
    const missing = item.needs.find((need) => !Object.hasOwn(given.given, need));
    if (missing !== undefined)
      return { result: skipped(item, unmet[missing] ?? `no ${missing} is known`), unserved: false, isIdle: true };
    const own = item.reads ? read : send;
    const { operation } = item;
    const bounded = operation === undefined ? own : withinShare(operation, own);
    const known = {
      ...given,
      apiKey,
      still: target.still,
      wait,
      keep: (exchange: Exchange) => made?.keep(exchange),
      mayGoOn: () => operation === undefined || (shares?.isAmple(operation) ?? true),
    };
    return runCase(item, known, bounded, now);
  };
}

/** Why a need is not met that a case of any API may have, and what would meet it. */
const unmetOfAny: Guest["unmet"] = {
  secondApiKey: "no second API key is known; pass one with CONNECT_SECOND_API_KEY or --second-api-key",
  clock: "the target has no clock that can be moved",
};

/** What comes before the first case: where it fails, there is no run. */
async function opening<G extends object>(options: RunOptions<G>, stage: Stage, mask: Mask): Promise<GivenAll<G>> {
  const { stopper, target } = stage;
  try {
    return await firstReads(options, stage);
  } catch (error) {
    stopper.release();
    if (error instanceof RunError) error.message = mask(error.message);
    const { message, name } = error as Error;
    if (name === "AbortError")
      throw new RunError(`The run ended before its first case: ${stopper.reason() ?? message}.`);
    if (error instanceof BudgetSpent || error instanceof Skip)
      throw new RunError(`The run could not begin: ${message}.`);
    if (error instanceof TransportError) throw new RunError(`${target.baseUrl} stopped answering: ${message}.`);
    throw error;
  }
}
