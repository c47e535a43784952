import type { MemorySandbox, MemoryStore } from "./memory.ts";
import { type Changed, type Head, headLine, lineOf, type SandboxState, type StateLog } from "./state.ts";
import type { Collection, Sandbox, Store } from "./store.ts";

/** A state is written anew, without what is out of date, when it has grown so much. */
const growth = { times: 3, bytes: 4 * 1024 * 1024 };

export type DurableOptions = {
  readonly log: StateLog;
  /** What the state is of. */
  readonly head: Head;
  /** Told what an operator should know. */
  readonly say: (line: string) => void;
};

/** A store whose sandboxes outlive the process. */
export type DurableStore = Store & {
  /** Writes everything anew, for another document. */
  rewrite(head: Head): void;
  close(): Promise<void>;
};

/**
 * Makes a store of memory outlive its process: what changes is written behind the state, what has come together at once, and
 * `commit` of a sandbox waits for it. A change and the answer that is kept for it under an idempotency key are written in one
 * line, unless a handler waits for something else between its last change and its answer. The journal and the faults are not
 * kept. Throws what the log throws where it cannot be written at all.
 */
export function createDurableStore(memory: MemoryStore, options: DurableOptions): DurableStore {
  const writer = createWriter(memory, options);
  const opened = new Map<string, { readonly own: MemorySandbox; readonly sandbox: Sandbox }>();
  writer.rewrite();

  return {
    async sandbox(apiKey) {
      const own = await memory.sandbox(apiKey);
      const known = opened.get(apiKey);
      if (known?.own === own) return known.sandbox;
      for (const key of opened.keys()) if (!memory.all().has(key)) opened.delete(key);
      const sandbox = watched(own, writer.of(apiKey), () => writer.written());
      opened.set(apiKey, { own, sandbox });
      // It was forgotten in between, and begins anew.
      if (known) writer.of(apiKey).whole();
      return sandbox;
    },
    list: () => memory.list(),
    stop: () => memory.stop(),
    snapshots: memory.snapshots,
    async remove(apiKey) {
      const isRemoved = await memory.remove(apiKey);
      if (isRemoved) writer.of(apiKey).whole();
      await writer.written();
      return isRemoved;
    },
    async reset() {
      await memory.reset();
      for (const apiKey of memory.all().keys()) writer.of(apiKey).whole();
      await writer.written();
    },
    rewrite: (head) => writer.tidy(head),
    async close() {
      try {
        writer.flush();
      } finally {
        options.log.close();
      }
    },
  };
}

/** What a sandbox holds beyond the fixtures that nobody has changed. */
const fresh: SandboxState = { collections: {}, idempotency: [] };

/** Takes note of what changes in one sandbox. */
type Note = {
  record(collection: string, id: string, isLast: boolean): void;
  key(key: string): void;
  clock(): void;
  whole(): void;
};

function createWriter(memory: MemoryStore, options: DurableOptions) {
  const { log, say } = options;
  const changes: Changes = new Map();
  const batch = createBatch(flush, (error) =>
    say(`Cannot write ${log.name}, so that writes are answered 500: ${error.message}.`),
  );
  let { head } = options;
  let rewrittenSize = 0;

  function flush(): void {
    if (changes.size === 0) return;
    const sandboxes = memory.all();
    const lines = [...changes].flatMap(([apiKey, changed]) => {
      const sandbox = sandboxes.get(apiKey)?.sandbox;
      if (changed === "whole") return [lineOf(apiKey, sandbox?.state() ?? fresh, true)];
      return sandbox ? [lineOf(apiKey, sandbox.state(changed), false)] : [];
    });
    log.append(lines.join(""));
    // From here on it is written; what could not be is written with the next.
    changes.clear();
    if (log.size > Math.max(growth.bytes, growth.times * rewrittenSize)) tidy();
  }

  function rewrite(): void {
    const lines = [...memory.all()].map(([apiKey, { sandbox }]) => lineOf(apiKey, sandbox.state(), true));
    log.replace(headLine(head) + lines.join(""));
    changes.clear();
    rewrittenSize = log.size;
  }

  function tidy(of = head): void {
    head = of;
    try {
      rewrite();
    } catch (error) {
      rewrittenSize = log.size;
      say(`Cannot write ${log.name} anew, so it grows on: ${(error as Error).message}.`);
    }
  }

  return {
    of: (apiKey: string) => noteOf(apiKey, changes, () => batch.begin()),
    flush,
    rewrite,
    tidy,
    /** Resolves once everything that has changed so far is written. */
    written: () => (changes.size > 0 ? batch.begin() : batch.running()),
  };
}

/** Does some work once for all that ask for it in one turn. */
function createBatch(work: () => void, tell: (error: Error) => void) {
  const later: (work: () => void) => unknown = globalThis.setImmediate ?? ((work) => setTimeout(work, 0));
  let running: Promise<void> | undefined;
  let isTold = false;

  function run(): void {
    running = undefined;
    try {
      work();
      isTold = false;
    } catch (error) {
      if (!isTold) tell(error as Error);
      isTold = true;
      throw error;
    }
  }

  return {
    begin(): Promise<void> {
      if (running) return running;
      running = new Promise<void>((resolve) => later(resolve)).then(run);
      // Whoever waits is told; what nobody waits for is done with the next.
      running.catch(() => {});
      return running;
    },
    running: () => running ?? Promise.resolve(),
  };
}

/** By API key, what of a sandbox has changed since it was written. */
type Changes = Map<string, Changed | "whole">;

/** Takes note of the changes of one sandbox; `begin` has them written. */
function noteOf(apiKey: string, changes: Changes, begin: () => void): Note {
  function changed(): Changed | undefined {
    const known = changes.get(apiKey);
    begin();
    if (known === "whole") return undefined;
    const changed = known ?? { collections: new Map(), keys: new Set(), clock: false };
    changes.set(apiKey, changed);
    return changed;
  }
  return {
    record(collection, id, isLast) {
      const ids = changed()?.collections;
      if (!ids) return;
      const known = ids.get(collection) ?? new Map<string, boolean>();
      ids.set(collection, known);
      const wasLast = known.get(id) === true;
      if (isLast) known.delete(id);
      known.set(id, isLast || wasLast);
    },
    key: (key) => void changed()?.keys.add(key),
    clock() {
      const one = changed();
      if (one) one.clock = true;
    },
    whole() {
      changes.set(apiKey, "whole");
      begin();
    },
  };
}

/** A sandbox that takes note of each change as it is made. */
function watched(own: MemorySandbox, note: Note, written: () => Promise<void>): Sandbox {
  const { idempotency, clock } = own;
  const collections = new WeakMap<object, Collection>();
  const collection = (name: string): Collection => {
    const opened = own.open(name);
    const known = collections.get(opened) ?? watchedCollection(opened, name, note);
    collections.set(opened, known);
    return known;
  };
  return {
    ...own,
    // Whoever names a collection knows what its records are.
    collection: <T extends object>(name: string) => collection(name) as unknown as Collection<T>,
    idempotency: {
      ...idempotency,
      async keep(ticket, answer) {
        const kept = idempotency.keep(ticket, answer);
        note.key(ticket.key);
        await kept;
      },
    },
    clock: {
      ...clock,
      async change(change) {
        const state = await clock.change(change);
        note.clock();
        return state;
      },
    },
    async restore(snapshot) {
      await own.restore(snapshot);
      note.whole();
    },
    async reset() {
      await own.reset();
      note.whole();
    },
    commit: written,
  };
}

/** The records are noted in the turn in which they change, so that no flush comes between. */
function watchedCollection(own: ReturnType<MemorySandbox["open"]>, name: string, note: Note): Collection {
  return {
    ...own,
    insert(record, origin) {
      const inserted = own.insert(record, origin);
      note.record(name, own.idOf(record), true);
      return inserted;
    },
    async add(record) {
      const isAdded = await own.add(record);
      if (isAdded) note.record(name, own.idOf(record), true);
      return isAdded;
    },
    update(id, change) {
      const updated = own.update(id, change);
      note.record(name, id, false);
      return updated;
    },
    remove(id) {
      const removed = own.remove(id);
      note.record(name, id, false);
      return removed;
    },
  };
}
