import { collectionNamed } from "../../document/resources.ts";
import type { JsonObject } from "../../document/validator.ts";
import type { Collection, CollectionOptions, Fixtures, History } from "./store.ts";

/** Fixtures made ready for look-up, once for all sandboxes. */
export type World = ReadonlyMap<string, Base>;

/** Records that nobody changes: by id, oldest first, and the ids of those whose member has a value. */
export type Base = {
  readonly idOf: (record: JsonObject) => string;
  readonly byId: ReadonlyMap<string, JsonObject>;
  readonly idsBy: (member: string, value: unknown) => readonly string[];
};

export function createWorld(fixtures: Fixtures, collections: Readonly<Record<string, CollectionOptions>>): World {
  const plain = Object.keys(collections).filter((name) => !name.includes("{"));
  const names = new Set([...plain, ...Object.keys(fixtures)]);
  // Records are objects of any kind; here only their ids and their order matter.
  const recordsOf = (name: string) => (fixtures[name] ?? []) as readonly JsonObject[];
  return new Map([...names].map((name) => [name, createBase(recordsOf(name), optionsOf(collections, name))]));
}

export function optionsOf(
  collections: Readonly<Record<string, CollectionOptions>>,
  name: string,
): CollectionOptions | undefined {
  const known = collectionNamed(Object.keys(collections), name);
  return known === undefined ? undefined : collections[known];
}

export function createBase(records: readonly JsonObject[], { id, orderBy }: CollectionOptions = { id: "id" }): Base {
  const idOf = (record: JsonObject) => String(record[id]);
  const placeOf = (record: JsonObject) => (orderBy === undefined ? "" : String(record[orderBy] ?? ""));
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const sorted = orderBy === undefined ? records : [...records].sort((a, b) => compare(placeOf(a), placeOf(b)));
  const byId = new Map(sorted.map((record) => [idOf(record), record]));
  const indexes = new Map<string, Map<unknown, string[]>>();
  return {
    idOf,
    byId,
    idsBy(member, value) {
      const index = indexes.get(member) ?? groupBy(byId.keys(), (id) => byId.get(id)![member]);
      indexes.set(member, index);
      return index.get(value) ?? [];
    },
  };
}

// Map.groupBy, which Node 20 does not have yet.
function groupBy(ids: Iterable<string>, groupOf: (id: string) => unknown): Map<unknown, string[]> {
  const groups = new Map<unknown, string[]>();
  for (const id of ids) {
    const group = groups.get(groupOf(id));
    if (group) group.push(id);
    else groups.set(groupOf(id), [id]);
  }
  return groups;
}

/** What has become of a collection that nobody has touched. */
export function historyOf({ byId }: Base): History {
  return byId.size > 0 ? "own" : "none";
}

/** A record of a base as it stands with what has changed since; `undefined` where it is not there. */
export function recordNow(
  { byId }: Base,
  changed: ReadonlyMap<string, JsonObject | undefined>,
  id: string,
): JsonObject | undefined {
  return changed.has(id) ? changed.get(id) : byId.get(id);
}

/** The records of a base with what has changed since, in their order. */
export function* recordsNow(
  { byId }: Base,
  changed: ReadonlyMap<string, JsonObject | undefined>,
): Generator<JsonObject> {
  for (const [id, record] of byId) {
    const now = changed.has(id) ? changed.get(id) : record;
    if (now) yield now;
  }
  for (const [id, record] of changed) if (record && !byId.has(id)) yield record;
}

/** Some of the records that pass, and how many pass in all. */
export function pageOf(
  base: Base,
  changed: ReadonlyMap<string, JsonObject | undefined>,
  { offset, limit, where }: Parameters<Collection["list"]>[0],
): { items: JsonObject[]; total: number } {
  const items: JsonObject[] = [];
  let passed = 0;
  for (const record of recordsNow(base, changed)) {
    // Where all pass, those behind the page are counted without a look at them: of 100,000 that takes 40 ms.
    if (!where && passed >= offset + limit) return { items, total: countNow(base, changed) };
    if (where && !where(record)) continue;
    if (passed >= offset && items.length < limit) items.push(record);
    passed += 1;
  }
  return { items, total: passed };
}

function countNow({ byId }: Base, changed: ReadonlyMap<string, JsonObject | undefined>): number {
  let count = byId.size;
  for (const [id, record] of changed) count += Number(record !== undefined) - Number(byId.has(id));
  return count;
}

/** The records whose member has a value, as they stand now. */
export function recordsBy(
  base: Base,
  changed: ReadonlyMap<string, JsonObject | undefined>,
  member: string,
  value: unknown,
): readonly JsonObject[] {
  const has = (record: JsonObject | undefined) => record?.[member] === value;
  const records = base
    .idsBy(member, value)
    .map((id) => recordNow(base, changed, id))
    .filter(has);
  for (const [id, record] of changed) if (has(record) && !has(base.byId.get(id))) records.push(record);
  return records as JsonObject[];
}
