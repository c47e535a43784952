import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRedisStore } from "../../../src/mock/store/redis/store.ts";
import { lacking } from "../../needs.ts";
import { type Redis, startCluster, startRedis } from "../../redis.ts";
import { testStores } from "./suite.ts";

const missing = lacking("redis");
let stores = 0;
/** A world of its own for each store. */
const apart = (url: string) => `${url}?prefix=t${stores++}`;

// A few questions for each of 500 sandboxes; one copy of the fixtures for each would take minutes.
const openingMs = 10_000;

describe.skipIf(missing)(`a store on Redis${missing}`, () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  testStores({ create: (options) => createRedisStore({ ...options, url: apart(redis.url) }), openingMs });
});

describe.skipIf(missing)(`a store on a Cluster${missing}`, () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.stop());

  testStores({ create: (options) => createRedisStore({ ...options, url: apart(cluster.url) }), openingMs });

  test("lies on all of its nodes, and tells each process of what another has done", async () => {
    const url = apart(cluster.nodes.map((node) => node.url).join(" "));
    const given = { fixtures: { books: [] }, log: () => {}, url };
    const [one, two] = [createRedisStore(given), createRedisStore(given)];
    try {
      for (let count = 0; count < 30; count++) {
        const apiKey = `test_${count}`;
        await (await one.sandbox(apiKey)).collection("books").insert({ id: "a", count });
        expect(await (await two.sandbox(apiKey)).collection("books").get("a")).toEqual({ id: "a", count });
      }
      const { journal } = await one.sandbox("test_0");
      const told = journal.next(0, 10_000);
      const started = performance.now();
      await (await two.sandbox("test_0")).journal.record({
        at: 1,
        method: "GET",
        target: "/",
        operationId: undefined,
        headers: {},
        body: undefined,
        answer: undefined,
        durationMs: 1,
      });
      await told;
      expect(performance.now() - started).toBeLessThan(900);
      expect((await one.list()).length).toBe(30);
    } finally {
      await Promise.all([one.close?.(), two.close?.()]);
    }
  });
});
