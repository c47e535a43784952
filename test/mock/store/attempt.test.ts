import { expect, test } from "vitest";
import { attempted } from "../../../src/mock/store/attempt.ts";

const event = { eventId: "e-1", type: "t", occurredAt: "2030-01-01T00:00:00.000Z", data: {} };
const clock = { at: () => ({ now: 5, frozen: false }) };

function attempt(deliver: (request: Request) => Promise<Response>, signal = new AbortController().signal) {
  return attempted({ url: "http://127.0.0.1/", event }, { deliver, clock, signal, timeoutMs: 30 });
}

const never = new Promise<Response>(() => {});

test("an attempt ends in time, whatever carries it, which is told so", async () => {
  let told: AbortSignal | undefined;
  const outcome = await attempt((request) => {
    told = request.signal;
    return never;
  });
  expect(outcome).toEqual({ at: 5, durationMs: expect.any(Number), error: "There was no answer within 30 ms." });
  expect(told?.aborted).toBe(true);
});

test("an attempt ends when it is called off", async () => {
  const controller = new AbortController();
  const outcome = attempt(() => never, controller.signal);
  controller.abort();
  expect(await outcome).toMatchObject({ error: "It was called off." });
});

test("an attempt is over with the head of the answer, however long its body", async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1024)),
    cancel() {
      isCancelled = true;
    },
  });
  expect(await attempt(async () => new Response(body, { status: 202 }))).toMatchObject({ status: 202 });
  while (!isCancelled) await new Promise((resolve) => setTimeout(resolve, 1));
});

test.each([
  [new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") }), "fetch failed: connect ECONNREFUSED"],
  [new TypeError("fetch failed"), "fetch failed"],
  ["down", "down"],
])("says why there was no answer: %s", async (thrown, error) => {
  expect(await attempt(() => Promise.reject(thrown))).toMatchObject({ error });
});
