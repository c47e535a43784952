import { afterAll, beforeAll, describe } from "vitest";
import { createRedisStore } from "../../../src/mock/store/redis/store.ts";
import { lacking } from "../../needs.ts";
import { type Redis, startRedis } from "../../redis.ts";
import { testStores } from "./suite.ts";

const missing = lacking("redis");

describe.skipIf(missing)(`a store on Redis${missing}`, () => {
  let redis: Redis;
  let stores = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  testStores({
    create: (options) => createRedisStore({ ...options, url: `${redis.url}?prefix=t${stores++}` }),
    // A few questions for each; one copy of the fixtures for each would take minutes.
    openingMs: 5000,
  });
});
