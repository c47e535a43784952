import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createMock, type Mock, parseSpec } from "../../../src/index.ts";
import { lacking } from "../../needs.ts";
import { type Redis, startRedis } from "../../redis.ts";
import { document, fixtures, type History, handlers, judged, play, randomOf, type World } from "./histories.ts";

/** How many histories are played; by hand 10000 in memory and 1000 on Redis. */
const counts = {
  memory: Number(process.env.HISTORIES ?? 200),
  redis: Number(process.env.HISTORIES_ON_REDIS ?? 40),
};

/** Where the random numbers begin. */
const firstSeed = Number(process.env.HISTORIES_SEED ?? 1);

/** How many are played at once. */
const atOnce = 4;

const missing = lacking("redis");
const spec = parseSpec(JSON.stringify(document));
const lines: string[] = [];
const mockOn = (store: string) => createMock({ spec, handlers, fixtures, store, log: (line) => lines.push(line) });

/** Plays so many histories, some at once, and says what is wrong with the first that has something wrong with it. */
async function playAll(world: World, count: number, prefix: string): Promise<void> {
  let next = 0;
  const player = async () => {
    while (next < count) {
      const seed = firstSeed + next++;
      const history = await play(world, `test_${prefix}_${seed}`, seed);
      expect(judged(history), `HISTORIES_SEED=${seed}`).toEqual([]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, player));
}

describe("histories of clients at once", () => {
  test(
    `in memory: ${counts.memory}`,
    async () => {
      const mock = mockOn("memory");
      await playAll({ replica: () => mock }, counts.memory, "memory");
    },
    30_000 + counts.memory * 100,
  );

  test("are judged: a write that is lost, made twice or seen too late is found", () => {
    const done = { texts: ['{"at":[1,1]}'], began: 1, ended: 2 };
    const move = { ...done, key: "k", name: "k", from: "a", to: "b", at: [1, 1] } as const;
    const late = new Map([["k", { text: '{"at":[1,1]}', mark: "replayed" }]]);
    const state = { lists: { a: ["k"], b: ["k"], c: [] }, notes: [] };
    const good: History = { moves: [move], reads: [], removed: [], kept: [], ...state, late, after: state };
    const withLists = (lists: History["lists"]) => ({ ...good, lists, after: { lists, notes: [] } });
    expect(judged(good)).toEqual([]);
    expect(judged(withLists({ a: ["k"], b: [], c: [] }))).toEqual(["k stands in b at , not at 1"]);
    expect(judged(withLists({ a: ["k", "k"], b: ["k"], c: [] }))).toEqual(["k stands in a at 1,2, not at 1"]);
    expect(judged(withLists({ ...state.lists, c: ["x"] }))).toEqual(["x stands in c, and nobody was told so"]);
    expect(judged({ ...good, removed: ["n"], notes: ["n"], after: { ...state, notes: ["n"] } })).toEqual([
      "the note n was removed, and is there",
    ]);
    expect(judged({ ...good, after: { ...state, notes: ["n"] } })).toEqual(["late retries have changed something"]);
    expect(judged({ ...good, late: new Map([["k", { text: "{}", mark: "stored" }]]) })).toHaveLength(2);
    const blind = { began: 3, ended: 4, lists: { a: [], b: ["k"], c: [] } };
    expect(judged({ ...good, reads: [blind] })).toEqual(["k was lost to a read of a"]);
  });
});

/** A way to a Redis that can be cut as a process that is killed cuts it: what is under way may have come there or not. */
async function cuttable(port: number) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = createConnection({ port, host: "127.0.0.1" });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe.skipIf(missing)(`histories of clients of three replicas${missing}`, () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await startRedis(() => ["--appendfsync", "no"]);
  });
  afterAll(() => redis?.stop());

  /** A replica that can be killed: what it is asked then, it never answers. */
  async function replica() {
    const way = await cuttable(redis.port);
    const mock = mockOn(`redis://127.0.0.1:${way.port}?prefix=h&lease=300`);
    await mock.sandbox();
    let die = () => {};
    const death = new Promise<never>((_, reject) => {
      die = () => reject(new Error("killed"));
    });
    death.catch(() => {});
    const fetch: Mock["fetch"] = (...given) => Promise.race([mock.fetch(...given), death]);
    return {
      fetch,
      async kill() {
        way.cut();
        die();
        await mock.close();
      },
    };
  }

  test(
    `on Redis, with kills: ${counts.redis}`,
    async () => {
      const random = randomOf(firstSeed);
      const replicas = await Promise.all([replica(), replica(), replica()]);
      let kills = 0;
      let isPlaying = true;
      onTestFinished(async () => void (await Promise.all(replicas.map(({ kill }) => kill()))));
      const killing = (async () => {
        while (isPlaying) {
          await wait(random() * 200);
          const victim = Math.floor(random() * 3);
          const fresh = await replica();
          void replicas[victim]!.kill();
          replicas[victim] = fresh;
          kills += 1;
        }
      })();
      const world = { replica: (random: () => number) => replicas[Math.floor(random() * 3)]! };
      try {
        await playAll(world, counts.redis, "redis");
      } finally {
        isPlaying = false;
        await killing;
      }
      expect(kills).toBeGreaterThan(0);
      expect(lines.filter((line) => line.includes(" failed: "))).toEqual([]);
    },
    60_000 + counts.redis * 1000,
  );
});
