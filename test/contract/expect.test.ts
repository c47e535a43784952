import { describe, expect, test } from "vitest";
import {
  accepted,
  conflict,
  contains,
  equal,
  errorCode,
  errorDetails,
  holds,
  memberOf,
  omit,
  refused,
  withoutNulls,
} from "../../src/contract/expect.ts";
import { Mismatch } from "../../src/contract/findings.ts";
import { exchanged, mismatchOf } from "./scripted.ts";

describe("accepted", () => {
  test.each([200, 201, 299])("%i with an object is one, and its body is answered", (status) => {
    expect(accepted(exchanged(status, '{"a":1}'))).toEqual({ a: 1 });
  });

  test.each([
    [
      exchanged(199, "{}"),
      { message: "the request should be accepted", at: "status", expected: "2xx", received: "199 {}" },
    ],
    [
      exchanged(300, "{}"),
      { message: "the request should be accepted", at: "status", expected: "2xx", received: "300 {}" },
    ],
    [
      exchanged(200, "[1]"),
      { message: "the answer should be a JSON object", at: "body", expected: "a JSON object", received: "[1]" },
    ],
    [
      exchanged(200, "<h1>"),
      { message: "the answer should be a JSON object", at: "body", expected: "a JSON object", received: "<h1>" },
    ],
    [
      exchanged(200, "null"),
      { message: "the answer should be a JSON object", at: "body", expected: "a JSON object", received: "null" },
    ],
  ])("anything else is none: %o", (answer, mismatch) => {
    expect(mismatchOf(() => accepted(answer))).toEqual(mismatch);
  });

  test("the mismatch knows the exchange that showed it", () => {
    const answer = exchanged(500, "no");
    expect(() => accepted(answer)).toThrow(expect.objectContaining({ exchange: answer }));
  });
});

describe("refused", () => {
  test.each([
    [400, undefined],
    [499, undefined],
    [404, 404],
  ])("%i is a refusal where %s is wanted", (status, wanted) => {
    expect(mismatchOf(() => refused(exchanged(status, "{}"), wanted))).toBeUndefined();
  });

  test.each([
    [399, undefined, { message: "the request should be refused", at: "status", expected: "4xx", received: "399 {}" }],
    [500, undefined, { message: "the request should be refused", at: "status", expected: "4xx", received: "500 {}" }],
    [400, 404, { message: "the request should be refused with 404", at: "status", expected: 404, received: "400 {}" }],
  ])("%i is none where %s is wanted", (status, wanted, mismatch) => {
    expect(mismatchOf(() => refused(exchanged(status, "{}"), wanted))).toEqual(mismatch);
  });
});

describe("equal", () => {
  test.each([
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }],
    ["x", "x"],
    [undefined, undefined],
  ])("%o is %o", (received, expected) => {
    expect(mismatchOf(() => equal(received, expected, "body"))).toBeUndefined();
  });

  test.each([
    [1, "1", { at: "body", expected: "1", received: 1 }],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { at: "body.a.c", expected: 3, received: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }, { at: "body.b", expected: "(absent)", received: 2 }],
    [{ a: 1 }, { a: 1, b: 2 }, { at: "body.b", expected: 2, received: "(absent)" }],
    [[1], [1, 2], { at: "body", expected: [1, 2], received: [1] }],
    [{ a: null }, {}, { at: "body.a", expected: "(absent)", received: null }],
  ])("%o is not %o, and the first difference is named", (received, expected, difference) => {
    expect(mismatchOf(() => equal(received, expected, "body"))).toEqual({
      message: `${difference.at} is not as it should be`,
      ...difference,
    });
  });
});

describe("contains", () => {
  test.each([
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1 } }],
    [{ a: 1 }, {}],
    [
      [1, 2],
      [1, 2],
    ],
  ])("%o has all that %o has", (received, expected) => {
    expect(mismatchOf(() => contains(received, expected, "billing"))).toBeUndefined();
  });

  test.each([
    [{ a: { b: 1 } }, { a: { b: 2 } }, { at: "billing.a.b", expected: 2, received: 1 }],
    [{}, { a: 1 }, { at: "billing.a", expected: 1, received: "(absent)" }],
    [{ a: 1 }, { a: { b: 1 } }, { at: "billing.a", expected: { b: 1 }, received: 1 }],
    [{ a: null }, { a: { b: 1 } }, { at: "billing.a", expected: { b: 1 }, received: "(absent)" }],
    [[{ a: 1, b: 2 }], [{ a: 1 }], { at: "billing", expected: [{ a: 1 }], received: [{ a: 1, b: 2 }] }],
  ])("%o has not all that %o has", (received, expected, difference) => {
    expect(mismatchOf(() => contains(received, expected, "billing"))).toMatchObject(difference);
  });
});

describe("conflict", () => {
  const mismatch = "idempotency_key_mismatch";
  test.each([
    ["the inferred form", `{"code":"${mismatch}","message":"..."}`],
    ["the code further down", `{"error":{"type":"${mismatch}"}}`],
    ["the code in words", `409: ${mismatch}`],
    ["a form that names no code", '{"title":"Conflict"}'],
    ["a code that is no string", '{"code":409}'],
    ["no body", ""],
  ])("a 409 with %s passes", (_, text) => {
    expect(mismatchOf(() => conflict(exchanged(409, text), mismatch))).toBeUndefined();
  });

  test("a 409 that names another code does not", () => {
    expect(mismatchOf(() => conflict(exchanged(409, '{"code":"idempotency_key_locked"}'), mismatch))).toEqual({
      message: `the 409 should carry the code ${mismatch}`,
      at: "body.code",
      expected: mismatch,
      received: "idempotency_key_locked",
    });
  });

  test("another status does not, whatever code it names", () => {
    expect(mismatchOf(() => conflict(exchanged(400, `{"code":"${mismatch}"}`), mismatch))?.message).toBe(
      "the request should be refused with 409",
    );
  });
});

describe("holds", () => {
  test("says nothing of a claim that holds", () => {
    expect(mismatchOf(() => holds(true, "never"))).toBeUndefined();
  });

  test("ends the case otherwise, with its message and detail", () => {
    expect(mismatchOf(() => holds(false, "there should be one", undefined, { at: "items", expected: 1 }))).toEqual({
      message: "there should be one",
      at: "items",
      expected: 1,
    });
    expect(() => holds(false, "there should be one")).toThrow(Mismatch);
  });
});

describe("what a body holds", () => {
  test.each([
    ['{"code":"not_found"}', "not_found"],
    ['{"code":7}', undefined],
    ['["code"]', undefined],
    ["", undefined],
  ])("the error code of %s is %s", (text, code) => {
    expect(errorCode(exchanged(400, text))).toBe(code);
  });

  test.each([
    ['{"details":[{"property":"email"},"email",null]}', [{ property: "email" }]],
    ['{"details":{"property":"email"}}', []],
    ["no JSON", []],
  ])("the error details of %s", (text, details) => {
    expect(errorDetails(exchanged(400, text))).toEqual(details);
  });

  test.each([
    ["billing.email", "a@b.example"],
    ["billing.address", undefined],
    ["billing.email.length", undefined],
    ["toString", undefined],
    ["billing.autoPay", false],
  ])("the member at %s is %s", (path, member) => {
    expect(memberOf({ billing: { email: "a@b.example", address: null, autoPay: false } }, path)).toBe(member);
  });

  test("nulls go at any depth, and nothing else does", () => {
    const value = { a: null, b: { c: null, d: [{ e: null, f: 0 }, null, ""] }, g: false };
    expect(withoutNulls(value)).toEqual({ b: { d: [{ f: 0 }, null, ""] }, g: false });
  });

  test("members are left out by name", () => {
    expect(omit({ a: 1, b: 2, c: 3 }, "a", "c", "d")).toEqual({ b: 2 });
  });
});
