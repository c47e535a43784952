import { sha256Of } from "#platform";
import { exactOf, jsonOf } from "../../../document/exact.ts";
import type { JsonObject } from "../../../document/validator.ts";
import type { Limits, MemoryStoreOptions } from "../memory.ts";
import type { CollectionOptions, Fixtures } from "../store.ts";
import { type Base, createBase, createWorld, optionsOf, type World } from "../world.ts";
import { type Connection, type Reply, unavailable } from "./connection.ts";
import * as logScripts from "./scripts/log.ts";
import * as sandboxScripts from "./scripts/sandbox.ts";
import type { Script } from "./scripts/script.ts";
import * as sharedScripts from "./scripts/shared.ts";

/** What all sandboxes of a store have in common; in this process. */
export type Shared = {
  readonly connection: Connection;
  /** What every key begins with. */
  readonly prefix: string;
  /** The real time where it is not Redis's own. */
  readonly now: (() => number) | undefined;
  readonly seed: number;
  readonly limits: Limits;
  readonly log: (line: string) => void;
  readonly webhooks: NonNullable<MemoryStoreOptions["webhooks"]>;
  readonly leaseMs: number;
  bases: Bases;
  tell: NonNullable<MemoryStoreOptions["tell"]>;
  /** Tells of this process, where only one may do something. */
  readonly token: string;
  /** Notes that a sandbox may have deliveries, by its API key, for another process to go on with them. */
  readonly noted: (apiKey: string) => Promise<void>;
  /** Says once that there is too much of something. */
  readonly warn: (of: "keys" | "deliveries" | "sandboxes") => void;
};

/** Where one sandbox lies. */
export type Place = {
  readonly shared: Shared;
  readonly apiKey: string;
  /** The key of the hash with what is known of it. */
  readonly key: string;
  /** Told apart by it from one of the same API key that was there before. */
  readonly id: string;
  readonly name: string;
  run(script: Script, ...args: readonly string[]): Promise<Reply>;
};

/** What a sandbox is at a moment. */
export type State = {
  readonly generation: string;
  readonly base: string;
  readonly now: number;
  /** As text; `undefined` where they are the first ones. */
  readonly receivers: string | undefined;
  /** How many records somebody has written, changed or taken away. */
  readonly written: number;
};

/** The key under which a sandbox lies, by its API key, which it does not tell. */
export function keyOf(prefix: string, apiKey: string): string {
  return `${prefix}:{${sha256Of(apiKey).slice(0, 24)}}`;
}

export function placeOf(shared: Shared, apiKey: string, id: string, name: string): Place {
  const key = keyOf(shared.prefix, apiKey);
  return {
    shared,
    apiKey,
    key,
    id,
    name,
    async run(script, ...args) {
      const reply = await shared.connection.run(script, key, [id, realTime(shared), ...args]);
      if (reply[0] === "gone") throw unavailable("The sandbox was taken away meanwhile; send the request again.");
      return reply;
    },
  };
}

/** The real time as a script is told it: empty for Redis's own. */
export function realTime({ now }: Pick<Shared, "now">): string {
  return now ? String(Math.round(now())) : "";
}

export function stateOf([, generation, base, now, receivers, written]: Reply): State {
  return {
    generation: text(generation),
    base: text(base),
    now: Number(now),
    receivers: receivers === null ? undefined : text(receivers),
    written: Number(written),
  };
}

/** A text of a reply; empty where there is none. */
export function text(value: Reply[number] | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Records that sandboxes begin with: they are laid in once under their digest, and nobody changes them. */
export type Bases = {
  /** Lays in the fixtures where they are not there; answers what they are called. */
  laid(): Promise<string>;
  /** The collection of a base. */
  of(place: Place, base: string, collection: string): Promise<Base>;
  world(place: Place, base: string): Promise<World>;
  idOf(collection: string, record: JsonObject): string;
  /** What stands in the place of the fixtures of one sandbox: its name, its text, and itself. */
  own(records: Fixtures): { readonly name: string; readonly json: string; world(): World };
  /** What the fixtures are called. */
  readonly digest: string;
  /** Has what this process knows stay on in Redis. */
  renew(): Promise<void>;
};

/** The most worlds that are kept ready for look-up beside the fixtures'. */
const mostWorlds = 50;

type Given = { readonly fixtures: Fixtures; readonly collections?: Readonly<Record<string, CollectionOptions>> };

export function createBases(connection: Connection, prefix: string, { fixtures, collections = {} }: Given): Bases {
  const worlds = new Map<string, World>();
  const json = jsonOf(fixtures);
  const digest = sha256Of(json);
  const first = createWorld(fixtures, collections);
  const empty = new Map<string, Base>();

  async function fetched(place: Place, base: string): Promise<World> {
    const isOwn = base.startsWith("own:");
    const reply = isOwn
      ? await place.run(logScripts.text, "base")
      : await connection.run(sharedScripts.fetch, `${prefix}:base:${base}`);
    const found = text(reply[isOwn ? 1 : 0]);
    // Nobody has asked for it for so long that it is gone, and what stood beside it says little without it.
    if (found === "" && !isOwn) await place.run(sandboxScripts.reset, await laid());
    if (found === "" || !base.endsWith(sha256Of(found)))
      throw unavailable("The sandbox was changed meanwhile; send the request again.");
    const world = createWorld(exactOf(found) as Fixtures, collections);
    const [oldest] = worlds.keys();
    if (worlds.size >= mostWorlds && oldest !== undefined) worlds.delete(oldest);
    worlds.set(base, world);
    return world;
  }

  const world = async (place: Place, base: string) =>
    base === digest ? first : (worlds.get(base) ?? (await fetched(place, base)));
  const none = (name: string) => {
    const known = empty.get(name) ?? createBase([], optionsOf(collections, name));
    if (empty.size > 1000) empty.clear();
    empty.set(name, known);
    return known;
  };
  const keyOfBase = (base: string) => `${prefix}:base:${base}`;

  async function laid(): Promise<string> {
    // They are long: they are sent where they are not there, such as in a Redis that has lost what it had.
    const [isThere] = await connection.run(sharedScripts.renewBase, keyOfBase(digest));
    if (isThere !== "1") await connection.run(sharedScripts.lay, keyOfBase(digest), [json]);
    return digest;
  }

  return {
    digest,
    laid,
    async renew() {
      const shared = [digest, ...worlds.keys()].filter((base) => !base.startsWith("own:"));
      await Promise.all(shared.map((base) => connection.run(sharedScripts.renewBase, keyOfBase(base))));
    },
    of: async (place, base, collection) => (await world(place, base)).get(collection) ?? none(collection),
    world,
    idOf: (collection, record) => none(collection).idOf(record),
    own(records) {
      const json = jsonOf(records);
      return { name: `own:${sha256Of(json)}`, json, world: () => createWorld(records, collections) };
    },
  };
}

/** A record that stands in the place of the base's or beside them, as it is read. */
export type Overlay = {
  /** By it, those beside the base are ordered. */
  readonly order: number;
  readonly origin: "written" | "made up" | "removed";
  /** Whether it is forgotten where there is too much; told where it was read. */
  readonly isLight?: boolean;
  /** `undefined` where it was taken away. */
  readonly record: JsonObject | undefined;
};

/** `g` stands for one that was taken away and that the base never had: it is forgotten first. */
const origins = { w: "written", m: "made up", r: "removed", g: "removed" } as const;

export function overlayOf(raw: string): Overlay {
  const space = raw.indexOf(" ");
  const letter = raw.charAt(space + 1) as keyof typeof origins;
  const origin = origins[letter];
  const record = origin === "removed" ? undefined : (exactOf(raw.slice(space + 3)) as JsonObject);
  return { order: Number(raw.slice(0, space)), origin, isLight: letter === "m" || letter === "g", record };
}

/** Whether an overlay counts as written, beside a base that has the id or not: what is light is forgotten where there is too much. */
export function isHeavy({ origin }: Pick<Overlay, "origin">, isOfBase: boolean): boolean {
  return origin === "written" || (origin === "removed" && isOfBase);
}

/** An overlay as it is written, behind its order. */
export function writtenOverlay(overlay: Pick<Overlay, "origin" | "record">, isOfBase: boolean): string {
  const { origin, record } = overlay;
  const letter = origin === "removed" && !isHeavy(overlay, isOfBase) ? "g" : origin.charAt(0);
  return `${letter} ${record ? jsonOf(record) : ""}`;
}
