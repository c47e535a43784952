import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadSpec } from "../../../src/connect/spec.ts";
import { breaksOf, onlyViolation } from "../../../src/contract/generated/breaks.ts";
import { createShapes } from "../../../src/contract/generated/request.ts";
import { arbitrary, boundaries, fullest, lengthened } from "../../../src/document/sample/edges.ts";
import { formats } from "../../../src/document/sample/formats.ts";
import type { Making } from "../../../src/document/sample/run.ts";
import { simplest } from "../../../src/document/sample/sample.ts";
import type { Operation, Spec } from "../../../src/document/spec.ts";
import { documentOf } from "./document.ts";

const ids: Record<string, string> = { customerId: "customer-1", paymentProfileId: "profile-1", id: "thing-1" };
const known = (name: string) =>
  Object.entries(ids)
    .find(([id]) => name === id || (id !== "id" && name.toLowerCase().endsWith(id.toLowerCase())))
    ?.slice(1);

function open(spec: Spec, operation: Operation = spec.operations[0]!) {
  const shape = createShapes(spec)(operation);
  const making: Making = { schemas: shape.schemas, known };
  const { schema } = shape;
  return {
    check: shape.check,
    least: simplest(schema, making),
    edges: [...boundaries(schema, making), ...lengthened(schema, making)],
    random: arbitrary(schema, making),
    breaks: (value: unknown, first = 0) => [...breaksOf(schema, value, making, shape.check, { first })],
    full: fullest(schema, making),
  };
}

const bodyOf = (value: unknown) => (value as { body: unknown }).body;
const spec = loadSpec();

describe.each(spec.operations.map((operation) => [operation.id, operation] as const))("for %s", (_, operation) => {
  const { check, edges, random, breaks, full } = open(spec, operation);

  test("every enumerated request is valid", () => {
    for (const value of edges) expect(check(value), JSON.stringify(value)).toEqual([]);
  });

  test("every random request is valid", () => {
    fc.assert(
      fc.property(random, (value) => check(value).length === 0),
      { numRuns: 200 },
    );
  });

  test("every invalid request breaks the keyword that it names, and nothing anywhere else", () => {
    for (const value of full) {
      for (const { value: broken, violation } of breaks(value)) {
        const found = check(broken);
        expect(found.map(({ at }) => at)).toEqual(found.map(() => violation.at));
        expect(found.map(({ keyword }) => keyword)).toContain(violation.keyword);
      }
    }
  });

  test("the ways to break a request are the same, whichever is the first", () => {
    const [value] = full;
    const all = breaks(value);
    const firsts = new Set<string>();
    for (let first = 0; first < 60; first += 6) {
      const turned = breaks(value, first);
      expect(turned).toHaveLength(all.length);
      expect(turned).toEqual(expect.arrayContaining(all));
      firsts.add(JSON.stringify(turned[0]));
    }
    expect(firsts.size).toBeGreaterThan(all.length > 20 ? 1 : 0);
  });

  test("every random request can be broken in the same way", () => {
    fc.assert(
      fc.property(random, (value) => {
        for (const { value: broken, violation } of breaks(value).slice(0, 40))
          if (onlyViolation(check(broken))?.keyword !== violation.keyword) return false;
        return true;
      }),
      { numRuns: 10 },
    );
  });
});

test("the billing update is seen from every side", () => {
  const { edges, full, breaks } = open(spec, spec.operations.find(({ id }) => id === "updateCustomerBilling")!);
  const bodies = edges.map(bodyOf) as Record<string, unknown>[];
  for (const method of ["EMAIL_INVOICE", "PAPER_INVOICE"])
    expect(bodies.some((body) => body.method === method)).toBe(true);
  for (const field of ["currency", "autoPay", "defaultPaymentProfileId", "email", "address"]) {
    expect(
      bodies.some((body) => field in body),
      `${field} present`,
    ).toBe(true);
    expect(
      bodies.some((body) => !(field in body)),
      `${field} absent`,
    ).toBe(true);
  }
  expect(bodies.some((body) => body.defaultPaymentProfileId === null)).toBe(true);
  const broken = new Set(full.flatMap(breaks).map(({ violation }) => `${violation.at} ${violation.keyword}`));
  expect([...broken]).toEqual(
    expect.arrayContaining([
      "body required",
      "body type",
      "body.method enum",
      "body.method required",
      "body.email format",
      "body.email required",
      "body.address required",
      "body.address.country pattern",
      "body.address.zip minLength",
      "body.understudyUnknown additionalProperties",
      "body.address.understudyUnknown unevaluatedProperties",
      "header.X-Idempotency-Key maxLength",
    ]),
  );
});

/** A schema of each keyword, and the keywords that a request can break one at a time. */
const keywords: [name: string, schema: object, breaks: string[]][] = [
  ["type", { type: "integer" }, ["body type"]],
  ["types", { type: ["string", "null"] }, ["body type"]],
  ["enum", { enum: ["a", "b", 3] }, ["body enum"]],
  ["const", { const: "a" }, ["body const"]],
  ["pattern", { type: "string", pattern: "^[a-z]{3}-\\d+$" }, ["body pattern"]],
  ["minLength", { type: "string", minLength: 3 }, ["body minLength"]],
  ["maxLength", { type: "string", maxLength: 3 }, ["body maxLength"]],
  ["minimum and maximum", { type: "integer", minimum: 3, maximum: 9 }, ["body minimum", "body maximum"]],
  [
    "exclusive bounds",
    { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
    ["body exclusiveMinimum", "body exclusiveMaximum"],
  ],
  ["multipleOf", { type: "integer", multipleOf: 5 }, ["body multipleOf"]],
  ["cents", { type: "number", multipleOf: 0.01, maximum: 5 }, ["body multipleOf"]],
  ["required", { type: "object", properties: { a: { type: "string" } }, required: ["a"] }, ["body.a required"]],
  [
    "additionalProperties",
    { type: "object", properties: {}, additionalProperties: false },
    ["body.understudyUnknown additionalProperties"],
  ],
  [
    "unevaluatedProperties",
    { allOf: [{ type: "object", properties: { a: true } }], unevaluatedProperties: false },
    ["body.understudyUnknown unevaluatedProperties"],
  ],
  ["a map", { type: "object", additionalProperties: { type: "integer" } }, ["body.understudyUnknown type"]],
  [
    "a bounded map of bounded values",
    { type: "object", maxProperties: 2, additionalProperties: { type: "integer", maximum: 5 } },
    ["body maxProperties", "body.key0 maximum"],
  ],
  [
    "many words of a pattern",
    { type: "array", items: { type: "string", pattern: "^[a-z]{2,9}$" }, maxItems: 3, uniqueItems: true },
    ["body maxItems"],
  ],
  [
    "a discriminator",
    {
      oneOf: [
        { type: "object", required: ["kind"], properties: { kind: { const: "a" }, a: { type: "string" } } },
        { type: "object", required: ["kind"], properties: { kind: { const: "b" } } },
      ],
      discriminator: { propertyName: "kind" },
    },
    ["body.kind discriminator", "body.a type"],
  ],
  [
    "minProperties",
    { type: "object", minProperties: 1, additionalProperties: { type: "string" } },
    ["body minProperties"],
  ],
  ["maxProperties", { type: "object", maxProperties: 2 }, ["body maxProperties"]],
  [
    "dependentRequired",
    { type: "object", properties: { a: { type: "string" }, b: { type: "string" } }, dependentRequired: { a: ["b"] } },
    ["body.b dependentRequired"],
  ],
  [
    "minItems and maxItems",
    { type: "array", items: { type: "string" }, minItems: 1, maxItems: 3 },
    ["body minItems", "body maxItems", "body.0 type"],
  ],
  ["uniqueItems", { type: "array", items: { type: "integer" }, uniqueItems: true, minItems: 2 }, ["body uniqueItems"]],
  [
    "allOf",
    {
      allOf: [
        { type: "object", required: ["a"], properties: { a: { type: "string" } } },
        { properties: { a: { minLength: 2 } } },
      ],
    },
    ["body.a required", "body.a minLength"],
  ],
  [
    "oneOf",
    {
      oneOf: [
        { type: "object", required: ["a"], properties: { a: { type: "integer" } } },
        { type: "object", required: ["b"], properties: { b: { type: "boolean" } } },
      ],
    },
    ["body.a type"],
  ],
  [
    "anyOf",
    {
      anyOf: [
        { type: "string", maxLength: 2 },
        { type: "integer", maximum: 5 },
      ],
    },
    ["body maxLength", "body maximum"],
  ],
];

describe.each(keywords)("for a schema with %s", (_, schema, expected) => {
  const { check, edges, random, breaks, full, least } = open(documentOf(schema));

  test("values are valid", () => {
    for (const value of [least, ...full]) expect(check(value), JSON.stringify(value)).toEqual([]);
    expect(edges.filter((value) => check(value).length === 0).length).toBeGreaterThan(0);
    const sample = fc.sample(random, { numRuns: 100, seed: 7 });
    expect(sample.filter((value) => check(value).length === 0).length).toBeGreaterThan(80);
  });

  test("it can be broken", () => {
    const valid = edges.filter((value) => check(value).length === 0);
    const found = new Set(
      [...full, ...valid].flatMap(breaks).map(({ violation }) => `${violation.at} ${violation.keyword}`),
    );
    expect([...found]).toEqual(expect.arrayContaining(expected));
  });
});

describe("a format means the same on both sides", () => {
  test.each(Object.entries(formats))("%s", (format, { valid, invalid }) => {
    const type = valid.some((value) => typeof value === "number") ? "number" : "string";
    const { check } = open(documentOf({ type, format }));
    const violations = (body: unknown) => check({ path: { id: "thing-1" }, body }).map(({ keyword }) => keyword);
    for (const value of valid) expect(violations(value), String(value)).toEqual([]);
    for (const value of invalid) expect(violations(value), String(value)).toEqual(["format"]);
  });
});

describe("OpenAPI 3.0 is read as 3.1", () => {
  const schema = {
    type: "object",
    properties: {
      name: { type: "string", nullable: true },
      kind: { type: "string", nullable: true, enum: ["a"] },
      other: { nullable: true, allOf: [{ type: "object", required: ["x"] }] },
      share: { type: "number", minimum: 0, exclusiveMinimum: true, maximum: 1, exclusiveMaximum: false },
    },
  };
  const { check, breaks } = open(documentOf(schema, {}, "3.0.3"));
  const violations = (body: unknown) =>
    check({ path: { id: "thing-1" }, body }).map(({ at, keyword }) => `${at} ${keyword}`);

  test("null where it is nullable, and bounds that are excluded", () => {
    expect(violations({ name: null, other: null, share: 1 })).toEqual([]);
    // https://spec.openapis.org/oas/v3.0.3#schema-object: nullable widens the type, and the enum still lists what is allowed.
    expect(violations({ kind: null })).toEqual(["body.kind enum"]);
    expect(violations({ share: 0 })).toEqual(["body.share exclusiveMinimum"]);
    expect(violations({ name: 1 })).toEqual(["body.name type"]);
  });

  test("a violation of a nullable object is that of the object", () => {
    expect(violations({ other: {} })).toEqual(["body.other.x required"]);
    const found = breaks({ path: { id: "thing-1" }, body: { share: 0.5 } });
    expect(found.map(({ violation }) => `${violation.at} ${violation.keyword}`)).toContain("body.share maximum");
  });
});
