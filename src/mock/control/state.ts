import { bodiless } from "../../document/answer.ts";
import { timestamp } from "../../document/moment.ts";
import { invalid, notFound } from "../../document/problem.ts";
import type { JsonObject, Violation } from "../../document/validator.ts";
import type { RequestInput } from "../context.ts";
import { checkFixtures, type RecordRules } from "../fixtures.ts";
import { merged } from "../merge.ts";
import type { ClockState, KeptRecord, Snapshot, Snapshots } from "../store/store.ts";
import {
  type AnswerBody,
  answerBody,
  type ClockBody,
  type ControlHandler,
  checkTimes,
  clockBody,
  done,
  noRoom,
} from "./bodies.ts";

/** What decides whether a state can be in force, and which member of a record is its id. */
type StateRules = RecordRules & { readonly idOf: (collection: string) => string };

/** The records of a sandbox, read, replaced and changed in part. */
export function stateHandlers(rules: StateRules) {
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
      const violations = patched.flatMap((one) => misfits(rules, one));
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

/** What has become of the records, change by change. */
export function changeHandlers({ idOf }: Pick<StateRules, "idOf">) {
  return {
    async listChanges({ query }, sandbox) {
      const { entries, evicted } = await sandbox.changes(query.after as number | undefined);
      const items = entries.map(({ id, at, collection, before, after, request }) => {
        const recordId = String((after ?? before)?.[idOf(collection)]);
        return { id, at: timestamp(at), collection, recordId, request, before, after };
      });
      return { status: 200, body: { items, evicted } };
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

/** What a patch would make unfit, at the ids of the records: a patch knows no places in a list. */
function misfits(rules: RecordRules, { name, after }: Patched): Violation[] {
  const kept = [...after].flatMap(([id, record]) => (record === null ? [] : [[id, record] as const]));
  const records = { [name]: kept.map(([, record]) => record) };
  return checkFixtures({ ...rules, check: undefined }, records).map((violation) => {
    const isOfRecord = violation.at.startsWith(`${name}.`);
    const [place, index] = (isOfRecord && /^\.(\d+)/.exec(violation.at.slice(name.length))) || [];
    if (place === undefined) return violation;
    const at = `${name}.${kept[Number(index)]![0]}${violation.at.slice(name.length + place.length)}`;
    return { ...violation, at, property: at };
  });
}

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
export const mostSnapshots = 100;

/** Whole states by name. */
export function snapshotHandlers(kept: Snapshots) {
  async function named({ path }: RequestInput) {
    const name = String(path.name);
    const found = await kept.get(name);
    if (!found) throw notFound("snapshot", name, "GET /_understudy/snapshots lists them.");
    return found;
  }

  return {
    async listSnapshots() {
      const items = (await kept.list()).map(({ name, takenAt }) => ({ name, takenAt: timestamp(takenAt) }));
      return { status: 200, body: { items } };
    },

    async takeSnapshot({ path }, sandbox) {
      const snapshot = await sandbox.snapshot();
      if (!(await kept.keep(String(path.name), { takenAt: snapshot.clock.now, snapshot }, mostSnapshots)))
        throw noRoom(mostSnapshots, "snapshots", "DELETE /_understudy/snapshots/{name} makes room.");
      return done;
    },

    async getSnapshot(input) {
      return { status: 200, body: stateBody((await named(input)).snapshot) };
    },

    async removeSnapshot(input) {
      await named(input);
      await kept.remove(String(input.path.name));
      return done;
    },

    async restoreSnapshot(input, sandbox) {
      await sandbox.restore((await named(input)).snapshot);
      return done;
    },
  } satisfies Record<string, ControlHandler>;
}

function stateBody({ records, idempotency, clock }: Snapshot & { readonly clock: ClockState }) {
  return { ...records, idempotency: idempotency.map(recordBody), clock: clockBody(clock) };
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
    // What has no body is sent without one.
    answer: { ...answer, body: bodiless.has(answer.status) ? null : (answer.body ?? null) },
  };
}
