import type { Answer } from "../../document/answer.ts";
import type { JsonObject } from "../../document/validator.ts";
/** Records by the names of their collections: what a sandbox is opened with. Nobody changes it: all sandboxes share it. */
export type Fixtures = { readonly [collection: string]: readonly object[] };

/** How the records of a collection are kept. */
export type CollectionOptions = {
  /** The member that identifies a record, such as `bookId`. */
  readonly id: string;
  /** The member by which the first records are ordered; as they are given unless told. */
  readonly orderBy?: string;
};

/** Where the mock keeps everything that it remembers. Asynchronous throughout, so that it may lie in another process. */
export type Store = {
  /** The world of one API key, opened from the fixtures at the key's first use. */
  sandbox(apiKey: string): Promise<Sandbox>;
  /** Every sandbox that is open, the one used last at the end. */
  list(): Promise<readonly OpenSandbox[]>;
  /** Forgets a sandbox, by its key; the next use of the key opens it anew. Answers whether there was one. */
  remove(apiKey: string): Promise<boolean>;
  /** Brings every sandbox back to the fixtures. */
  reset(): Promise<void>;
  /** Ends what goes on by itself: deliveries under way. They go on where something happens again. */
  stop(): Promise<void>;
  /** Whole states by name, for every sandbox: one can begin from another's. */
  readonly snapshots: Snapshots;
  /** Where it has something to let go of, such as connections: lets go of it. */
  close?(): Promise<void>;
};

export type KeptSnapshot = {
  /** By the clock of its sandbox, in milliseconds since 1970. */
  readonly takenAt: number;
  readonly snapshot: Snapshot & { readonly clock: ClockState };
};

export type Snapshots = {
  /** Those that were taken first at the beginning. */
  list(): Promise<readonly { readonly name: string; readonly takenAt: number }[]>;
  get(name: string): Promise<KeptSnapshot | undefined>;
  /** Keeps a snapshot in the place of one of the same name; answers `false` where it would be one more than `most`. */
  keep(name: string, kept: KeptSnapshot, most: number): Promise<boolean>;
  remove(name: string): Promise<void>;
};

export type OpenSandbox = {
  readonly apiKey: string;
  /** In milliseconds since 1970, by the real clock. */
  readonly lastUsedAt: number;
  readonly sandbox: Sandbox;
};

/** A world of its own for one API key. */
export type Sandbox = {
  /** What it is called where others may read it: its API key, masked, and a number, for many keys look the same then. */
  readonly name: string;
  /** What is made up in it follows from this number. */
  readonly seed: number;
  /** The records of one kind; a collection that nobody has named before is empty. */
  collection<T extends object = JsonObject>(name: string): Collection<T>;
  readonly idempotency: IdempotencyRecords;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly faults: FaultRules;
  readonly webhooks: Webhooks;
  /** How many records each collection has, and how many requests the journal has had since it was cleared; read without a look at them. */
  size(): Promise<{ readonly records: Readonly<Record<string, number>>; readonly requests: number }>;
  /** The latest changes of its records behind the one of this number, oldest first, all of them unless told. */
  changes(after?: number): Promise<{ readonly entries: readonly KeptChange[]; readonly evicted: number }>;
  /** The whole state but for the journal, the faults and the webhooks, for `restore` to take back. */
  snapshot(): Promise<Snapshot & { readonly clock: ClockState }>;
  /**
   * Puts a state in the place of this one; the journal, the faults and the webhooks stay, and nothing is announced. Requests still
   * running are forgotten.
   */
  restore(snapshot: Snapshot): Promise<void>;
  /** Back to the fixtures, the real time, an empty journal, no change, no fault, the first receivers of webhooks and no delivery. */
  reset(): Promise<void>;
  /** Where the sandbox outlives its process: resolves once everything that has changed so far would. Rejects where it cannot. */
  commit?(): Promise<void>;
  /**
   * Where several processes share the sandbox: does some work on it whose changes of records and whose answer under a key are
   * made in one step at its end, or not at all. Where another's changes came between, the work is done again from the beginning;
   * it should change nothing but the sandbox that it is given.
   */
  atomically?<Done>(work: (sandbox: Sandbox) => Promise<Done>): Promise<Done>;
};

/** Records of one kind, oldest first. */
export type Collection<T extends object = JsonObject> = {
  get(id: string): Promise<T | undefined>;
  /** Some of the records that pass `where`, and how many pass in all. */
  list(page: {
    offset: number;
    limit: number;
    where?: ((record: T) => boolean) | undefined;
  }): Promise<{ items: readonly T[]; total: number }>;
  /** All records whose member has this value. */
  by(member: keyof T & string, value: unknown): Promise<readonly T[]>;
  /**
   * Adds a record behind the others; a record of the same id makes way for it. One that is made up was not written by anybody:
   * the collection does not begin with it.
   */
  insert(record: T, origin?: "written" | "made up"): Promise<T>;
  /** Adds a record behind the others, unless there is one of the same id, in one step; answers whether there was none. */
  add(record: T): Promise<boolean>;
  /** Replaces a record by what `change` makes of it, in one step; answers the new one, or `undefined` where there is none. */
  update(id: string, change: (stored: T) => T): Promise<T | undefined>;
  /** Takes a record away; answers whether there was one. */
  remove(id: string): Promise<boolean>;
  /** How an id stands: of a record that somebody wrote, or that was made up; of one taken away; or never seen. */
  standing(id: string): Promise<Standing>;
  /** What has become of the collection: as the document has it, changed since, or one of records of its own. */
  history(): Promise<History>;
};

export type Standing = "written" | "made up" | "removed" | "unknown";

/** `own`: the collection began with records, or somebody has created one; what it does not hold, is not there. */
export type History = "none" | "changed" | "own";

/** The answers kept under idempotency keys. */
export type IdempotencyRecords = {
  /**
   * Takes a key for a request, or tells what stands in the way. Of several callers at once one is told `reserved`; it must
   * `keep` or `release`; where it ends before it has done either, the key is free again soon. A key that was kept is free again
   * `lifetimeMs` after its first use.
   */
  reserve(key: string, fingerprint: string, lifetimeMs: number): Promise<Reservation>;
  keep(ticket: Ticket, answer: Answer): Promise<void>;
  release(ticket: Ticket): Promise<void>;
};

export type Reservation =
  | {
      readonly state: "reserved";
      readonly ticket: Ticket;
      /** What whoever has sent the key should know: that an older one is forgotten for it. */
      readonly warning?: string;
    }
  | { readonly state: "kept"; readonly answer: Answer }
  | { readonly state: "mismatch" }
  | { readonly state: "locked" };

/** The right to settle one reservation; void once the sandbox was reset. */
export type Ticket = {
  readonly key: string;
  readonly fingerprint: string;
  /** Milliseconds since 1970, by the sandbox's clock; so is `expiresAt`. */
  readonly firstUsedAt: number;
  readonly expiresAt: number;
};

/** The time of one sandbox, in milliseconds since 1970. */
export type Clock = {
  now(): Promise<number>;
  read(): Promise<ClockState>;
  /**
   * Sets the time, moves it forward, stops it or lets it run, in this order. Rejects with a `RangeError`, and changes nothing,
   * where that would lead out of the years 1970 to 9999. A clock that runs stops at the end of 9999.
   */
  change(change: { now?: number; advanceMs?: number; frozen?: boolean }): Promise<ClockState>;
};

export type ClockState = { readonly now: number; readonly frozen: boolean };

/** What a sandbox was asked and what it answered; only the latest, for its size is bounded. */
export type Journal = {
  record(entry: JournalEntry): Promise<void>;
  /**
   * Those behind the entry of this id, oldest first, all of them unless told; `evicted` counts those that had to go, `last` is the
   * id of the latest that there ever was.
   */
  read(after?: number): Promise<{
    readonly entries: readonly KeptEntry[];
    readonly evicted: number;
    readonly last: number;
  }>;
  /** Resolves once there is an entry behind the one of this id; after so many milliseconds, or when it is called off, in any case. */
  next(after: number, waitMs: number, signal?: AbortSignal): Promise<void>;
  clear(): Promise<void>;
};

/** An entry with its number: they count on from 1, and go on where the journal was cleared. */
export type KeptEntry = JournalEntry & { readonly id: number };

/** The operation that a request came nearest to which none takes, and what keeps it from it, as a sentence. */
export type NearMiss = {
  readonly operationId: string;
  readonly method: string;
  /** The path template. */
  readonly path: string;
  readonly why: string;
};

export type JournalEntry = {
  /** When the request came, by the sandbox's clock, in milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  readonly operationId: string | undefined;
  /** As they came, by names in small letters; read back, those that the document speaks of, credentials masked. */
  readonly headers: Readonly<Record<string, string>>;
  /** The request's body; `undefined` where there was none or it is too long to be kept. */
  readonly body: string | undefined;
  /** `undefined` where a fault has kept the mock from answering. */
  readonly answer: Answer | undefined;
  readonly durationMs: number;
  /** What has gone wrong on purpose: the id of a fault, or `Prefer`. */
  readonly fault?: string | undefined;
  /** Where no operation takes the request and one comes near. */
  readonly nearest?: NearMiss | undefined;
  /** Why the request was refused; `undefined` where it was not, or where its handler or a kept answer has said so itself. */
  readonly refused?: Refused | undefined;
};

/** Why a request was refused, by the `Problem` that was thrown. */
export type Refused = {
  readonly code: string;
  readonly message: string;
  /** The first rules that the request breaks: where (`body.email`), and the keyword that says so (`required`). */
  readonly rules: readonly { readonly at: string; readonly keyword: string }[];
};

/** How a connection fails. `drop-after` carries the request out and keeps its answer: the response is lost. */
export type Connection = "drop-before" | "drop-after" | "truncate" | "garbage" | "hang";

/** Milliseconds: so many; evenly spread; or lognormal, as those of networks are. */
export type Delay =
  | number
  | { readonly min: number; readonly max: number }
  | { readonly median: number; readonly sigma: number };

/** An answer in the place of the true one: the document's, but for what is given here. */
export type ForcedAnswer = {
  readonly status?: number;
  /** The name of an example. */
  readonly example?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Whether the body is made from its schema although there is an example. */
  readonly dynamic?: boolean;
};

/** What goes wrong with a request. */
export type Fault = {
  readonly delayMs: number;
  /** How fast the body of the answer is sent; at once unless told. */
  readonly bytesPerSecond: number | undefined;
  readonly answer: ForcedAnswer | undefined;
  readonly connection: Connection | undefined;
  /** What has asked for it: the id of a fault, or `Prefer`. */
  readonly by: string;
};

/** What is to go wrong, and when. */
export type FaultRule = {
  /** Which requests it is for: those that meet all of this. In a path or the value of a header, `*` stands for any text. */
  readonly match?: {
    readonly operationId?: string;
    readonly method?: string;
    readonly path?: string;
    readonly header?: Readonly<Record<string, string>>;
  };
  /** The first request, of those that match, that it is for; alone, unless `times` says how many. */
  readonly nth?: number;
  /** How many requests it is for at most. */
  readonly times?: number;
  /** The share of the requests that it is for, from 0 to 1. */
  readonly rate?: number;
  /** How long it is in force, in milliseconds of the sandbox's clock. */
  readonly forMs?: number;
  readonly delayMs?: Delay;
  readonly bytesPerSecond?: number;
  readonly answer?: ForcedAnswer;
  readonly connection?: Connection;
};

/** A fault as it was posted, and to how many requests it was applied. */
export type KeptFault = { readonly id: string; readonly posted: object; readonly applied: number };

/** What a rule looks at; a header by its name in small letters. */
export type FaultRequest = {
  readonly operationId: string | undefined;
  readonly method: string;
  readonly path: string;
  header(name: string): string | undefined;
};

/** The faults of a sandbox, in the order in which they were added. */
export type FaultRules = {
  add(posted: object, rules: readonly FaultRule[]): Promise<KeptFault>;
  list(): Promise<readonly KeptFault[]>;
  /** Answers whether there was one. */
  remove(id: string): Promise<boolean>;
  clear(): Promise<void>;
  /** What goes wrong with this request, by the first rule that is for it. */
  take(request: FaultRequest): Promise<Fault | undefined>;
};

/** A change of one record: `before` is `undefined` where it is new, `after` where it was taken away. */
export type Change = {
  readonly collection: string;
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
};

/** A change with its number, when it was made, by the sandbox's clock, and the id of the latest request of the journal then. */
export type KeptChange = Change & { readonly id: number; readonly at: number; readonly request: number };

/** Whom events are sent to: those of these types, in which `*` stands for any text; all of them unless told. */
export type Receiver = { readonly url: string; readonly types?: readonly string[] };

/** What is sent: the body of a webhook. The id is the same however often it is sent. */
export type WebhookEvent = {
  readonly eventId: string;
  readonly type: string;
  /** RFC 3339, by the sandbox's clock. */
  readonly occurredAt: string;
  readonly data: unknown;
};

/** One event on its way to one receiver. */
export type Delivery = {
  readonly id: string;
  readonly url: string;
  readonly event: WebhookEvent;
  /** `failed`: it is not sent again by itself. */
  readonly state: "pending" | "acknowledged" | "failed";
  readonly attempts: readonly Attempt[];
  /** By the sandbox's clock, in milliseconds since 1970; `undefined` where it is not sent again by itself. */
  readonly nextAttemptAt: number | undefined;
};

/** An answer, or why there was none. */
export type Attempt = {
  /** By the sandbox's clock, in milliseconds since 1970. */
  readonly at: number;
  readonly durationMs: number;
  readonly status?: number;
  readonly error?: string;
};

/** A delivery as it was after a change, and the id of the latest request of the journal then. */
export type DeliveryChange = { readonly delivery: Delivery; readonly request: number };

/** What a sandbox tells others of its changes. */
export type Webhooks = {
  receivers(): Promise<readonly Receiver[]>;
  setReceivers(receivers: readonly Receiver[]): Promise<void>;
  /** Sends an event to all receivers that want its type. Throws a `TypeError` where it is not as the document declares it. */
  send(type: string, data: unknown): Promise<void>;
  /** Oldest first; `evicted` counts those that had to go. */
  deliveries(): Promise<{ readonly items: readonly Delivery[]; readonly evicted: number }>;
  /** Sends a delivery again, whatever has become of it; answers it after that, or `undefined` where there is none. */
  replay(id: string): Promise<Delivery | undefined>;
  /** The changes behind the one of this number. */
  changes(after?: number): Promise<{
    readonly entries: readonly (DeliveryChange & { readonly id: number })[];
    readonly last: number;
  }>;
  /** Resolves at the next change, after so many milliseconds, or when it is called off. */
  next(after: number, waitMs: number, signal?: AbortSignal): Promise<void>;
  /** Forgets all deliveries, and goes back to the first receivers. */
  clear(): Promise<void>;
  /** Calls off what is under way. */
  stop(): Promise<void>;
};

/** The state of a sandbox as plain data; without a clock, the time is the real one. */
export type Snapshot = {
  readonly records: Fixtures;
  readonly idempotency: readonly KeptRecord[];
  readonly clock: ClockState | undefined;
};

/** An answer kept under a key. */
export type KeptRecord = Ticket & { readonly answer: Answer };
