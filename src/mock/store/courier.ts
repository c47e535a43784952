import { attempted } from "./attempt.ts";
import type { MemoryClock } from "./clock.ts";
import type { Delivery } from "./store.ts";

/** How long the next delivery to a receiver waits for the one before it, in milliseconds of real time. */
const patienceMs = 250;

/** How long a receiver that has failed again and again is let alone at most, in milliseconds of real time, so that the API is not slowed. */
const longestRestMs = 25;

/** The most attempts that are under way to one receiver at once. */
const mostAtOnce = 8;

/** Retries come after 1 s, 2 s, 4 s ... and at last every hour, for a day, by the sandbox's clock. */
const firstWaitMs = 1000;
const longestWaitMs = 3_600_000;
const givenUpMs = 24 * 3_600_000;

/** The most attempts that a delivery tells of. */
export const mostAttempts = 100;

/** The longest timer of a platform, in milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

/** A delivery as it goes on, and whether it waits in its lane. */
export type Entry = { -readonly [Member in keyof Delivery]: Delivery[Member] } & { isQueued: boolean };

export type CourierOptions = {
  /** What carries the requests. */
  readonly deliver: (request: Request) => Promise<Response>;
  readonly clock: Pick<MemoryClock, "at">;
  /** Told after every attempt. */
  readonly changed: (entry: Entry) => void;
};

/** Carries deliveries to their receivers, each of which holds up nobody but itself. */
export type Courier = {
  /** Takes a delivery, at once or, where it was tried before, when it is due. */
  take(entry: Entry): void;
  /** Sends a delivery now, in whatever place it waits; resolves after the attempt. */
  resend(entry: Entry): Promise<void>;
  /** Looks again at what is due. */
  wake(): void;
  /** Calls off what is under way; it goes on when something is taken, or due after the clock was changed. */
  stop(): void;
  /** Forgets all deliveries. */
  clear(): void;
};

export function createCourier({ deliver, clock, changed }: CourierOptions): Courier {
  const lanes = new Map<string, Lane>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopping = new AbortController();
  let isStopped = false;

  function laneOf(url: string): Lane {
    const lane = lanes.get(url) ?? createLane({ send, arm, now: () => clock.at().now, isOpen: () => !isStopped });
    lanes.set(url, lane);
    return lane;
  }

  async function send(entry: Entry): Promise<void> {
    const { signal } = stopping;
    const attempt = await attempted(entry, { deliver, clock, signal });
    // What was called off counts as not tried.
    if (!signal.aborted) {
      settle(entry, attempt);
      changed(entry);
    }
    if (entry.state === "pending") lanes.get(entry.url)?.retry(entry);
  }

  /** Waits for the next retry, as far as time goes on. */
  function arm(): void {
    clearTimeout(timer);
    const { now, frozen } = clock.at();
    const due = Math.min(...[...lanes.values()].map((lane) => lane.due())) - now;
    if (isStopped || frozen || due === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(wake, Math.min(Math.max(due, 10), longestTimerMs));
    timer.unref?.();
  }

  function wake(): void {
    isStopped = false;
    for (const lane of lanes.values()) lane.pump();
    arm();
  }

  function stop(): void {
    isStopped = true;
    clearTimeout(timer);
    stopping.abort();
    stopping = new AbortController();
  }

  return {
    take(entry) {
      isStopped = false;
      const lane = laneOf(entry.url);
      if (entry.attempts.length > 0) lane.retry(entry);
      else lane.take(entry);
    },
    async resend(entry) {
      laneOf(entry.url).withdraw(entry);
      await send(entry);
    },
    wake,
    stop,
    clear() {
      lanes.clear();
      stop();
    },
  };
}

/** The way to one receiver. */
type Lane = {
  take(entry: Entry): void;
  retry(entry: Entry): void;
  withdraw(entry: Entry): void;
  /** Sends what is due, as far as the receiver is ready for it. */
  pump(): void;
  /** When the next retry is due, in milliseconds since 1970. */
  due(): number;
};

type LaneOptions = {
  readonly send: (entry: Entry) => Promise<void>;
  readonly arm: () => void;
  readonly now: () => number;
  readonly isOpen: () => boolean;
};

/** Deliveries go in their order, but for those that are tried again, and past those that are slow. */
function createLane({ send, arm, now, isOpen }: LaneOptions): Lane {
  let fresh: Entry[] = [];
  let retries: Entry[] = [];
  let underWay = 0;
  let awaited: Entry | undefined;
  /** How many attempts have failed in a row. */
  let failures = 0;
  const due = () => retries[0]?.nextAttemptAt ?? Number.POSITIVE_INFINITY;

  function pump(): void {
    while (isOpen() && !awaited && underWay < mostAtOnce) {
      const entry = due() <= now() ? retries.shift() : fresh.shift();
      if (!entry) break;
      entry.isQueued = false;
      // One that was dropped meanwhile is not sent.
      if (entry.state === "pending") void carry(entry);
    }
    arm();
  }

  async function carry(entry: Entry): Promise<void> {
    underWay += 1;
    awaited = entry;
    const goOn = () => {
      if (awaited === entry) awaited = undefined;
      pump();
    };
    const patience = setTimeout(goOn, patienceMs);
    patience.unref?.();
    await send(entry);
    clearTimeout(patience);
    underWay -= 1;
    failures = entry.state === "acknowledged" ? 0 : failures + 1;
    if (failures === 0) return goOn();
    const rest = setTimeout(goOn, Math.min(failures, longestRestMs));
    rest.unref?.();
  }

  return {
    take(entry) {
      entry.isQueued = true;
      fresh.push(entry);
      // Behind the write that it tells of, which does not wait for it.
      queueMicrotask(pump);
    },
    retry(entry) {
      if (entry.isQueued) return;
      entry.isQueued = true;
      const place = retries.findLastIndex(({ nextAttemptAt }) => nextAttemptAt! <= entry.nextAttemptAt!);
      retries.splice(place + 1, 0, entry);
      arm();
    },
    withdraw(entry) {
      fresh = fresh.filter((one) => one !== entry);
      retries = retries.filter((one) => one !== entry);
      entry.isQueued = false;
    },
    pump,
    due,
  };
}

/** What an attempt makes of a delivery: acknowledged by any 2xx, else to be tried again, for long enough. */
function settle(entry: Entry, attempt: Delivery["attempts"][number]): void {
  entry.attempts = [...entry.attempts, attempt].slice(-mostAttempts);
  if (attempt.status !== undefined && attempt.status >= 200 && attempt.status < 300) {
    entry.state = "acknowledged";
    entry.nextAttemptAt = undefined;
  } else if (entry.state === "pending") {
    entry.nextAttemptAt = nextAttemptOf(entry, attempt.at);
    if (entry.nextAttemptAt === undefined) entry.state = "failed";
  }
}

/** When a delivery is tried again after an attempt; `undefined` where it has been tried for long enough. */
function nextAttemptOf({ attempts }: Entry, at: number): number | undefined {
  const waitMs = Math.min(firstWaitMs * 2 ** (attempts.length - 1), longestWaitMs);
  return at + waitMs - attempts[0]!.at > givenUpMs ? undefined : at + waitMs;
}
