import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createRecorder, cutBodies, mostCharacters, mostExchanges } from "../../../src/contract/report/record.ts";
import { exchanged } from "../scripted.ts";

const now = () => new Date("2026-01-15T09:30:00Z");

describe("a recorder", () => {
  test("keeps exchanges in the order of sending, not of answers", async () => {
    const { watch, recorded } = createRecorder(now);
    await Promise.all([
      watch(async () => {
        await setTimeout(5);
        return exchanged(200, "slow");
      }),
      watch(async () => exchanged(201, "fast")),
    ]);
    expect(recorded().exchanges?.map(({ response }) => response.status)).toEqual([200, 201]);
  });

  test("passes the answer on, and keeps when it was sent, what was sent and what came back", async () => {
    const { watch, recorded } = createRecorder(now);
    const exchange = exchanged(404, "{}");
    expect(await watch(async () => exchange)).toBe(exchange);
    expect(recorded()).toEqual({
      exchanges: [
        {
          sentAt: "2026-01-15T09:30:00.000Z",
          durationMs: 1,
          request: { method: "GET", url: exchange.request.url, headers: {} },
          response: { status: 404, headers: {}, body: { text: "{}" } },
          curl: exchange.curl,
        },
      ],
    });
  });

  test("keeps no more than a reader reads, and counts the rest", async () => {
    const { watch, recorded } = createRecorder(now);
    for (let n = 0; n < mostExchanges + 7; n++) await watch(async () => exchanged(200, ""));
    expect([recorded().exchanges?.length, recorded().omittedExchanges]).toEqual([mostExchanges, 7]);
  });

  test("has nothing of a request without an answer, and lets its failure through", async () => {
    const { watch, recorded } = createRecorder(now);
    await expect(watch(() => Promise.reject(new Error("gone")))).rejects.toThrow("gone");
    expect(recorded()).toEqual({});
  });
});

test("long bodies are cut, and it is said by how much", async () => {
  const { watch, recorded } = createRecorder(now);
  await watch(async () => exchanged(200, "x".repeat(mostCharacters + 5)));
  await watch(async () => exchanged(200, "x".repeat(mostCharacters)));
  const bodies = cutBodies(recorded().exchanges!).map(({ response }) => response.body);
  expect(bodies.map(({ text, omittedCharacters }) => [text.length, omittedCharacters])).toEqual([
    [mostCharacters, 5],
    [mostCharacters, undefined],
  ]);
});
