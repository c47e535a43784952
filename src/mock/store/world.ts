import { collectionNamed } from "../../document/resources.ts";
import type { JsonObject } from "../../document/validator.ts";
import { createParts, type Parts } from "./parts.ts";
import type { Collection, CollectionOptions, Fixtures, History } from "./store.ts";
import { isLong, nextTurn } from "./turns.ts";

/** Fixtures made ready for look-up, once for all sandboxes. */
export type World = ReadonlyMap<string, Base>;

/** Records that nobody changes: by id, oldest first, and the ids of those whose member has a value. */
export type Base = {
  readonly idOf: (record: JsonObject) => string;
  readonly byId: ReadonlyMap<string, JsonObject>;
  readonly idsBy: (member: string, value: unknown) => Promise<readonly string[]>;
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
  const indexes = new Map<string, Promise<Index>>();
  return {
    idOf,
    byId,
    async idsBy(member, value) {
      const index = indexes.get(member) ?? indexOf(byId, member);
      indexes.set(member, index);
      return (await index).get(nameOf(value))?.get(value) ?? [];
    },
  };
}

/** Ids by the value of a member, the values by what they look like as text. */
type Index = Parts<Map<unknown, string[]>>;

async function indexOf(byId: Base["byId"], member: string): Promise<Index> {
  const index: Index = createParts();
  let seen = 0;
  for (const [id, record] of byId) {
    if (seen++ % fewRecords === 0 && isLong()) await nextTurn();
    const value = record[member];
    const name = nameOf(value);
    const alike = index.get(name) ?? new Map<unknown, string[]>();
    if (alike.size === 0) index.set(name, alike);
    const ids = alike.get(value);
    if (ids) ids.push(id);
    else alike.set(value, [id]);
  }
  return index;
}

function nameOf(value: unknown): string {
  return typeof value === "object" ? "" : String(value);
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

/** So many records are looked at in a moment. */
const fewRecords = 64;

/** Some of the records that pass, and how many pass in all, as they stand when it is called; of many, in slices. */
export async function pageOf(
  base: Base,
  changed: ReadonlyMap<string, JsonObject | undefined>,
  { offset, limit, where }: Parameters<Collection["list"]>[0],
): Promise<{ items: JsonObject[]; total: number }> {
  const wanted = where ? Number.POSITIVE_INFINITY : offset + limit;
  const isMany = Math.min(wanted, base.byId.size + changed.size) > 1000;
  const steady = isMany ? new Map(changed) : changed;
  const items: JsonObject[] = [];
  let [passed, seen] = [0, 0];
  for (const record of recordsNow(base, steady)) {
    // Where all pass, those behind the page are counted without a look at them: of 100,000 that takes 40 ms.
    if (!where && passed >= wanted) return { items, total: countNow(base, steady) };
    if (isMany && seen++ % fewRecords === 0 && isLong()) await nextTurn();
    if (where && !where(record)) continue;
    if (passed >= offset && items.length < limit) items.push(record);
    passed += 1;
  }
  return { items, total: passed };
}

/** How many records there are now. */
export function countNow({ byId }: Base, changed: ReadonlyMap<string, JsonObject | undefined>): number {
  let count = byId.size;
  for (const [id, record] of changed) count += Number(record !== undefined) - Number(byId.has(id));
  return count;
}

/** The records whose member has a value, as they stand now. */
export async function recordsBy(
  base: Base,
  changed: ReadonlyMap<string, JsonObject | undefined>,
  member: string,
  value: unknown,
): Promise<readonly JsonObject[]> {
  const has = (record: JsonObject | undefined) => record?.[member] === value;
  const ids = await base.idsBy(member, value);
  const records = ids.map((id) => recordNow(base, changed, id)).filter(has);
  for (const [id, record] of changed) if (has(record) && !has(base.byId.get(id))) records.push(record);
  return records as JsonObject[];
}
