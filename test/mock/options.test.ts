import { describe, expect, test } from "vitest";
import { createMock, type ListenOptions, type MockOptions } from "../../src/index.ts";
import { testMock } from "../mock.ts";

const taken =
  "It takes allowWebhooksTo, announce, apiKeys, check, collections, deliver, fixtures, handlers, latencyMs, log, maxBodyBytes, maxKeys, maxSandboxes, now, onDelivery, onEntry, pages, seed, spec, state, store and webhooks.";

describe("an option that nobody reads is refused by name", () => {
  test.each([
    [{ apiKey: ["own"] }, `createMock has no option "apiKey"; did you mean "apiKeys"? ${taken}`],
    [{ latency: 5 }, `createMock has no option "latency"; did you mean "latencyMs"? ${taken}`],
    [{ Seed: 5 }, `createMock has no option "Seed"; did you mean "seed"? ${taken}`],
    [{ seed: 5, colour: "red" }, `createMock has no option "colour". ${taken}`],
    [{ seed: 5, toString: undefined }, `createMock has no option "toString". ${taken}`],
  ])("%j", (options, message) => {
    expect(() => createMock(options as MockOptions)).toThrow(new TypeError(message));
  });

  test.each([
    [{ hots: "::1" }, 'listen has no option "hots"; did you mean "host"? It takes host and port.'],
    [{ overrideGlobalObjects: true }, 'listen has no option "overrideGlobalObjects". It takes host and port.'],
  ])("%j of listen", async (options, message) => {
    const { mock } = testMock();
    await expect(mock.listen(options as ListenOptions)).rejects.toThrow(new TypeError(message));
  });
});

test("every option that there is is taken", async () => {
  const { mock } = testMock({
    handlers: {},
    fixtures: {},
    collections: {},
    check: () => [],
    seed: 2,
    apiKeys: ["own"],
    now: Date.now,
    latencyMs: 0,
  });
  const { close } = await mock.listen({ port: 0, host: "127.0.0.1" });
  await close();
  expect((await mock.fetch("http://localhost/customers", { headers: { "X-API-Key": "own" } })).status).toBe(200);
});
