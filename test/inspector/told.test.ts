import { describe, expect, test } from "vitest";
import type { ControlSchemas } from "../../src/index.ts";
import { curlOf, duration, finder, keyOf, marksOf, reasonsOf, takeIn } from "../../src/inspector/told.ts";

type Entry = ControlSchemas["JournalEntry"];

function entry(given: Partial<Entry> = {}): Entry {
  return {
    id: 1,
    at: "2026-01-15T09:30:00.000Z",
    durationMs: 1,
    request: { method: "PUT", target: "/things/1", operationId: "putThing", headers: {} },
    response: { status: 200, headers: {} },
    ...given,
  };
}

const request = (headers: Record<string, string>, body?: string) => ({
  ...entry().request,
  headers,
  ...(body === undefined ? {} : { body }),
});
const answer = (status: number, headers: Record<string, string> = {}, body?: string) => ({
  status,
  headers,
  ...(body === undefined ? {} : { body }),
});

describe("reasonsOf", () => {
  test.each<[string, Partial<Entry>, string[]]>([
    ["what was carried out", {}, ["putThing has carried it out."]],
    [
      "what was kept",
      { response: answer(200, { "X-Mock-Idempotency": "stored" }) },
      ["putThing has carried it out.", "The answer is kept under the idempotency key: the same request again gets it."],
    ],
    [
      "what was replayed",
      { response: answer(404, { "X-Mock-Idempotency": "replayed" }) },
      ["This is the answer that was kept under the idempotency key. Nothing was carried out again."],
    ],
    [
      "a rule",
      { refused: { code: "bad", message: "The request is wrong.", rules: [] }, response: answer(400) },
      ["The request is wrong."],
    ],
    ["a handler", { response: answer(409, {}, '{"detail":"It is taken."}') }, ["It is taken."]],
    ["a handler that says nothing", { response: answer(409, {}, "no") }, ["Its handler has refused it."]],
    ["a fault", { fault: "fault-1", response: answer(500) }, ["This is what fault-1 does."]],
    ["Prefer", { fault: "Prefer", response: answer(500) }, ["The request itself has asked for it, by Prefer."]],
  ])("tells of %s", (_, given, reasons) => {
    expect(reasonsOf(entry(given))).toEqual(reasons);
  });

  test("tells of a lost answer and of the nearest operation", () => {
    const { response: _, ...lost } = entry({ fault: "fault-1" });
    expect(reasonsOf(lost)).toEqual(["This is what fault-1 does: nothing was answered."]);
    const nearest = {
      operationId: "putThing",
      method: "PUT",
      path: "/things/{id}",
      why: "The path has one part more.",
    };
    const { operationId: __, ...unknown } = entry().request;
    expect(reasonsOf(entry({ nearest, request: unknown, response: answer(404) }))).toContain(
      "The nearest operation is putThing, PUT /things/{id}. The path has one part more.",
    );
  });
});

test("marks are what sets an answer apart", () => {
  const { response: _, ...lost } = entry({ fault: "fault-1" });
  expect(marksOf(lost)).toEqual([{ kind: "fault", text: "fault-1" }]);
  expect(marksOf(entry({ response: answer(200, { "X-Mock-Idempotency": "replayed" }) }))).toEqual([
    { kind: "replayed", text: "replayed" },
  ]);
  expect(marksOf(entry())).toEqual([]);
});

describe("curlOf", () => {
  test("sends the request again, with the key that was masked", () => {
    const headers = { "X-Key": "te***", "Idempotency-Key": "it's" };
    expect(curlOf(entry({ request: request(headers, '{"a":1}') }), "http://127.0.0.1:4010/", "test_key")).toBe(
      `curl -i -X PUT 'http://127.0.0.1:4010/things/1' \\
  -H 'X-Key: test_key' \\
  -H 'Idempotency-Key: it'\\''s' \\
  --data-raw '{"a":1}'`,
    );
  });

  test("leaves a key that nobody knows to the shell", () => {
    const curl = curlOf(entry({ request: request({ Authorization: "Bear***" }) }), "http://mock.test", undefined);
    expect(curl).toContain('-H "Authorization: Bearer $API_KEY"');
  });
});

test("finder wants every word, in whatever a reader sees", () => {
  const one = entry({ request: request({ "Idempotency-Key": "K-1" }, "body"), response: answer(409, {}, "taken") });
  for (const text of ["", "put k-1", "THINGS 409", "taken", "putthing body"]) expect(finder(text)(one)).toBe(true);
  expect(finder("put nothing")(one)).toBe(false);
});

test("keyOf knows the header by the end of its name", () => {
  expect(keyOf(entry({ request: request({ "x-idempotency-key": "k" }) }))).toBe("k");
  expect(keyOf(entry())).toBeUndefined();
});

describe("takeIn", () => {
  const event = (id: number) => ({ event: "request", data: entry({ id }) }) as const;

  test("holds the latest, and counts what nobody has read", () => {
    const events = Array.from({ length: 1500 }, (_, index) => event(index + 1));
    const { requests, missed } = takeIn([], [{ event: "evicted", data: { of: "requests", count: 7 } }, ...events]);
    expect([requests.length, requests[0]?.id, requests.at(-1)?.id, missed]).toEqual([1000, 501, 1500, 7]);
  });

  test("begins anew where the numbers do", () => {
    const { requests } = takeIn([entry({ id: 8 }), entry({ id: 9 })], [event(1), event(2)]);
    expect(requests.map(({ id }) => id)).toEqual([1, 2]);
  });
});

test.each([
  [0, "0 s"],
  [59_400, "59 s"],
  [86_399_000, "23 h 59 min"],
  [86_400_000, "1 d"],
  [90_061_000, "1 d 1 h"],
])("duration of %d ms is %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});
