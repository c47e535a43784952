import { expect, test } from "vitest";
import { durationMs, keyHeaderOf } from "../../src/document/idempotency.ts";
import { parseSpec } from "../../src/document/spec.ts";

/** The header of the key of an operation that declares these header parameters. */
function keyHeaderWith(...headers: readonly { name: string; description?: string }[]): string | undefined {
  const parameters = headers.map((one) => ({ ...one, in: "header", schema: { type: "string" } }));
  const post = { parameters, responses: { 201: { description: "Made" } } };
  const document = { openapi: "3.1.0", info: { title: "t", version: "1" }, paths: { "/things": { post } } };
  const { operations } = parseSpec(JSON.stringify(document));
  return keyHeaderOf(operations[0]!);
}

test.each([
  ["its name", { name: "X-Idempotency-Key" }, "X-Idempotency-Key"],
  ["its description, where its name is a general one", request("Makes the call idempotent."), "Request-Id"],
  ["nothing where the description denies it", request("For support; not used for idempotency."), undefined],
  ["nothing where no word of it is said", request("Told again in the answer."), undefined],
  ["nothing where it is no key", { name: "Prefer", description: "Idempotent either way." }, undefined],
])("a header holds an idempotency key by %s", (_, header, expected) => {
  expect(keyHeaderWith({ name: "Trace" }, header)).toBe(expected);
});

function request(description: string) {
  return { name: "Request-Id", description };
}

test.each([
  ["PT24H", 86_400_000],
  ["P1DT1S", 86_401_000],
  ["P", undefined],
  ["24 h", undefined],
])("%s is so many milliseconds", (text, expected) => {
  expect(durationMs(text)).toBe(expected);
});
