import { exactOf } from "../../../document/exact.ts";
import type { MemoryClock } from "../clock.ts";
import { createCourier, type Entry } from "../courier.ts";
import type { Change, Delivery, DeliveryChange, Receiver, WebhookEvent, Webhooks } from "../store.ts";
import { announcedEvent, checkedEvent, fetchAnew, type GivenOptions, observed, wantedBy } from "../webhooks.ts";
import { numbersBefore, sharedLog, swapped } from "./log.ts";
import { type Place, type State, stateOf, text } from "./place.ts";
import * as postScripts from "./scripts/post.ts";
import * as recordScripts from "./scripts/records.ts";
import * as sandboxScripts from "./scripts/sandbox.ts";

/** How many changes of deliveries are kept. */
const mostSent = 1000;

/** The webhooks of a shared sandbox. Of all processes one delivers, as long as it renews its claim. */
export type Post = Omit<Webhooks, "send"> & {
  /** The deliveries that changes make, as texts without their beginning. */
  announced(changes: readonly Change[], state: State): string[];
  /** The deliveries of an event. Throws a `TypeError` where it is not as the document declares it. */
  sending(type: string, data: unknown, state: State): string[];
  /** Has what waits delivered by some process. */
  kick(): void;
};

export function createPost(place: Place): Post {
  const { run, shared } = place;
  const options: GivenOptions = { log: shared.log, ...shared.webhooks };
  const { receivers: first = [] } = options;
  const changes = sharedLog<DeliveryChange>(place, "sent", (written) => {
    const { numbers, rest } = numbersBefore(written, 1);
    return { request: numbers[0]!, delivery: exactOf(rest) as Delivery };
  });
  const receiversIn = ({ receivers }: State) =>
    receivers === undefined ? first : (exactOf(receivers) as readonly Receiver[]);
  const deliverer = createDeliverer(place, options);
  const deliveriesOf = (event: WebhookEvent, state: State) =>
    wantedBy(receiversIn(state), event).map((url) =>
      JSON.stringify({ url, event, state: "pending", attempts: [] }).slice(1),
    );

  return {
    announced(changed, state) {
      if (!options.announce || receiversIn(state).length === 0) return [];
      return changed.flatMap((change) => {
        const event = announcedEvent(change, state.now, options);
        return event ? deliveriesOf(event, state) : [];
      });
    },
    sending: (type, data, state) => deliveriesOf(checkedEvent(type, data, state.now, options.check), state),
    kick: deliverer.kick,
    receivers: async () => receiversIn(stateOf(await run(recordScripts.look))),
    setReceivers: (next) =>
      swapped(place, "receivers", { read: (written) => ({ written }), write: ({ written }) => written }, (state) => {
        state.written = JSON.stringify(next);
      }),
    async deliveries() {
      const [, flat, evicted] = await run(postScripts.deliveries);
      const texts = Array.isArray(flat) ? flat.filter((_, index) => index % 2 === 1) : [];
      const items = texts.map((one) => exactOf(one) as Delivery).sort((a, b) => numberOf(a.id) - numberOf(b.id));
      return { items, evicted: Number(evicted) };
    },
    async replay(id) {
      const found = text((await run(postScripts.delivery, id))[1]);
      return found === "" ? undefined : deliverer.again(entryOf(found));
    },
    changes: changes.read,
    next: changes.next,
    async clear() {
      await run(postScripts.clearDeliveries);
      deliverer.drop();
    },
    stop: deliverer.stop,
  };
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}

function entryOf(written: string): Entry {
  return { ...(exactOf(written) as Delivery), isQueued: false };
}

/** Delivers what waits in one sandbox, while no other process does. */
function createDeliverer(place: Place, options: GivenOptions) {
  const { run, key, shared } = place;
  const { connection, token, leaseMs } = shared;
  const clock = createMirror();
  const notes = createNotes(place, options);
  const open = () => createCourier({ deliver: options.deliver ?? fetchAnew, clock, changed: notes.changed });
  const courier = open();
  const { kick, later, rest } = createAsking(ask, {
    leaseMs,
    listen: (heard) => connection.listen(`${key}:post`, heard),
  });
  /** Which deliveries these are: others, once they were cleared or the sandbox was reset. */
  let round = "";
  let latest = 0;

  function forget(): void {
    courier.clear();
    latest = 0;
    round = "";
  }

  async function ask(): Promise<void> {
    const [outcome, now, time, frozen, waiting] = await run(
      postScripts.claim,
      token,
      String(leaseMs),
      String(latest),
      round,
    );
    if (outcome !== "mine" || (round !== "" && now !== round)) forget();
    if (outcome === "none") return rest();
    if (outcome === "other") later(leaseMs);
    // It may have been told to rest meanwhile.
    if (outcome !== "mine" || !later(leaseMs / 3)) return;
    round = text(now);
    clock.set(Number(time), frozen === "1");
    for (const entry of (Array.isArray(waiting) ? waiting : []).map(entryOf)) {
      latest = Math.max(latest, numberOf(entry.id));
      courier.take(entry);
    }
    courier.wake();
  }

  return {
    kick,
    drop: forget,
    /** Sends a delivery once more, whoever delivers the others. */
    async again(entry: Entry): Promise<Delivery> {
      const [, now, frozen] = await run(sandboxScripts.readClock);
      clock.set(Number(now), frozen === "1");
      const alone = open();
      await alone.resend(entry);
      alone.clear();
      await notes.written();
      const { isQueued: _, ...delivery } = entry;
      return delivery;
    },
    async stop() {
      const had = round !== "";
      rest();
      forget();
      await notes.written();
      // Whoever goes on with them need not wait until the claim has run out.
      if (had) await run(postScripts.resign, token).catch(() => {});
    },
  };
}

/** Does some work when it is asked for, and once more where it is asked for meanwhile. */
function createAsking(
  work: () => Promise<void>,
  { leaseMs, listen }: { readonly leaseMs: number; readonly listen: (heard: () => void) => () => void },
) {
  let [isAsking, isAskedAgain] = [false, false];
  let silence: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isResting = false;

  function kick(): void {
    isResting = false;
    ask();
  }

  function ask(): void {
    if (isResting) return;
    isAskedAgain = isAsking;
    if (isAsking) return;
    isAsking = true;
    work()
      .catch(() => void later(leaseMs))
      .finally(() => {
        isAsking = false;
        if (isAskedAgain) ask();
      });
  }

  /** Asks again after a while, or when somebody says that there is something new; not where it rests. */
  function later(waitMs: number): boolean {
    if (isResting) return false;
    clearTimeout(timer);
    silence ??= listen(ask);
    timer = setTimeout(ask, waitMs);
    timer.unref();
    return true;
  }

  /** No longer asks by itself, until it is asked for. */
  function rest(): void {
    isResting = true;
    silence?.();
    silence = undefined;
    clearTimeout(timer);
  }

  return { kick, later, rest };
}

/** Writes what becomes of deliveries. */
function createNotes({ run, name }: Place, options: GivenOptions) {
  const writing = new Set<Promise<unknown>>();
  return {
    changed({ isQueued: _, ...delivery }: Entry): void {
      observed({ ...delivery }, name, options);
      const isSettled = delivery.state === "pending" ? "" : "1";
      const write = () => run(postScripts.sent, delivery.id, JSON.stringify(delivery), isSettled, String(mostSent));
      // Once more where Redis was away; after that, the next attempt tells.
      const again = () => new Promise((resolve) => setTimeout(resolve, 1000).unref()).then(write);
      const done = write()
        .catch(again)
        .catch(() => {})
        .finally(() => writing.delete(done));
      writing.add(done);
    },
    written: () => Promise.all(writing),
  };
}

/** The clock of a sandbox as it was read last, going on since. */
function createMirror(): Pick<MemoryClock, "at"> & { set(now: number, frozen: boolean): void } {
  let [read, at, stands] = [0, 0, true];
  return {
    set(now, frozen) {
      [read, at, stands] = [now, performance.now(), frozen];
    },
    at: () => ({ now: stands ? read : Math.round(read + performance.now() - at), frozen: stands }),
  };
}
