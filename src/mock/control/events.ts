import type { Delivery, KeptEntry, Sandbox } from "../store/store.ts";

/** How often a stream without news says that it is still there, in milliseconds. */
const heartbeatMs = 15_000;

/** The most events that are sent in one piece. */
const mostAtOnce = 100;

export type EventsOptions = {
  readonly sandbox: Sandbox;
  /** The id of the last entry that the client has seen; what came before the stream is left out unless told. */
  readonly after: number | undefined;
  readonly passes: (entry: KeptEntry) => boolean;
  /** An entry as a client reads it. */
  readonly body: (entry: KeptEntry) => object;
  /** A delivery as a client reads it; none is told of unless there is this. */
  readonly delivered: ((delivery: Delivery) => object) | undefined;
  /** Has the stream ended when the mock is closed. */
  readonly hold: (end: () => void) => () => void;
};

/**
 * The journal as it is written, and the deliveries of webhooks, as server-sent events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html). Nothing is read from either before the client has taken what
 * came before: of what had to go meanwhile it is told the number.
 */
export function eventStream(options: EventsOptions, signal: AbortSignal): ReadableStream<Uint8Array> {
  const ended = new AbortController();
  const encoder = new TextEncoder();
  let seen: Seen;

  const end = () => {
    ended.abort();
    release();
  };
  const release = options.hold(end);

  return new ReadableStream({
    async start(controller) {
      signal.addEventListener("abort", end, { once: true });
      seen = await beginning(options);
      controller.enqueue(encoder.encode(": what comes is told as it comes\n\n"));
    },
    async pull(controller) {
      const until = performance.now() + heartbeatMs;
      while (!ended.signal.aborted) {
        const { text, ...now } = await unseen(options, seen);
        seen = now;
        const left = until - performance.now();
        if (text !== "" || left <= 0) return controller.enqueue(encoder.encode(text || ":\n\n"));
        await news(options, seen, left, ended.signal);
      }
      controller.close();
    },
    cancel: end,
  });
}

/** How much a client has seen: the last entry of the journal and the last change of a delivery. */
type Seen = { readonly entry: number; readonly change: number };

async function beginning({ sandbox, after }: EventsOptions): Promise<Seen> {
  const { journal, webhooks } = sandbox;
  const [{ last }, changes] = await Promise.all([journal.read(Number.POSITIVE_INFINITY), webhooks.changes()]);
  if (after === undefined) return { entry: last, change: changes.last };
  // A number beyond the last is of a journal before this one, such as that of a mock that was started again.
  const entry = after > last ? 0 : after;
  // A delivery has no number of its own there: those since that entry are told, though some of them may have been.
  const first = changes.entries.find(({ request }) => request >= entry);
  return { entry, change: first ? first.id - 1 : changes.last };
}

/** The events behind what was seen, as many as go in one piece, and what has been seen after them. */
async function unseen(
  { sandbox, passes, body, delivered }: EventsOptions,
  seen: Seen,
): Promise<Seen & { text: string }> {
  const { journal, webhooks } = sandbox;
  const [requests, changes] = await Promise.all([journal.read(seen.entry), webhooks.changes(seen.change)]);
  const taken = requests.entries.slice(0, mostAtOnce);
  const changed = changes.entries.slice(0, mostAtOnce);
  const texts = taken.filter(passes).map((entry) => eventText("request", body(entry), entry.id));
  const missed = (taken[0]?.id ?? requests.last + 1) - 1 - seen.entry;
  if (missed > 0) texts.unshift(eventText("evicted", { of: "requests", count: missed }, seen.entry + missed));
  if (delivered) {
    const lost = (changed[0]?.id ?? changes.last + 1) - 1 - seen.change;
    if (lost > 0) texts.push(eventText("evicted", { of: "deliveries", count: lost }));
    texts.push(...changed.map(({ delivery }) => eventText("delivery", delivered(delivery))));
  }
  return {
    text: texts.join(""),
    entry: taken.at(-1)?.id ?? requests.last,
    change: changed.at(-1)?.id ?? changes.last,
  };
}

/** Resolves once something comes behind what was seen. */
async function news({ sandbox }: EventsOptions, seen: Seen, waitMs: number, signal: AbortSignal): Promise<void> {
  // It may have ended while the last of it was read.
  if (signal.aborted) return;
  const enough = new AbortController();
  const end = () => enough.abort();
  signal.addEventListener("abort", end);
  await Promise.race([
    sandbox.journal.next(seen.entry, waitMs, enough.signal),
    sandbox.webhooks.next(seen.change, waitMs, enough.signal),
  ]);
  signal.removeEventListener("abort", end);
  end();
}

function eventText(event: string, data: object, id?: number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
