import type { CollectionState, Fit, SandboxState } from "../state.ts";
import type { Fixtures } from "../store.ts";
import type { World } from "../world.ts";
import { unavailable } from "./connection.ts";
import { isHeavy, type Overlay, type Place, text, writtenOverlay } from "./place.ts";
import * as recordScripts from "./scripts/records.ts";
import { overlaysOf } from "./transaction.ts";

/** How often it is tried where others change the sandbox meanwhile. */
const mostTries = 20;

/** What a sandbox holds beyond its base, and what it was when that was read. */
type Holdings = {
  readonly read: readonly [generation: string, base: string, version: string];
  readonly collections: ReadonlyMap<
    string,
    { readonly history: string; readonly overlays: ReadonlyMap<string, Overlay> }
  >;
};

/** Puts other fixtures under a sandbox that stood on those that were called so, and forgets what of it `fit` leaves out. */
export async function rebased(place: Place, was: string, fit: Fit): Promise<void> {
  const { bases } = place.shared;
  for (let tries = 0; tries < mostTries; tries++) {
    const held = await holdingsOf(place);
    const [, base] = held.read;
    const own = base.startsWith("own:") ? fixturesIn(await bases.world(place, base)) : undefined;
    const fitting = fit({ base: own, collections: statesOf(held), idempotency: [] }, place.name);
    const next = own && bases.own(fitting.base ?? {});
    const name = next?.name ?? (base === was ? await bases.laid() : base);
    const world = next ? next.world() : await bases.world(place, name);
    const { isNeeded, args } = rebasing(held, fitting.collections, world);
    if (name === base && !isNeeded) return;
    const [outcome] = await place.run(
      recordScripts.rebase,
      ...held.read,
      name,
      name === base ? "" : (next?.json ?? ""),
      ...args,
    );
    if (outcome === "ok") return;
  }
  throw unavailable("Others change the sandbox all the time.");
}

async function holdingsOf({ run }: Place): Promise<Holdings> {
  const [, generation, base, version, ...rest] = await run(recordScripts.holdings);
  const collections = new Map<string, { history: string; overlays: ReadonlyMap<string, Overlay> }>();
  for (let at = 0; at < rest.length; at += 3) {
    const flat = rest[at + 2];
    collections.set(text(rest[at]), {
      history: text(rest[at + 1]),
      overlays: overlaysOf(Array.isArray(flat) ? flat : []),
    });
  }
  return { read: [text(generation), text(base), text(version)], collections };
}

function statesOf({ collections }: Holdings): SandboxState["collections"] {
  const states = [...collections].map(([name, { history, overlays }]): [string, CollectionState] => {
    const records = [...overlays].map(([id, { origin, record }]) => {
      return { id, record: record ?? null, madeUp: origin === "made up" || undefined };
    });
    return [name, { history: history === "own" || history === "changed" ? history : "none", records }];
  });
  return Object.fromEntries(states);
}

function fixturesIn(world: World): Fixtures {
  return Object.fromEntries([...world].map(([name, { byId }]) => [name, [...byId.values()]]));
}

/** What is to be told to Redis: which collections go, how many records the others have more than their base, and which records change. */
function rebasing({ collections }: Holdings, fitting: SandboxState["collections"], world: World) {
  const gone = [...collections.keys()].filter((name) => !fitting[name]);
  const counts: string[] = [];
  const changes: string[] = [];
  for (const [name, { records }] of Object.entries(fitting)) {
    const kept = new Set(records.map(({ id }) => id));
    let more = 0;
    for (const [id, overlay] of collections.get(name)?.overlays ?? []) {
      const isOfBase = world.get(name)?.byId.has(id) ?? false;
      if (!kept.has(id)) changes.push(name, id, "");
      else {
        more += Number(overlay.record !== undefined) - Number(isOfBase);
        if (overlay.isLight === isHeavy(overlay, isOfBase))
          changes.push(name, id, `${overlay.order} ${writtenOverlay(overlay, isOfBase)}`);
      }
    }
    counts.push(name, String(more));
  }
  const listed = (items: readonly string[], width: number) => [String(items.length / width), ...items];
  const args = [...listed(gone, 1), ...listed(counts, 2), ...listed(changes, 3)];
  return { isNeeded: gone.length + changes.length > 0, args };
}
