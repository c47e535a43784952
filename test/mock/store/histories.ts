import { setTimeout as wait } from "node:timers/promises";
import type { Mock, MockOptions } from "../../../src/index.ts";

/** A document of its own: lists to which keyed requests add, and notes that come and go. */
export const document = {
  openapi: "3.1.0",
  info: { title: "Histories", version: "1" },
  security: [{ key: [] }],
  components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "X-API-Key" } } },
  paths: Object.fromEntries(
    [
      ["post", "/moves", "move"],
      ["get", "/lists", "read"],
      ["post", "/notes/{name}", "write"],
      ["post", "/notes/{name}/removal", "remove"],
      ["get", "/notes", "notes"],
    ].map(([method = "", path = "", operationId = ""]) => [
      path,
      {
        [method]: {
          operationId,
          parameters: path.includes("{")
            ? [{ name: "name", in: "path", required: true, schema: { type: "string" } }]
            : [],
          ...(operationId === "move"
            ? { requestBody: { required: true, content: { "application/json": { schema: { type: "object" } } } } }
            : {}),
          responses: { 200: { description: "Done", content: { "application/json": { schema: { type: "object" } } } } },
        },
      },
    ]),
  ),
};

type List = { readonly id: string; readonly log: readonly string[] };
type Move = { readonly name: string; readonly from: string; readonly to: string };

/** Each write goes over two records, and reads before it writes. */
export const handlers: NonNullable<MockOptions["handlers"]> = {
  async move({ body }, sandbox) {
    const { name, from, to } = body as Move;
    const lists = sandbox.collection<List>("lists");
    const add = (list: List) => ({ ...list, log: [...list.log, name] });
    const one = await lists.update(from, add);
    const two = await lists.update(to, add);
    return { status: 200, body: { at: [one!.log.length, two!.log.length] } };
  },
  async read(_input, sandbox) {
    const { items } = await sandbox.collection<List>("lists").list({ offset: 0, limit: 10 });
    return { status: 200, body: Object.fromEntries(items.map(({ id, log }) => [id, log])) };
  },
  async write({ path }, sandbox) {
    const isNew = await sandbox.collection("notes").add({ id: path.name });
    return { status: 200, body: { isNew } };
  },
  async remove({ path }, sandbox) {
    return { status: 200, body: { wasThere: await sandbox.collection("notes").remove(String(path.name)) } };
  },
  async notes(_input, sandbox) {
    const { items } = await sandbox.collection("notes").list({ offset: 0, limit: 100 });
    return { status: 200, body: { names: items.map(({ id }) => id) } };
  },
};

export const fixtures = { lists: ["a", "b", "c"].map((id) => ({ id, log: [] })), notes: [] };

/** Numbers from 0 to 1, without 1, that follow from a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type World = {
  /** One of the replicas, any of them. */
  replica(random: () => number): Pick<Mock, "fetch">;
};

/** What a client was answered, and when it asked and knew. */
type Done = { readonly key: string; readonly began: number; readonly ended: number; readonly texts: readonly string[] };
type Moved = Done & Move & { readonly at: readonly [number, number] };
type Read = { readonly began: number; readonly ended: number; readonly lists: Readonly<Record<string, string[]>> };

/** What several clients at once have done in a sandbox, and how it was at the end. */
export type History = {
  readonly moves: readonly Moved[];
  readonly reads: readonly Read[];
  /** Notes that were written and removed again, each by its clients. */
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  readonly lists: Readonly<Record<string, string[]>>;
  readonly notes: readonly string[];
  /** What a late retry of each key was answered, and how the lists were after all of them. */
  readonly late: ReadonlyMap<string, { readonly text: string; readonly mark: string | null }>;
  readonly after: { readonly lists: Readonly<Record<string, string[]>>; readonly notes: readonly string[] };
};

let clock = 0;
/** Moments in their order. */
const moment = () => ++clock;

/** Plays one history: clients that ask any replica, send twice, and send again until they know. */
export async function play(world: World, apiKey: string, seed: number): Promise<History> {
  const random = randomOf(seed);
  const ask = asking(world, apiKey, random);
  const moves: Moved[] = [];
  const reads: Read[] = [];
  const [removed, kept]: [string[], string[]] = [[], []];
  const keyed = new Map<string, { path: string; body: unknown }>();

  async function keyedly(key: string, path: string, body?: unknown): Promise<Done> {
    keyed.set(key, { path, body });
    const began = moment();
    const times = random() < 0.3 ? 2 : 1;
    const answers = await Promise.all(Array.from({ length: times }, () => ask("POST", path, { key, body })));
    return { key, began, ended: moment(), texts: answers.map(({ text }) => text) };
  }

  async function client(name: string): Promise<void> {
    for (let turn = 0; turn < 4; turn++) {
      const key = `${name}-${turn}`;
      const kind = random();
      if (kind < 0.55) {
        const [from, to] = [..."abc"].sort(() => random() - 0.5) as [string, string];
        const move = { name: key, from, to };
        const done = await keyedly(key, "/moves", move);
        moves.push({ ...done, ...move, at: JSON.parse(done.texts[0]!).at });
      } else if (kind < 0.75) {
        const began = moment();
        const lists = JSON.parse((await ask("GET", "/lists")).text);
        reads.push({ began, ended: moment(), lists });
      } else {
        await keyedly(`${key}-w`, `/notes/${key}`);
        if (random() < 0.5) kept.push(key);
        else {
          await keyedly(`${key}-r`, `/notes/${key}/removal`);
          removed.push(key);
        }
      }
    }
  }

  await Promise.all(["one", "two", "three"].map(client));
  const state = async () => ({
    lists: JSON.parse((await ask("GET", "/lists")).text),
    notes: JSON.parse((await ask("GET", "/notes")).text).names,
  });
  const { lists, notes } = await state();
  const late = new Map<string, { text: string; mark: string | null }>();
  for (const [key, { path, body }] of keyed) {
    const { text, headers } = await ask("POST", path, { key, body });
    late.set(key, { text, mark: headers.get("X-Mock-Idempotency") });
  }
  return { moves, reads, removed, kept, lists, notes, late, after: await state() };
}

/** Sends a request to any replica, and again to any, until it is answered. */
function asking({ replica }: World, apiKey: string, random: () => number) {
  return async function ask(method: string, path: string, { key, body }: { key?: string; body?: unknown } = {}) {
    for (let tries = 0; tries < 2000; tries++) {
      const response = await replica(random)
        .fetch(`http://localhost${path}`, {
          method,
          headers: {
            "X-API-Key": apiKey,
            ...(key === undefined ? {} : { "Idempotency-Key": key }),
            ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        .catch(() => undefined);
      const text = (await response?.text()) ?? "";
      if (response?.status === 200) return { text, headers: response.headers };
      // Away, or the same key is under way: soon again. Anything else is a bug.
      if (response && ![503, 409].includes(response.status)) throw new Error(`${response.status} ${text}`);
      await wait(random() * 10);
    }
    throw new Error(`${method} ${path} under ${key} is never answered.`);
  };
}

/** What is wrong with a history, as sentences. */
export function judged(history: History): string[] {
  const { moves, reads, removed, kept, lists, notes, late, after } = history;
  const wrong: string[] = [];
  const expect = (is: boolean, sentence: string) => {
    if (!is) wrong.push(sentence);
  };
  for (const { key, from, to, at, texts } of moves) {
    // Exactly once, in both lists, where it was said to be.
    for (const [index, list] of [from, to].entries()) {
      const places = lists[list]!.flatMap((one, place) => (one === key ? [place + 1] : []));
      expect(
        places.length === 1 && places[0] === at[index],
        `${key} stands in ${list} at ${places}, not at ${at[index]}`,
      );
    }
    expect(new Set(texts).size === 1, `${key} was answered ${texts.join(" and ")}`);
    expect(late.get(key)!.text === texts[0], `late, ${key} was answered ${late.get(key)!.text}, not ${texts[0]}`);
  }
  for (const [key, { mark }] of late) expect(mark === "replayed", `late, ${key} was ${mark}, not replayed`);
  const all = new Set(moves.map(({ key }) => key));
  for (const [list, log] of Object.entries(lists))
    for (const key of log) expect(all.has(key), `${key} stands in ${list}, and nobody was told so`);
  for (const name of removed) expect(!notes.includes(name), `the note ${name} was removed, and is there`);
  for (const name of kept) expect(notes.includes(name), `the note ${name} was written, and is not there`);
  expect(JSON.stringify(after) === JSON.stringify({ lists, notes }), "late retries have changed something");
  return [...wrong, ...outOfOrder(moves, reads, lists)];
}

/** Where what was read or written does not follow what was known before. */
function outOfOrder(moves: readonly Moved[], reads: readonly Read[], lists: History["lists"]): string[] {
  const wrong: string[] = [];
  const placeOf = ({ from, to, at }: Moved, list: string) => (list === from ? at[0] : list === to ? at[1] : undefined);
  for (const [list, log] of Object.entries(lists)) {
    for (const read of reads) {
      const seen = read.lists[list]!;
      if (JSON.stringify(log.slice(0, seen.length)) !== JSON.stringify(seen))
        wrong.push(`${list} was read as ${seen}, and ended as ${log}`);
      for (const move of moves) {
        const place = placeOf(move, list);
        if (place === undefined) continue;
        if (move.ended < read.began && place > seen.length) wrong.push(`${move.key} was lost to a read of ${list}`);
        if (move.began > read.ended && place <= seen.length)
          wrong.push(`${move.key} was read in ${list} before it began`);
      }
      for (const later of reads)
        if (read.ended < later.began && later.lists[list]!.length < seen.length)
          wrong.push(`${list} was read as ${seen}, and later as ${later.lists[list]}`);
    }
    for (const one of moves)
      for (const two of moves) {
        const [first, second] = [placeOf(one, list), placeOf(two, list)];
        if (first === undefined || second === undefined) continue;
        if (one.ended < two.began && first > second)
          wrong.push(`${one.key} ended before ${two.key}, and stands behind it`);
      }
  }
  return wrong;
}
