import { isObject, type JsonObject } from "../../document/validator.ts";
import type { Fixtures, History, KeptRecord } from "./store.ts";

/** A state that cannot be taken up; the message says why, and what would be right. */
export class StateError extends Error {
  override name = "StateError";
}

/** What a sandbox holds beyond the fixtures, as plain data. */
export type SandboxState = {
  /** What has taken the place of the fixtures; they stand unless told. */
  readonly base?: Fixtures | undefined;
  readonly collections: Readonly<Record<string, CollectionState>>;
  readonly idempotency: readonly KeptRecord[];
  readonly clock?: ClockSetting | undefined;
};

/** Leaves out of the state of a sandbox what no longer fits; the sandbox is told by its name. */
export type Fit = (state: SandboxState, sandbox: string) => SandboxState;

/** What has become of the records of a collection: those that were written, made up or taken away. */
export type CollectionState = { readonly history: History; readonly records: readonly RecordState[] };

export type RecordState = {
  readonly id: string;
  /** `null` where it was taken away. */
  readonly record: JsonObject | null;
  /** Whether nobody has written it. */
  readonly madeUp?: boolean | undefined;
  /** Whether it has come behind all others. */
  readonly isLast?: boolean | undefined;
};

/** How far a clock is ahead of the real time, in milliseconds, and where it stands still. */
export type ClockSetting = { readonly aheadMs: number; readonly stoppedAt?: number | undefined };

/** What of a sandbox has changed: ids by collection, each with whether it came last; idempotency keys; the clock. */
export type Changed = {
  readonly collections: Map<string, Map<string, boolean>>;
  readonly keys: Set<string>;
  clock: boolean;
};

/**
 * Where a state is kept: a text of lines that grows at its end, and is replaced as a whole when it has grown too long. What it
 * throws, such as for a full disk, it throws before anything is half done.
 */
export type StateLog = {
  /** What it is called in messages. */
  readonly name: string;
  /** The text that was there when it was opened. */
  readonly text: string;
  /** How long it is now, in bytes. */
  readonly size: number;
  append(text: string): void;
  /** Puts a text in the place of all, in one step. */
  replace(text: string): void;
  /** Lets go of it. */
  close(): void;
};

/** A line of a state: what has changed of one sandbox, or all that it holds. */
type Line = SandboxState & { readonly sandbox: string; readonly isWhole?: boolean };

/** A line that says how a sandbox is, or what of it has changed. */
export function lineOf(sandbox: string, state: SandboxState, isWhole: boolean): string {
  return `${JSON.stringify({ sandbox, ...(isWhole ? { isWhole } : {}), ...state } satisfies Line)}\n`;
}

/** What the first line of a state says of its document: its title, and the names of its collections. */
export type Head = { readonly document: string; readonly collections: readonly string[] };

export function headLine(head: Head): string {
  return `${JSON.stringify({ understudy: "state", version: 1, ...head })}\n`;
}

/** A state that was read: which collections its document had, and what each sandbox held, by its API key. */
export type ReadState = {
  readonly collections: readonly string[];
  readonly sandboxes: ReadonlyMap<string, SandboxState>;
};

/** Reads a state. What was cut off at the end is left out. Throws a `StateError`. */
export function readState({ name, text }: StateLog, document: string): ReadState {
  const states = new Map<string, Gathered>();
  if (text === "") return { collections: [], sandboxes: new Map() };
  const [first = "", ...lines] = text.split("\n");
  const head = checkedHead(name, first, document);
  // Behind the last line break there is nothing, or what a process was writing as it was killed.
  for (const [index, text] of lines.slice(0, -1).entries()) {
    const line = parsed(text);
    if (!isLine(line))
      throw new StateError(
        `${name}:${index + 2} is broken: it should be an object that says what has changed of a sandbox. The file was left as it is; give another one, or mend it.`,
      );
    const before = states.get(line.sandbox);
    const into: Gathered = before && !line.isWhole ? before : { collections: new Map(), keys: new Map() };
    states.set(line.sandbox, into);
    gather(into, line);
  }
  const sandboxes = new Map([...states].map(([sandbox, one]) => [sandbox, stateOf(one)]));
  return { collections: head.collections, sandboxes };
}

function checkedHead(name: string, received: string, document: string): Head {
  const head = parsed(received);
  const left = "The file was left as it is; give another one.";
  if (!isObject(head) || head.understudy !== "state") {
    const shown = received.length > 40 ? `${received.slice(0, 40)}…` : received;
    throw new StateError(
      `${name} is no state of a mock: its first line should be ${headLine({ document, collections: [] }).trimEnd()}; received ${JSON.stringify(shown)}. ${left}`,
    );
  }
  if (head.version !== 1)
    throw new StateError(`${name} is a state of version ${head.version}, and this program knows version 1. ${left}`);
  if (head.document !== document)
    throw new StateError(
      `${name} is the state of another document, ${JSON.stringify(head.document)}; this one is ${JSON.stringify(document)}. ${left}`,
    );
  return { document, collections: Array.isArray(head.collections) ? head.collections.map(String) : [] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLine(value: unknown): value is Line {
  return (
    isObject(value) &&
    typeof value.sandbox === "string" &&
    Array.isArray(value.idempotency) &&
    isObject(value.collections) &&
    Object.values(value.collections).every((one) => isObject(one) && Array.isArray(one.records))
  );
}

/** What several lines say of one sandbox. */
type Gathered = {
  base?: Fixtures | undefined;
  readonly collections: Map<string, { history: History; readonly records: Map<string, RecordState> }>;
  readonly keys: Map<string, KeptRecord>;
  clock?: ClockSetting | undefined;
};

function gather(into: Gathered, { base, collections, idempotency, clock }: Line): void {
  if (base) into.base = base;
  if (clock) into.clock = clock;
  for (const [name, { history, records }] of Object.entries(collections)) {
    const known = into.collections.get(name) ?? { history, records: new Map<string, RecordState>() };
    into.collections.set(name, known);
    known.history = history;
    for (const one of records) {
      if (one.isLast) known.records.delete(one.id);
      known.records.set(one.id, one);
    }
  }
  for (const record of idempotency) {
    into.keys.delete(record.key);
    into.keys.set(record.key, record);
  }
}

function stateOf({ base, collections, keys, clock }: Gathered): SandboxState {
  const held = [...collections].map(([name, { history, records }]) => [
    name,
    { history, records: [...records.values()] },
  ]);
  return { base, collections: Object.fromEntries(held), idempotency: [...keys.values()], clock };
}
