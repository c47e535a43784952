import { type ReadonlySignal, signal } from "@preact/signals";
import type { Control, ControlSchemas } from "../control/client.ts";
import type { ControlEvent } from "../control/events.ts";
import { takeIn } from "./told.ts";

/** How long what comes is gathered before it is shown, in milliseconds. */
const gatherMs = 150;

/** How long to wait before connecting again, in milliseconds: twice as long each time. */
const patience = { first: 500, last: 8000 };

/** The journal of a sandbox as it is written. */
export type Live = {
  /** Oldest first. */
  readonly requests: ReadonlySignal<readonly ControlSchemas["JournalEntry"][]>;
  /** How many requests were gone before they could be read. */
  readonly missed: ReadonlySignal<number>;
  readonly state: ReadonlySignal<"connecting" | "live" | "lost">;
  /** Why there is no connection. */
  readonly trouble: ReadonlySignal<unknown>;
  /** Goes up with every change that was told, of a request or of a delivery. */
  readonly news: ReadonlySignal<number>;
  /** Forgets what is held. */
  clear(): void;
  stop(): void;
};

/** Follows the events of a sandbox until it is told to stop; connects again where the stream ends, and goes on where it was. */
export function follow(control: Pick<Control, "events">): Live {
  const requests = signal<readonly ControlSchemas["JournalEntry"][]>([]);
  const [missed, news] = [signal(0), signal(0)];
  const state = signal<"connecting" | "live" | "lost">("connecting");
  const trouble = signal<unknown>(undefined);
  const ended = new AbortController();
  let gathered: ControlEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;

  function show(): void {
    timer = undefined;
    const [taken, told] = [gathered, takeIn(requests.value, gathered)];
    gathered = [];
    requests.value = told.requests;
    missed.value += told.missed;
    news.value += taken.length;
  }

  async function listen(): Promise<void> {
    const events = control.events({ after: last, signal: ended.signal });
    await events.ready;
    state.value = "live";
    trouble.value = undefined;
    for await (const event of events) {
      if (event.event === "request") last = event.data.id;
      gathered.push(event);
      timer ??= setTimeout(show, gatherMs);
    }
  }

  void (async () => {
    let waitMs = patience.first;
    while (!ended.signal.aborted) {
      try {
        await listen();
        waitMs = patience.first;
      } catch (error) {
        trouble.value = error;
      }
      if (ended.signal.aborted) return;
      state.value = "lost";
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      waitMs = Math.min(patience.last, waitMs * 2);
    }
  })();
  const stop = () => {
    ended.abort();
    clearTimeout(timer);
  };
  const clear = () => {
    gathered = [];
    requests.value = [];
    missed.value = 0;
  };
  return { requests, missed, state, trouble, news, clear, stop };
}
