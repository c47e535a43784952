import { jsonOf } from "../../document/exact.ts";
import { timestamp } from "../../document/moment.ts";
import type { MemoryClock } from "./clock.ts";
import { createCourier, type Entry } from "./courier.ts";
import { fits } from "./faults.ts";
import { createLog, type Log } from "./log.ts";
import type { Change, Delivery, DeliveryChange, JournalEntry, Receiver, WebhookEvent, Webhooks } from "./store.ts";

export type WebhookOptions = {
  /** The receivers of every sandbox, until others take their place. */
  readonly receivers: readonly Receiver[];
  /** What is told of a change; nothing where it answers `undefined`. */
  readonly announce: (change: Change) => { readonly type: string; readonly data: unknown } | undefined;
  /** What is wrong with an event, as a sentence. */
  readonly check: (event: WebhookEvent) => string | undefined;
  /** What carries the requests. */
  readonly deliver: (request: Request) => Promise<Response>;
  /** Told after every attempt, with the name of the sandbox. */
  readonly observe: (delivery: Delivery, sandbox: string) => void;
  /** Told what an operator should know. */
  readonly log: (line: string) => void;
};

/** What webhooks need of their sandbox. */
type Surroundings = {
  readonly clock: Pick<MemoryClock, "at">;
  readonly requests: Pick<Log<JournalEntry>, "last">;
  /** How many deliveries are kept. */
  readonly most: number;
  readonly name: string;
};

/** Makes the webhooks of a sandbox, in this process. A receiver that is slow or down holds up nobody but itself. */
export function createWebhooks(
  { receivers: first = [], announce, check, deliver = fetchAnew, observe, log }: GivenOptions,
  { clock, requests, most, name }: Surroundings,
) {
  const changes = createLog<DeliveryChange>(1000);
  const kept = createKept(most, log);
  const changed = (entry: Entry) => {
    const delivery = tell(entry);
    changes.record({ delivery, request: requests.last() });
    observed(delivery, name, { observe, log });
  };
  const courier = createCourier({ deliver, clock, changed });
  let receivers = first;

  function queue(event: WebhookEvent): void {
    for (const url of wantedBy(receivers, event)) courier.take(kept.add(url, event, clock.at().now));
  }

  return {
    async receivers() {
      return receivers;
    },
    async setReceivers(next) {
      receivers = next;
    },
    async send(type, data) {
      queue(checkedEvent(type, data, clock.at().now, check));
    },
    /** Tells of a change that has been made, in the same step: what goes wrong here is said and holds nothing up. */
    announce(change: Change): void {
      if (!announce || receivers.length === 0) return;
      const event = announcedEvent(change, clock.at().now, { announce, check, log });
      if (event) queue(event);
    },
    async deliveries() {
      return { items: kept.all().map(tell), evicted: kept.evicted() };
    },
    async replay(id) {
      const entry = kept.get(id);
      if (!entry) return undefined;
      await courier.resend(entry);
      return tell(entry);
    },
    async changes(after) {
      return changes.read(after);
    },
    next: changes.next,
    async clear() {
      courier.clear();
      kept.clear();
      changes.clear();
      receivers = first;
    },
    async stop() {
      courier.stop();
    },
    wake: courier.wake,
  } satisfies Webhooks & { announce(change: Change): void; wake(): void };
}

/** Tells an observer of a delivery; what it throws is no business of the delivery. */
export function observed(delivery: Delivery, sandbox: string, { observe, log }: GivenOptions): void {
  try {
    observe?.(delivery, sandbox);
  } catch (error) {
    log(`onDelivery failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  }
}

/** Where an event goes. */
export function wantedBy(receivers: readonly Receiver[], { type }: WebhookEvent): string[] {
  return receivers.flatMap(({ url, types }) => (!types || types.some((one) => fits(one, type)) ? [url] : []));
}

/** Makes an event. Throws a `TypeError` where it is not as the document declares it. */
export function checkedEvent(
  type: string,
  data: unknown,
  now: number,
  check: WebhookOptions["check"] = () => undefined,
): WebhookEvent {
  const event = eventOf(type, data, now);
  const wrong = check(event);
  if (wrong !== undefined) throw new TypeError(wrong);
  return event;
}

function eventOf(type: string, data: unknown, now: number): WebhookEvent {
  return { eventId: crypto.randomUUID(), type, occurredAt: timestamp(now), data };
}

/** The event that tells of a change; none where nothing has changed, and none, with a line that says why, where it goes wrong. */
export function announcedEvent(
  change: Change,
  now: number,
  { announce, check, log }: GivenOptions,
): WebhookEvent | undefined {
  if (isSame(change)) return undefined;
  try {
    const said = announce?.(change);
    const event = said && eventOf(said.type, said.data, now);
    const wrong = event && check?.(event);
    if (wrong === undefined) return event;
    log(`No webhook is sent: ${wrong}`);
  } catch (error) {
    log(`No webhook is sent: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  }
  return undefined;
}

export type GivenOptions = { readonly [Name in keyof WebhookOptions]?: WebhookOptions[Name] | undefined } & Pick<
  WebhookOptions,
  "log"
>;

/** Asked for anew every time: others may put their own in its place. */
export function fetchAnew(request: Request): Promise<Response> {
  return globalThis.fetch(request);
}

/** Keeps so many deliveries; of more, the oldest that is settled goes first. */
function createKept(most: number, log: (line: string) => void) {
  const entries = new Map<string, Entry>();
  let [made, evicted, isTold] = [0, 0, false];

  function makeRoom(): void {
    let dropped: Entry | undefined;
    for (const entry of entries.values()) {
      dropped ??= entry;
      if (entry.state === "pending") continue;
      dropped = entry;
      break;
    }
    if (!dropped) return;
    entries.delete(dropped.id);
    evicted += 1;
    if (dropped.state !== "pending") return;
    dropped.state = "failed";
    if (!isTold) log(`More than ${most} webhooks wait in a sandbox: from now on the oldest is dropped.`);
    isTold = true;
  }

  return {
    add(url: string, event: WebhookEvent, nextAttemptAt: number): Entry {
      made += 1;
      if (entries.size >= most) makeRoom();
      const entry: Entry = {
        id: `delivery-${made}`,
        url,
        event,
        state: "pending",
        attempts: [],
        nextAttemptAt,
        isQueued: false,
      };
      entries.set(entry.id, entry);
      return entry;
    },
    get: (id: string) => entries.get(id),
    all: () => [...entries.values()],
    evicted: () => evicted,
    clear(): void {
      // What is under way is not sent again.
      for (const entry of entries.values()) entry.state = "failed";
      entries.clear();
      evicted = 0;
    },
  };
}

function tell({ isQueued: _, ...entry }: Entry): Delivery {
  return { ...entry };
}

function isSame({ before, after }: Change): boolean {
  return before === after || jsonOf(before) === jsonOf(after);
}
