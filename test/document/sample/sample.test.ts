import { faker } from "@faker-js/faker/locale/en";
import { describe, expect, test } from "vitest";
import type { Making } from "../../../src/document/sample/run.ts";
import { likely, random, simplest } from "../../../src/document/sample/sample.ts";
import { createSchemas } from "../../../src/document/sample/schemas.ts";
import { parseSpec } from "../../../src/document/spec.ts";

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const reference = { $ref: "#/components/schemas/Thing" };

/** A document of these schemas, of which the one called Thing is made and judged. */
function open(thing: object, others: object = {}, openapi = "3.1.0") {
  const schemas = { Thing: thing, ...others };
  const answer = { description: "One.", content: { "application/json": { schema: reference } } };
  const spec = parseSpec(
    JSON.stringify({
      openapi,
      info: { title: "Things", version: "1" },
      paths: { "/thing": { get: { operationId: "getThing", responses: { "200": answer } } } },
      components: { schemas },
    }),
  );
  const check = spec.operations[0]!.responses.get("200")!.content.get("application/json")!.check;
  const read = createSchemas(spec.validators.document);
  const making = (view?: Making["view"]): Making => ({
    schemas: read,
    known: () => undefined,
    view,
  });
  return {
    check,
    least: (view?: Making["view"]) => simplest(reference, making(view)),
    likely: (seed = 1, view?: Making["view"]) => likely(reference, making(view), seed, faker),
    random: (seed = 1) => random(reference, making(), seed),
  };
}

const text = { type: "string" };
const integer = { type: "integer" };
const objectOf = (properties: object, required = Object.keys(properties), more: object = {}) => ({
  type: "object",
  properties,
  required,
  ...more,
});

const keywords: [name: string, schema: object][] = [
  ["const", { const: { a: [1] } }],
  ["anything but a text", { not: { type: "string" } }],
  ["anything but a text or a number", { not: { type: ["string", "number"] } }],
  ["an enum beside a narrower bound", { enum: ["short", "much too long"], maxLength: 5 }],
  ["a list of types", { type: ["object", "null"], required: ["a"] }],
  ["bounds that are excluded", { type: "integer", exclusiveMinimum: 6, exclusiveMaximum: 8 }],
  ["bounds between which there is little room", { type: "number", exclusiveMinimum: 0.0001, maximum: 0.0002 }],
  ["bounds below zero", { type: "number", maximum: -5 }],
  ["steps of cents", { type: "number", multipleOf: 0.01, minimum: 0.1, maximum: 0.3 }],
  ["integers in steps of a half", { type: "integer", multipleOf: 1.5, minimum: 4 }],
  [
    "two steps at once",
    {
      allOf: [
        { type: "integer", multipleOf: 4 },
        { multipleOf: 6, minimum: 1, maximum: 40 },
      ],
    },
  ],
  ["a long text", { type: "string", minLength: 300, maxLength: 300 }],
  ["a short text", { type: "string", maxLength: 1 }],
  [
    "prefixItems and the rest",
    { type: "array", prefixItems: [text, integer], items: { type: "boolean" }, minItems: 4 },
  ],
  ["prefixItems and no rest", { type: "array", prefixItems: [text, integer], items: false }],
  ["contains", { type: "array", items: integer, contains: { minimum: 7000 }, minContains: 2, maxContains: 2 }],
  [
    "as many unique items as there are values",
    { type: "array", items: { enum: [..."abcdefgh"] }, uniqueItems: true, minItems: 8 },
  ],
  ["unique booleans", { type: "array", items: { type: "boolean" }, uniqueItems: true, minItems: 2 }],
  [
    "unique items of one pattern",
    { type: "array", items: { type: "string", pattern: "^[ab]{2}$" }, uniqueItems: true, minItems: 4 },
  ],
  ["maxItems of none", { type: "array", items: text, maxItems: 0 }],
  ["minProperties of a map", { type: "object", additionalProperties: integer, minProperties: 5 }],
  [
    "minProperties where all are named",
    objectOf({ a: text, b: integer, c: text }, [], { minProperties: 2, additionalProperties: false }),
  ],
  ["maxProperties", objectOf({ a: text, b: text, c: text }, ["b"], { maxProperties: 2 })],
  [
    "propertyNames",
    { type: "object", propertyNames: { pattern: "^k\\d{3}$" }, minProperties: 2, additionalProperties: text },
  ],
  [
    "propertyNames that leave names out",
    objectOf({ ab: text, toolong: text }, [], { propertyNames: { maxLength: 2 } }),
  ],
  [
    "patternProperties",
    { type: "object", patternProperties: { "^x_[a-z]{2}$": integer }, additionalProperties: false, minProperties: 2 },
  ],
  [
    "a named member that a pattern narrows",
    objectOf({ x_id: text }, ["x_id"], { patternProperties: { "^x_": { minLength: 40 } } }),
  ],
  [
    "required members that nobody names",
    { type: "object", required: ["a"], additionalProperties: { type: "boolean" } },
  ],
  ["dependentRequired", objectOf({ a: text, b: text, c: text }, ["a"], { dependentRequired: { a: ["b"], b: ["c"] } })],
  [
    "dependentSchemas",
    objectOf({ a: text, b: text }, ["a"], {
      dependentSchemas: { a: { required: ["b"], properties: { b: { const: "two" } } } },
    }),
  ],
  [
    "if, then and else",
    objectOf({ kind: { enum: ["n", "s"] }, of: {} }, ["kind", "of"], {
      if: { properties: { kind: { const: "n" } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, in what is nobody's promise
      then: { properties: { of: integer } },
      else: { properties: { of: text } },
    }),
  ],
  [
    "if without else",
    objectOf({ kind: { enum: ["n", "s"] }, of: text }, ["kind"], {
      if: { properties: { kind: { const: "n" } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, in what is nobody's promise
      then: { required: ["of"] },
    }),
  ],
  ["not", { type: "integer", minimum: 1, maximum: 3, not: { enum: [1, 2] } }],
  ["not some members together", objectOf({ a: text, b: text }, [], { not: { required: ["a", "b"] } })],
  ["two of not", { allOf: [{ enum: [1, 2, 3], not: { const: 1 } }, { not: { const: 2 } }] }],
  [
    "oneOf that all members would fit twice",
    { oneOf: [objectOf({ a: text, b: text }, ["a"]), objectOf({ a: text, b: text }, ["b"])] },
  ],
  [
    "oneOf that every value of an alternative fits twice",
    { oneOf: [objectOf({ a: text }, []), objectOf({ b: integer }, [])] },
  ],
  [
    "oneOf of numbers that overlap",
    {
      oneOf: [
        { type: "integer", minimum: 5 },
        { type: "integer", maximum: 10 },
      ],
    },
  ],
  ["anyOf under allOf", { allOf: [{ anyOf: [integer, text] }, { anyOf: [text, { type: "boolean" }] }] }],
  ["allOf that narrows a member", { allOf: [objectOf({ kind: text }), { properties: { kind: { enum: ["one"] } } }] }],
  ["allOf of two patterns", { allOf: [{ type: "string", pattern: "^[a-f0-9]+$" }, { pattern: "^.{4}$" }] }],
  [
    "allOf of a closed part",
    {
      allOf: [
        objectOf({ a: text }, ["a"], { additionalProperties: false }),
        { properties: { a: { maxLength: 3 }, b: text } },
      ],
    },
  ],
  [
    "allOf of lists",
    {
      allOf: [
        { type: "array", items: integer },
        { items: { minimum: 9 }, minItems: 1 },
      ],
    },
  ],
  ["unevaluatedProperties", { allOf: [objectOf({ a: text })], properties: { b: text }, unevaluatedProperties: false }],
];

describe("a value that somebody could mean", () => {
  test.each(keywords)("is valid by %s", (_, schema) => {
    const { likely, check } = open(schema);
    for (const seed of seeds) {
      const made = likely(seed);
      expect(made.reason).toBeUndefined();
      expect(check(made.value), JSON.stringify(made.value)).toEqual([]);
    }
  });

  test.each(keywords)("is valid at the least by %s", (_, schema) => {
    const { least, check } = open(schema);
    expect(least()).toBeDefined();
    expect(check(least()), JSON.stringify(least())).toEqual([]);
  });

  test("is the same for the same seed, and another for another", () => {
    const { likely } = open(objectOf({ id: { type: "string", format: "uuid" }, name: text, city: text }));
    expect(likely(7)).toEqual(likely(7));
    expect(new Set(seeds.map((seed) => JSON.stringify(likely(seed)))).size).toBe(seeds.length);
  });

  test("is told from the name of its member", () => {
    const { likely } = open(
      objectOf({
        email: text,
        createdAt: text,
        country_code: text,
        amount: { type: "number" },
        age: integer,
        website: text,
      }),
    );
    for (const seed of seeds) {
      expect(likely(seed).value).toEqual({
        email: expect.stringMatching(/^[^@\s]+@example\.com$/),
        createdAt: expect.stringMatching(/^202[56]-\d\d-\d\dT/),
        country_code: expect.stringMatching(/^[A-Z]{2}$/),
        amount: expect.toSatisfy((amount: number) => amount >= 10 && amount <= 999),
        age: expect.toSatisfy((age: number) => age >= 18 && age <= 80),
        website: expect.stringMatching(/^https:\/\/example\.com\//),
      });
    }
  });

  test("is told from the name where a pattern leaves it open", () => {
    const { likely } = open(objectOf({ status: { type: "string", pattern: "^[a-z]+$" } }));
    expect(likely().value).toEqual({ status: "active" });
  });

  test("obeys its schema more than its name", () => {
    const { likely, check } = open(
      objectOf({ email: { type: "string", maxLength: 4 }, age: { type: "integer", minimum: 200 } }),
    );
    for (const seed of seeds) expect(check(likely(seed).value)).toEqual([]);
  });

  test("has two or three items in a list that may have any number", () => {
    const { likely } = open({ type: "array", items: integer });
    const lengths = new Set(seeds.map((seed) => (likely(seed).value as unknown[]).length));
    expect([...lengths].toSorted()).toEqual([2, 3]);
  });
});

describe("an example or default of the document", () => {
  test("is taken where its own schema accepts it", () => {
    const { likely } = open(
      objectOf({
        a: { type: "string", example: "given" },
        b: { type: "integer", default: 41 },
        c: { type: "string", examples: ["one"] },
      }),
    );
    expect(likely().value).toEqual({ a: "given", b: 41, c: "one" });
  });

  test("is taken of whatever type it is", () => {
    const types = { type: ["string", "null"] };
    const { likely } = open(objectOf({ a: { ...types, default: null }, b: { ...types, examples: [null] }, c: types }));
    expect(likely().value).toEqual({ a: null, b: null, c: expect.any(String) });
  });

  test("is passed over where it does not", () => {
    const { likely, check } = open(
      objectOf({
        a: { type: "string", example: 1 },
        b: { type: "integer", default: "one" },
        c: { type: "array", items: { type: "string", example: ["a"] } },
      }),
    );
    const { value } = likely();
    expect(check(value)).toEqual([]);
  });

  test("of a part is passed over where it lacks what another part requires", () => {
    const { likely, check } = open({
      allOf: [{ ...objectOf({ a: text }), example: { a: "x" } }, objectOf({ b: integer })],
    });
    const { value } = likely();
    expect(check(value)).toEqual([]);
  });
});

describe("a schema that holds itself", () => {
  const nullable = { anyOf: [reference, { type: "null" }] };
  test.each<[string, object, (value: unknown) => void]>([
    [
      "by absence",
      objectOf({ name: text, next: reference }, ["name"]),
      (value) => expect(depthOf(value)).toBeLessThan(6),
    ],
    ["by null", objectOf({ left: nullable, right: nullable }), (value) => expect(depthOf(value)).toBeLessThan(6)],
    [
      "by an empty list",
      objectOf({ all: { type: "array", items: reference } }),
      (value) => expect(depthOf(value)).toBeLessThan(9),
    ],
    [
      "by another alternative",
      { oneOf: [text, objectOf({ not: reference })] },
      (value) => expect(depthOf(value)).toBeLessThan(30),
    ],
    [
      "though it is wide",
      objectOf(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`part${index}`, reference])), []),
      (value) => expect(JSON.stringify(value).length).toBeLessThan(50_000),
    ],
  ])("ends %s", (_, schema, holds) => {
    const { likely, random, check } = open(schema);
    for (const seed of seeds) {
      const { value } = likely(seed);
      expect(check(value)).toEqual([]);
      holds(value);
      expect(check(random(seed))).toEqual([]);
    }
  });

  test("in every value has none, and the reason is told", () => {
    expect(open(objectOf({ next: reference })).likely().reason).toMatch(/next .*(never ends|no value was found)/);
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("a hostile pattern stops nobody", () => {
  const { likely } = open(objectOf({ description: { type: "string", pattern: "^(\\w+\\s?)*$" } }));
  const started = performance.now();
  // A second value is as likely to be made as the first, whatever that one cost.
  for (const seed of seeds.slice(0, 6)) expect(likely(seed).reason).toBeUndefined();
  // Backtracking through one sentence would take minutes.
  expect(performance.now() - started).toBeLessThan(5000);
});

test("the place where nothing could be made is told", () => {
  const impossible = objectOf({ size: { type: "integer", minimum: 5, maximum: 4 } });
  expect(open(objectOf({ box: impossible })).likely().reason).toBe(
    "body.box.size has a schema of which no value was found",
  );
  expect(open({ not: {} }).likely().reason).toBe("body has a schema of which no value was found");
});

describe("a discriminator", () => {
  const kinds = {
    Bus: objectOf({ kind: text, seats: integer }),
    Van: objectOf({ kind: text, load: integer }),
  };
  const branches = [{ $ref: "#/components/schemas/Bus" }, { $ref: "#/components/schemas/Van" }];
  const mapping = { bus: "#/components/schemas/Bus", van: "Van" };

  test.each<[string, object, string, string]>([
    ["by its mapping", { propertyName: "kind", mapping }, "bus", "van"],
    ["by the names of the schemas", { propertyName: "kind" }, "Bus", "Van"],
  ])("names the alternative %s", (_, discriminator, bus, van) => {
    const { likely, check } = open({ oneOf: branches, discriminator }, kinds);
    const seen = new Set<unknown>();
    for (const seed of seeds) {
      const value = likely(seed).value as Record<string, unknown>;
      expect(value.kind).toBe("seats" in value ? bus : van);
      expect(check(value)).toEqual([]);
      seen.add(value.kind);
    }
    expect([...seen].toSorted()).toEqual([bus, van].toSorted());
  });

  test("is there though no alternative requires it", () => {
    const Cat = objectOf({ kind: { const: "cat" } }, []);
    const Dog = objectOf({ kind: { const: "dog" } }, []);
    const { least, random } = open(
      {
        oneOf: [{ $ref: "#/components/schemas/Cat" }, { $ref: "#/components/schemas/Dog" }],
        discriminator: { propertyName: "kind" },
      },
      { Cat, Dog },
    );
    expect(least()).toEqual({ kind: "cat" });
    for (const seed of seeds) expect(random(seed)).toHaveProperty("kind");
  });

  test("is told by what inherits it", () => {
    const base = { ...objectOf({ kind: text }), discriminator: { propertyName: "kind" } };
    const { likely } = open(
      { allOf: [{ $ref: "#/components/schemas/Base" }, objectOf({ a: integer })] },
      { Base: base },
    );
    expect(likely().value).toMatchObject({ kind: "Thing" });
  });
});

describe("each way has a view of its own", () => {
  const schema = objectOf({
    id: { type: "string", readOnly: true },
    name: text,
    secret: { $ref: "#/components/schemas/Secret" },
  });
  const others = { Secret: { type: "string", writeOnly: true } };
  test.each([
    ["answer", ["id", "name"]],
    ["request", ["name", "secret"]],
    [undefined, ["id", "name", "secret"]],
  ] as const)("%s", (view, names) => {
    const { likely, least, check } = open(schema, others);
    expect(Object.keys(likely(1, view).value as object)).toEqual(names);
    expect(Object.keys(least(view) as object)).toEqual(names);
    if (view === "answer") expect(check(likely(1, view).value)).toEqual([]);
  });

  test("an example is taken without what has no place in it", () => {
    const { likely } = open({ ...schema, example: { id: "1", name: "given", secret: "s" } }, others);
    expect(likely(1, "answer").value).toEqual({ id: "1", name: "given" });
  });
});
