import type { KeptEntry, Sandbox } from "./store/store.ts";

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
  /** Has the stream ended when the mock is closed. */
  readonly hold: (end: () => void) => () => void;
};

/**
 * The journal as it is written, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). Nothing is
 * read from the journal before the client has taken what came before: of what had to go meanwhile it is told the number.
 */
export function eventStream(options: EventsOptions, signal: AbortSignal): ReadableStream<Uint8Array> {
  const { sandbox, hold } = options;
  const { journal } = sandbox;
  const ended = new AbortController();
  const encoder = new TextEncoder();
  let seen = options.after;

  const end = () => {
    ended.abort();
    release();
  };
  const release = hold(end);

  return new ReadableStream({
    async start(controller) {
      signal.addEventListener("abort", end, { once: true });
      const { last } = await journal.read(Number.POSITIVE_INFINITY);
      // A number beyond the last is of a journal before this one, such as that of a mock that was started again.
      seen = seen === undefined ? last : seen > last ? 0 : seen;
      controller.enqueue(encoder.encode(": what comes is told as it comes\n\n"));
    },
    async pull(controller) {
      const until = performance.now() + heartbeatMs;
      while (!ended.signal.aborted) {
        const { text, last } = await unseen(options, seen!);
        seen = last;
        const left = until - performance.now();
        if (text !== "" || left <= 0) return controller.enqueue(encoder.encode(text || ":\n\n"));
        await journal.next(last, left, ended.signal);
      }
      controller.close();
    },
    cancel: end,
  });
}

/** The events behind an entry, as many as go in one piece, and the last entry that was looked at. */
async function unseen({ sandbox, passes, body }: EventsOptions, after: number) {
  const { entries, last } = await sandbox.journal.read(after);
  const missed = (entries[0]?.id ?? last + 1) - 1 - after;
  const taken = entries.slice(0, mostAtOnce);
  const texts = taken.filter(passes).map((entry) => eventText("request", body(entry), entry.id));
  if (missed > 0) texts.unshift(eventText("evicted", { count: missed }, after + missed));
  return { text: texts.join(""), last: taken.at(-1)?.id ?? last };
}

function eventText(event: string, data: object, id?: number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
