import { expect, test } from "vitest";
import { ids, testMock } from "../mock.ts";

test.each<[string, unknown, RegExp]>([
  ["an error with where it came from", new Error("out of order"), /failed: Error: out of order\n +at /],
  ["an error without that", Object.assign(new Error("out of order"), { stack: undefined }), /failed: out of order$/],
  ["what is no error", "out of order", /failed: out of order$/],
])("a bug leaves a line in the log: %s", async (_, bug, wanted) => {
  const { call, mock, lines } = testMock();
  Object.assign((await mock.sandbox()).collection("customers"), { get: () => Promise.reject(bug) });
  const { status, body } = await call("GET", `/customers/${ids.business}?secret=1`);
  expect([status, body.code]).toEqual([500, "internal_error"]);
  expect(lines).toEqual([expect.stringMatching(wanted)]);
  expect(lines[0]).toMatch(/^GET \/customers\/cus-0001-business-email failed: /);
});

test("a refusal leaves none", async () => {
  const { call, lines } = testMock();
  expect((await call("GET", "/customers/cus-nobody")).status).toBe(404);
  expect(lines).toEqual([]);
});
