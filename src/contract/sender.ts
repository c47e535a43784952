import { type Transport, TransportError, type WireRequest, type WireResponse } from "./wire/exchange.ts";
import { type Asked, longest, quotasIn, waitAskedIn } from "./wire/limits.ts";

/** The run has no requests left to spend. */
export class BudgetSpent extends Error {
  override name = "BudgetSpent";
}

/** The target has said "not now" for longer than the run waits: it limits the run, which is no fault of it. */
export class Unserved extends TransportError {
  override name = "Unserved";
}

/** A wait that the target has asked for: how many milliseconds, and why, as a reader is told. */
export type Wait = { readonly ms: number; readonly reason: string };

export type SenderOptions = {
  readonly transport: Transport;
  /** The most requests of a run. */
  readonly maxRequests?: number;
  /** The most requests a second. */
  readonly rate?: number;
  /** Lets time pass; rejects when the signal says stop. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The longest wait that a target may ask for, in milliseconds. */
  readonly maxWaitMs: number;
  /** Ends all waiting and sending. */
  readonly signal: AbortSignal;
  /** Called before each wait that the target has asked for. */
  readonly onWait?: (wait: Wait) => void;
  /** Called with how many milliseconds each try has taken, whether an answer came or not. */
  readonly onTry?: (ms: number) => void;
};

/** An answer, and the milliseconds from sending to the whole of it. */
export type Served = { readonly response: WireResponse; readonly durationMs: number };

/** Sends at the rate and within the budget of a run, and waits as the target asks. */
export type Sender = {
  /** Repeats the identical request while the target says "not now". Throws `Unserved` where it says so for too long. */
  untilServed(request: WireRequest): Promise<Served>;
  /** How many requests went out. */
  sent(): number;
  /** How many milliseconds the target has asked to wait, in all. */
  waitedMs(): number;
};

const maxTries = 6;

/** Makes what sends the requests of a run. */
export function createSender(options: SenderOptions): Sender {
  const { transport, signal, maxWaitMs, maxRequests: budget = Number.POSITIVE_INFINITY, onTry } = options;
  const slot = createSlots(options);
  const gate = createGate(options);
  const turns = createTurns();
  let sent = 0;
  const checkBudget = () => {
    if (sent >= budget) throw new BudgetSpent(`the budget of ${budget} requests is spent`);
  };

  async function attempt(request: WireRequest): Promise<Served> {
    // The last look and the sending are one step: of several that wait, each counts those before it.
    do {
      checkBudget();
      await gate.open();
      await slot();
    } while (gate.isShut());
    checkBudget();
    signal.throwIfAborted();
    sent++;
    gate.passed();
    const started = performance.now();
    let response: WireResponse | undefined;
    try {
      response = await transport(request, signal);
      return { response, durationMs: performance.now() - started };
    } finally {
      onTry?.(performance.now() - started);
      gate.answered(response);
    }
  }

  async function again(request: WireRequest, refused: WireResponse, opened: number): Promise<Served> {
    let refusal = refused;
    for (let tries = 1; tries < maxTries; tries++) {
      // What another was refused for, and has waited for meanwhile, need not be waited for again.
      if (tries > 1 || gate.opened() === opened) {
        const asked = waitBefore(refusal, tries);
        if (asked.ms > maxWaitMs) throw new Unserved(tooLong(asked, maxWaitMs));
        await gate.close(asked.ms, reasonOf(refusal, asked));
      }
      const served = await attempt(request);
      if (!isRefusal(served.response)) return served;
      refusal = served.response;
    }
    throw new Unserved(`the target has answered ${refusal.status} to the same request ${maxTries} times`);
  }

  return {
    sent: () => sent,
    waitedMs: gate.waitedMs,
    async untilServed(request) {
      await turns.over();
      const served = await attempt(request);
      if (!isRefusal(served.response)) return served;
      const opened = gate.opened();
      return turns.take(() => again(request, served.response, opened));
    },
  };
}

/** Those that were refused are sent again one after the other, and before any other. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return {
    over: () => last,
    take<T>(work: () => Promise<T>): Promise<T> {
      const result = last.then(work);
      last = result.catch(() => {});
      return result;
    },
  };
}

/** Whether an answer says "not now": a 503 does where it says when. https://www.rfc-editor.org/rfc/rfc9110#section-15.6.4 */
function isRefusal({ status, headers }: WireResponse): boolean {
  return status === 429 || (status === 503 && "retry-after" in headers);
}

/** What a refusal asks for; and where it asks for nothing, or has been obeyed in vain, longer and longer. */
function waitBefore({ headers }: WireResponse, tries: number): Partial<Asked> & Pick<Asked, "ms"> {
  const asked = waitAskedIn(headers);
  const own = 100 * 2 ** tries;
  if (!asked) return { ms: own };
  return { ...asked, ms: tries === 1 ? asked.ms : Math.max(asked.ms, own) };
}

function reasonOf({ status }: WireResponse, { by }: Partial<Asked>): string {
  const what = status === 429 ? "the target limits requests" : "the target serves nothing for now";
  return `${what} (${[status, ...(by === undefined ? [] : [by])].join(", ")})`;
}

function tooLong({ ms }: Pick<Asked, "ms">, maxWaitMs: number): string {
  return `the target asks to wait ${Math.ceil(ms / 1000)} s, longer than this run waits (${maxWaitMs / 1000} s)`;
}

/** Keeps requests apart as the rate of a run wants it. */
function createSlots({ rate, sleep, signal }: SenderOptions): () => Promise<void> {
  let next = 0;
  return async () => {
    if (!rate) return;
    const now = performance.now();
    const slot = Math.max(now, next);
    next = slot + 1000 / rate;
    if (slot > now) await sleep(slot - now, signal);
  };
}

/** What all requests pass: it is closed while the target wants none, which it says by a refusal or by what it has left. */
function createGate({ sleep, signal, maxWaitMs, onWait }: SenderOptions) {
  let closed: Promise<void> | undefined;
  let [underWay, opened, waitedMs] = [0, 0, 0];
  /** How many more may be sent, and when there are more; until an answer says so, nobody knows. */
  let left: { count: number; readonly reset: Asked; readonly at: number } | undefined;

  const isShut = () => closed !== undefined || (left !== undefined && left.count <= 0);

  function close(ms: number, reason: string): Promise<void> {
    if (closed) return closed;
    if (ms > 0) onWait?.({ ms, reason });
    waitedMs += ms;
    closed = sleep(ms, signal).finally(() => {
      closed = undefined;
      left = undefined;
      opened++;
    });
    return closed;
  }

  return {
    close,
    isShut,
    /** How often it was opened again. */
    opened: () => opened,
    waitedMs: () => waitedMs,
    /** Waits until it is open. */
    async open(): Promise<void> {
      while (isShut()) {
        const ms = left ? Math.max(0, left.reset.ms - (performance.now() - left.at)) : 0;
        await (closed ?? close(ms, `the target limits requests (none left, ${left?.reset.by})`));
      }
    },
    passed(): void {
      underWay++;
      if (left) left.count--;
    },
    answered(response: WireResponse | undefined): void {
      underWay--;
      if (!response || closed) return;
      // What is longer away than the run waits is left to the refusals: some count a day, and serve all the same.
      const quotas = quotasIn(response.headers).filter(({ reset }) => reset.ms <= maxWaitMs);
      const count = Math.min(...quotas.map(({ remaining }) => remaining)) - underWay;
      const tightest = longest(
        quotas.filter(({ remaining }) => remaining - underWay <= count).map(({ reset }) => reset),
      );
      left = tightest && { count, reset: tightest, at: performance.now() };
    },
  };
}
