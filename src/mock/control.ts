import type { Answer } from "../document/answer.ts";
import { firstMoment, lastMoment, momentOf, timestamp } from "../document/moment.ts";
import { splitTarget } from "../document/path.ts";
import { closest, invalid, notFound, Problem, show } from "../document/problem.ts";
import type { Spec } from "../document/spec.ts";
import type { JsonObject, Violation } from "../document/validator.ts";
import type { RequestInput } from "./context.ts";
import { eventStream } from "./events.ts";
import { checkFixtures, type RecordRules } from "./fixtures.ts";
import type { OwnHandler, Said, Streamed } from "./handler.ts";
import type { Lines } from "./line.ts";
import { merged } from "./merge.ts";
import { mask } from "./middleware/credentials.ts";
import { fits, type PresetName, presets } from "./store/faults.ts";
import type {
  ClockState,
  Delivery,
  FaultRule,
  JournalEntry,
  KeptEntry,
  KeptFault,
  KeptRecord,
  Receiver,
  Snapshot,
  Store,
} from "./store/store.ts";

const done = { status: 204, body: undefined } as const;

type ControlHandler = OwnHandler<Said | Streamed>;

/** What tests do to the mock itself, by the operationIds of `spec/control.openapi.yaml`. */
export function controlHandlers(rules: ControlRules) {
  const { spec } = rules;
  return {
    async getHealth() {
      return { status: 200, body: { status: "ok", document: spec.title, operations: spec.operations.length } };
    },

    async resetSandbox(_input, sandbox) {
      await sandbox.reset();
      return done;
    },

    ...clockHandlers,
    ...requestHandlers(rules),
    ...faultHandlers(spec),
    ...stateHandlers(rules),
    ...snapshotHandlers(rules.snapshots),
    ...sandboxHandlers(rules),
    ...webhookHandlers(rules),
  } satisfies Record<string, ControlHandler>;
}

/** What decides whether a state can be in force, and which member of a record is its id. */
export type ControlRules = RecordRules & {
  readonly idOf: (collection: string) => string;
  readonly lines: Pick<Lines, "hold">;
  readonly store: Pick<Store, "list" | "remove">;
  readonly snapshots: Snapshots;
  /** What is wrong with the receivers of webhooks. */
  readonly checkReceivers: (receivers: readonly Receiver[]) => readonly Violation[];
};

const clockHandlers = {
  async getClock(_input, sandbox) {
    return { status: 200, body: clockBody(await sandbox.clock.read()) };
  },

  async setClock({ body }, sandbox) {
    const { now, ...change } = body as { now?: string; advanceMs?: number; frozen?: boolean };
    const violations = now === undefined ? [] : checkTimes({ now });
    if (violations.length > 0) throw invalid(violations);
    const start = now === undefined ? {} : { now: Date.parse(now) };
    try {
      return { status: 200, body: clockBody(await sandbox.clock.change({ ...change, ...start })) };
    } catch (error) {
      throw error instanceof RangeError ? tooFar(change.advanceMs) : error;
    }
  },
} satisfies Record<string, ControlHandler>;

/** Which requests of the journal are asked for. */
type RequestFilter = {
  operationId?: string;
  method?: string;
  path?: string;
  status?: number;
  idempotencyKey?: string;
  since?: string;
  count?: number;
  wait: number;
};

function requestHandlers({ spec, lines }: ControlRules) {
  const keyHeaders = new Set(spec.operations.flatMap(({ idempotency }) => idempotency?.header ?? []));

  function passes(filter: RequestFilter, { at, method, target, operationId, headers, answer }: JournalEntry): boolean {
    const { path, status, idempotencyKey, since } = filter;
    return (
      (filter.operationId === undefined || filter.operationId === operationId) &&
      (filter.method === undefined || filter.method.toUpperCase() === method) &&
      (path === undefined || fits(path, splitTarget(target)[0])) &&
      (status === undefined || status === answer?.status) &&
      (since === undefined || at >= Date.parse(since)) &&
      (idempotencyKey === undefined || [...keyHeaders].some((name) => headers[name] === idempotencyKey))
    );
  }

  function filterOf({ query }: RequestInput): RequestFilter {
    const filter = query as RequestFilter;
    const wrong = filter.since === undefined ? [] : checkTimes({ since: filter.since }, "", "query");
    if (wrong.length > 0) throw invalid(wrong);
    return filter;
  }

  return {
    async listRequests(input, sandbox) {
      const filter = filterOf(input);
      const until = performance.now() + filter.wait;
      for (;;) {
        const { entries, evicted, last } = await sandbox.journal.read();
        const found = entries.filter((entry) => passes(filter, entry));
        const left = until - performance.now();
        if (found.length >= (filter.count ?? 0) || left <= 0)
          return { status: 200, body: { items: found.map(entryBody), evicted } };
        await sandbox.journal.next(last, left);
      }
    },

    async streamEvents(input, sandbox) {
      const filter = filterOf(input);
      const after = (input.header["Last-Event-ID"] ?? input.query.lastEventId) as number | undefined;
      const passing = (entry: KeptEntry) => passes(filter, entry);
      const { lastEventId: _, wait: __, ...asked } = filter as RequestFilter & { lastEventId?: number };
      // A delivery passes no filter of requests.
      const delivered = Object.keys(asked).length === 0 ? deliveryBody : undefined;
      const options = { sandbox, after, passes: passing, body: entryBody, delivered, hold: lines.hold };
      return { status: 200, type: "text/event-stream", stream: (signal) => eventStream(options, signal) };
    },

    async clearRequests(_input, sandbox) {
      await sandbox.journal.clear();
      return done;
    },
  } satisfies Record<string, ControlHandler>;
}

function faultHandlers(spec: Spec) {
  return {
    async listFaults(_input, sandbox) {
      return { status: 200, body: { items: (await sandbox.faults.list()).map(faultBody) } };
    },

    async addFault({ body }, sandbox) {
      const posted = body as PostedFault;
      const violations = checkFault(spec, posted);
      if (violations.length > 0) throw invalid(violations);
      return { status: 201, body: faultBody(await sandbox.faults.add(posted, rulesOf(posted))) };
    },

    async clearFaults(_input, sandbox) {
      await sandbox.faults.clear();
      return done;
    },

    async removeFault({ path }, sandbox) {
      const id = String(path.faultId);
      if (!(await sandbox.faults.remove(id))) throw notFound("fault", id, "GET /_understudy/faults lists them.");
      return done;
    },
  } satisfies Record<string, ControlHandler>;
}

function stateHandlers(rules: ControlRules) {
  return {
    async getState(_input, sandbox) {
      return { status: 200, body: stateBody(await sandbox.snapshot()) };
    },

    async setState({ body }, sandbox) {
      await sandbox.restore(snapshotOf(rules, body as StateBody));
      return done;
    },

    async patchState({ body }, sandbox) {
      const patch = body as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      const patched = await Promise.all(
        Object.entries(patch).map(async ([name, changes]) => {
          const member = rules.idOf(name);
          const after = new Map<string, JsonObject | null>();
          for (const [id, change] of Object.entries(changes)) {
            const found = (await sandbox.collection(name).get(id)) ?? { [member]: id };
            after.set(id, change === null ? null : (merged(found, change) as JsonObject));
          }
          return { name, member, after };
        }),
      );
      const renamed = patched.flatMap(idsChanged);
      if (renamed.length > 0) throw invalid(renamed);
      // Held against the schemas as they would stand, before anything is changed.
      const written = patched.map(({ name, after }) => [name, [...after.values()].filter((one) => one !== null)]);
      const violations = checkFixtures({ ...rules, check: undefined }, Object.fromEntries(written));
      if (violations.length > 0) throw invalid(violations);
      for (const { name, after } of patched) {
        const collection = sandbox.collection(name);
        for (const [id, record] of after) {
          if (record === null) await collection.remove(id);
          else if (!(await collection.update(id, () => record))) await collection.insert(record);
        }
      }
      return done;
    },
  } satisfies Record<string, ControlHandler>;
}

type Patched = {
  readonly name: string;
  /** The one that is the id of a record. */
  readonly member: string;
  /** The records by their ids; `null` where one is to be removed. */
  readonly after: ReadonlyMap<string, JsonObject | null>;
};

/** Where a patch would have a record lie under an id that is not its own. */
function idsChanged({ name, member, after }: Patched): Violation[] {
  return [...after].flatMap(([id, record]) => {
    if (record === null || String(record[member]) === id) return [];
    const at = `body.${name}.${id}.${member}`;
    const expected = `${JSON.stringify(id)}, the id by which the record is named`;
    return [{ at, property: at, keyword: "const", expected, received: record[member], basis: "assumed" as const }];
  });
}

/** The most snapshots that are kept. */
const mostSnapshots = 100;

/** Snapshots by name, for every sandbox of this mock: one can begin from another's. */
export type Snapshots = Map<
  string,
  { readonly takenAt: number; readonly snapshot: Snapshot & { readonly clock: ClockState } }
>;

function snapshotHandlers(kept: Snapshots) {
  function named({ path }: RequestInput) {
    const name = String(path.name);
    const found = kept.get(name);
    if (!found) throw notFound("snapshot", name, "GET /_understudy/snapshots lists them.");
    return { name, ...found };
  }

  return {
    async listSnapshots() {
      const items = [...kept].map(([name, { takenAt }]) => ({ name, takenAt: timestamp(takenAt) }));
      return { status: 200, body: { items } };
    },

    async takeSnapshot({ path }, sandbox) {
      const name = String(path.name);
      if (!kept.has(name) && kept.size >= mostSnapshots)
        throw new Problem("conflict", {
          message: `There are ${mostSnapshots} snapshots, and more are not kept.`,
          hint: "DELETE /_understudy/snapshots/{name} makes room.",
        });
      const snapshot = await sandbox.snapshot();
      kept.set(name, { takenAt: snapshot.clock.now, snapshot });
      return done;
    },

    async getSnapshot(input) {
      return { status: 200, body: stateBody(named(input).snapshot) };
    },

    async removeSnapshot(input) {
      kept.delete(named(input).name);
      return done;
    },

    async restoreSnapshot(input, sandbox) {
      await sandbox.restore(named(input).snapshot);
      return done;
    },
  } satisfies Record<string, ControlHandler>;
}

function sandboxHandlers({ store }: ControlRules) {
  return {
    async listSandboxes() {
      const open = await store.list();
      const items = open.map(async (one) => {
        const { sandbox, lastUsedAt } = one;
        const { records, clock } = await sandbox.snapshot();
        const counts = Object.entries(records).map(([name, kept]) => [name, kept.length]);
        const { entries, evicted } = await sandbox.journal.read();
        return {
          name: one.sandbox.name,
          records: Object.fromEntries(counts),
          requests: entries.length + evicted,
          faults: (await sandbox.faults.list()).length,
          clock: clockBody(clock),
          lastUsedAt: timestamp(lastUsedAt),
        };
      });
      return { status: 200, body: { items: await Promise.all(items) } };
    },

    async removeSandbox({ path }) {
      const name = String(path.name);
      const open = await store.list();
      // Whoever knows the key may say it; a masked one may be of several.
      const exact = open.filter((one) => one.apiKey === name || one.sandbox.name === name);
      const meant = exact.length > 0 ? exact : open.filter(({ apiKey }) => mask(apiKey) === name);
      const [only, ...others] = meant;
      if (!only) throw notFound("sandbox", name, "GET /_understudy/sandboxes lists them.");
      if (others.length > 0)
        throw new Problem("conflict", {
          message: `${meant.length} sandboxes have keys like ${show(name)}: ${meant.map(({ sandbox }) => sandbox.name).join(", ")}.`,
          hint: "Name one of them with its number, or by its key.",
        });
      await store.remove(only.apiKey);
      return done;
    },
  } satisfies Record<string, ControlHandler>;
}

function webhookHandlers({ checkReceivers }: ControlRules) {
  return {
    async listWebhooks(_input, { webhooks }) {
      return { status: 200, body: await webhooks.receivers() };
    },

    async setWebhooks({ body }, { webhooks }) {
      const receivers = body as readonly Receiver[];
      const violations = checkReceivers(receivers);
      if (violations.length > 0) throw invalid(violations);
      await webhooks.setReceivers(receivers);
      return { status: 200, body: receivers };
    },

    async listDeliveries(_input, { webhooks }) {
      const { items, evicted } = await webhooks.deliveries();
      return { status: 200, body: { items: items.map(deliveryBody), evicted } };
    },

    async replayDelivery({ path }, { webhooks }) {
      const id = String(path.deliveryId);
      const delivery = await webhooks.replay(id);
      if (!delivery) throw notFound("delivery", id, "GET /_understudy/webhooks/deliveries lists them.");
      return { status: 200, body: deliveryBody(delivery) };
    },
  } satisfies Record<string, ControlHandler>;
}

function deliveryBody({ id, url, event, state, attempts, nextAttemptAt }: Delivery) {
  return {
    id,
    eventId: event.eventId,
    type: event.type,
    url,
    state,
    attempts: attempts.map(({ at, durationMs, ...outcome }) => ({
      at: timestamp(at),
      durationMs: Math.round(durationMs * 1000) / 1000,
      ...outcome,
    })),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: timestamp(nextAttemptAt) }),
    event,
  };
}

function stateBody({ records, idempotency, clock }: Snapshot & { readonly clock: ClockState }) {
  return { ...records, idempotency: idempotency.map(recordBody), clock: clockBody(clock) };
}

type PostedFault = FaultRule & { readonly preset?: PresetName };

/** The rules that a posted fault stands for; what it says beside its preset holds for each of them. */
function rulesOf({ preset, ...posted }: PostedFault): readonly FaultRule[] {
  const given: readonly FaultRule[] = preset === undefined ? [{}] : presets[preset];
  return given.map((rule) => ({ ...rule, ...posted, match: { ...rule.match, ...posted.match } }));
}

/** What is wrong with a fault beside what its schema says. */
function checkFault(
  spec: Spec,
  { preset, match, delayMs, bytesPerSecond, answer, connection }: PostedFault,
): Violation[] {
  const wrong = (property: string, expected: string, received: unknown, example: unknown): Violation => ({
    at: `body.${property}`,
    property,
    keyword: "enum",
    expected,
    received,
    example,
    basis: "assumed",
  });
  const ids = spec.operations.map(({ id }) => id);
  const id = match?.operationId;
  const isNothing = [preset, delayMs, bytesPerSecond, answer, connection].every((one) => one === undefined);
  return [
    ...(isNothing
      ? [wrong("connection", "there, or one of preset, delayMs, bytesPerSecond and answer", undefined, "drop-after")]
      : []),
    ...(id !== undefined && !ids.includes(id)
      ? [wrong("match.operationId", "an operationId of the document", id, closest(id, ids) ?? ids[0])]
      : []),
    ...(typeof delayMs === "object" && "min" in delayMs && delayMs.min > delayMs.max
      ? [wrong("delayMs.max", `at least min, ${delayMs.min}`, delayMs.max, delayMs.min)]
      : []),
  ];
}

function faultBody({ id, posted, applied }: KeptFault) {
  return { id, ...posted, applied };
}

/** Collections by name, beside what every sandbox has. */
type StateBody = { idempotency?: RecordBody[]; clock?: ClockBody } & { [collection: string]: object[] };

/** What a state says, where its records and times are such that it can be restored. */
function snapshotOf(rules: RecordRules, { idempotency = [], clock, ...records }: StateBody) {
  const violations = [
    ...checkFixtures(rules, records),
    ...idempotency.flatMap(({ firstUsedAt, expiresAt }, index) =>
      checkTimes({ firstUsedAt, expiresAt }, `idempotency.${index}.`),
    ),
    ...(clock ? checkTimes({ now: clock.now }, "clock.") : []),
  ];
  if (violations.length > 0) throw invalid(violations);
  const restored = clock && { ...clock, now: Date.parse(clock.now) };
  return { records, idempotency: idempotency.map(recordOf), clock: restored };
}

type ClockBody = { now: string; frozen: boolean };

function clockBody({ now, frozen }: ClockState): ClockBody {
  return { now: timestamp(now), frozen };
}

type AnswerBody = { status: number; headers: Record<string, string>; body?: string };

function answerBody({ status, headers, body }: Answer): AnswerBody {
  return { status, headers, ...(body === null ? {} : { body }) };
}

type RecordBody = { key: string; fingerprint: string; firstUsedAt: string; expiresAt: string; answer: AnswerBody };

function recordBody({ key, fingerprint, firstUsedAt, expiresAt, answer }: KeptRecord): RecordBody {
  return {
    key,
    fingerprint,
    firstUsedAt: timestamp(firstUsedAt),
    expiresAt: timestamp(expiresAt),
    answer: answerBody(answer),
  };
}

function recordOf({ key, fingerprint, firstUsedAt, expiresAt, answer }: RecordBody): KeptRecord {
  return {
    key,
    fingerprint,
    firstUsedAt: Date.parse(firstUsedAt),
    expiresAt: Date.parse(expiresAt),
    answer: { ...answer, body: answer.body ?? null },
  };
}

function entryBody(entry: KeptEntry) {
  const { id, at, durationMs, method, target, operationId, headers, body, answer, fault, nearest } = entry;
  return {
    id,
    at: timestamp(at),
    durationMs: Math.round(durationMs * 1000) / 1000,
    request: { method, target, operationId, headers, body },
    ...(answer ? { response: answerBody(answer) } : {}),
    ...(fault === undefined ? {} : { fault }),
    ...(nearest ? { nearest } : {}),
  };
}

/** What is wrong with times, by the names of their fields. */
function checkTimes(times: Readonly<Record<string, string>>, prefix = "", part = "body"): Violation[] {
  const wrong = Object.entries(times).filter(([, time]) => momentOf(time) === undefined);
  return wrong.map(([name, received]) => ({
    at: `${part}.${prefix}${name}`,
    property: prefix + name,
    keyword: "range",
    expected: `a time from ${timestamp(firstMoment)} to ${timestamp(lastMoment)}, and no leap second`,
    received,
    example: "2026-01-15T09:30:00.000Z",
    basis: "assumed",
  }));
}

function tooFar(advanceMs: number | undefined) {
  return invalid([
    {
      at: "body.advanceMs",
      property: "advanceMs",
      keyword: "maximum",
      expected: "a step that does not lead beyond the year 9999",
      received: advanceMs,
      example: 86_400_000,
      basis: "assumed",
    },
  ]);
}
