import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { connectSpecUrl } from "#platform";
import { diff } from "../../../src/commands/diff.ts";
import { compare, type Difference } from "../../../src/document/diff/diff.ts";
import { type JsonObject, readText } from "../../../src/document/spec.ts";

const connect = () => parse(readText(connectSpecUrl)) as JsonObject;

type Members = Record<string, unknown>;

/** A document of one operation that takes and answers a value of a schema, as asked for. */
function document({
  schemas = {},
  operation = {},
  root = {},
}: {
  schemas?: Members;
  operation?: Members;
  root?: Members;
}) {
  return {
    openapi: "3.1.0",
    info: { title: "Pets", version: "1" },
    paths: { "/pets": { post: { responses: { "200": { description: "Done." } }, ...operation } } },
    components: { schemas },
    ...root,
  };
}

const json = (schema: unknown) => ({ content: { "application/json": { schema } } });

function asRequest(schema: unknown, schemas: Members = {}) {
  return document({ schemas, operation: { requestBody: json(schema) } });
}

function asAnswer(schema: unknown, schemas: Members = {}) {
  return document({ schemas, operation: { responses: { "200": { description: "Done.", ...json(schema) } } } });
}

/** The changes in short: `breaking keyword at`. */
function told(changes: readonly Difference[]): string[] {
  return changes.map(({ breaking, keyword, at }) => `${breaking ? "breaking" : "harmless"} ${keyword} ${at}`);
}

function verdict(changes: readonly Difference[]): string {
  if (changes.length === 0) return "same";
  return changes.some(({ breaking }) => breaking) ? "breaking" : "harmless";
}

const object = (properties: Members, more: Members = {}) => ({ type: "object", properties, ...more });
const string = { type: "string" };

/** Before, after, the verdict in a request, the verdict in an answer. */
type Row = [name: string, was: unknown, is: unknown, request: string, answer: string];

const narrower: Row[] = [
  ["type of fewer", { type: ["string", "null"] }, string, "breaking", "harmless"],
  ["number to integer", { type: "number" }, { type: "integer" }, "breaking", "harmless"],
  ["any to a type", {}, string, "breaking", "harmless"],
  ["enum value removed", { enum: ["a", "b"] }, { enum: ["a"] }, "breaking", "harmless"],
  ["enum added", string, { type: "string", enum: ["a"] }, "breaking", "harmless"],
  ["enum to const", { enum: ["a", "b"] }, { const: "a" }, "breaking", "harmless"],
  ["minimum", { type: "integer", minimum: 1 }, { type: "integer", minimum: 2 }, "breaking", "harmless"],
  ["maximum", { type: "integer", maximum: 2 }, { type: "integer", maximum: 1 }, "breaking", "harmless"],
  ["exclusiveMinimum", {}, { exclusiveMinimum: 0 }, "breaking", "harmless"],
  ["exclusiveMaximum", { exclusiveMaximum: 9 }, { exclusiveMaximum: 8 }, "breaking", "harmless"],
  ["minLength", string, { type: "string", minLength: 1 }, "breaking", "harmless"],
  ["maxLength", { maxLength: 9 }, { maxLength: 8 }, "breaking", "harmless"],
  ["minItems", { minItems: 0 }, { minItems: 1 }, "breaking", "harmless"],
  ["maxItems", {}, { maxItems: 3 }, "breaking", "harmless"],
  ["minProperties", {}, { minProperties: 1 }, "breaking", "harmless"],
  ["maxProperties", {}, { maxProperties: 1 }, "breaking", "harmless"],
  ["multipleOf", { multipleOf: 2 }, { multipleOf: 4 }, "breaking", "harmless"],
  ["uniqueItems", { type: "array" }, { type: "array", uniqueItems: true }, "breaking", "harmless"],
  ["pattern added", string, { type: "string", pattern: "^a" }, "breaking", "harmless"],
  ["format added", string, { type: "string", format: "date" }, "breaking", "harmless"],
  ["format within", { format: "int64" }, { format: "int32" }, "breaking", "harmless"],
  ["not added", {}, { not: { type: "null" } }, "breaking", "harmless"],
  ["if added", {}, JSON.parse('{"if":{"type":"string"},"then":{"minLength":1}}'), "breaking", "harmless"],
  ["contains added", {}, { contains: { const: 1 } }, "breaking", "harmless"],
  ["dependentRequired added", {}, { dependentRequired: { a: ["b"] } }, "breaking", "harmless"],
  ["contentEncoding added", string, { type: "string", contentEncoding: "base64" }, "breaking", "harmless"],
  ["items", { items: {} }, { items: string }, "breaking", "harmless"],
  ["prefixItems", { prefixItems: [{}] }, { prefixItems: [string] }, "breaking", "harmless"],
  ["prefixItems longer", { items: {} }, { prefixItems: [string] }, "breaking", "harmless"],
  ["propertyNames", {}, { propertyNames: { maxLength: 3 } }, "breaking", "harmless"],
  [
    "patternProperties",
    { patternProperties: { "^x": {} } },
    { patternProperties: { "^x": string } },
    "breaking",
    "harmless",
  ],
  ["required added", object({ a: string }), object({ a: string }, { required: ["a"] }), "breaking", "harmless"],
  ["required of no schema", { type: "object" }, { type: "object", required: ["a"] }, "breaking", "harmless"],
  ["additionalProperties closed", object({}), object({}, { additionalProperties: false }), "breaking", "harmless"],
  ["additionalProperties typed", object({}), object({}, { additionalProperties: string }), "breaking", "harmless"],
  ["unevaluatedProperties closed", object({}), object({}, { unevaluatedProperties: false }), "breaking", "harmless"],
  ["oneOf added", {}, { oneOf: [string, { type: "integer" }] }, "breaking", "harmless"],
  ["oneOf with one less", { oneOf: [string, { type: "integer" }] }, { oneOf: [string] }, "breaking", "harmless"],
  ["anyOf with one less", { anyOf: [string, { type: "integer" }] }, { anyOf: [string] }, "breaking", "harmless"],
  ["one of several, only", { anyOf: [string, { type: "integer" }] }, string, "breaking", "harmless"],
  ["allOf with one more", { allOf: [string] }, { allOf: [string, { minLength: 1 }] }, "breaking", "harmless"],
  ["two patterns", { pattern: "a" }, { pattern: "a", allOf: [{ pattern: "b" }] }, "breaking", "harmless"],
  ["false", {}, false, "breaking", "harmless"],
];

const wider = narrower.map(([name, was, is]): Row => [`${name}, undone`, is, was, "harmless", "breaking"]);
// New fields in an answer hurt nobody, whether they are named or not.
const openings = new Set(["additionalProperties closed, undone", "unevaluatedProperties closed, undone"]);

const others: Row[] = [
  [
    "a closed part of several",
    { allOf: [object({ a: string }, { additionalProperties: false }), object({ b: {} })] },
    { allOf: [object({ a: { type: "string", maxLength: 3 } }, { additionalProperties: false }), object({ b: {} })] },
    "breaking",
    "harmless",
  ],
  ["another type", string, { type: "integer" }, "breaking", "breaking"],
  ["another enum value", { enum: ["a"] }, { enum: ["b"] }, "breaking", "breaking"],
  ["another pattern", { pattern: "a" }, { pattern: "b" }, "breaking", "breaking"],
  ["another format", { format: "date" }, { format: "date-time" }, "breaking", "breaking"],
  ["another multiple", { multipleOf: 2 }, { multipleOf: 3 }, "breaking", "breaking"],
  [
    "another condition",
    JSON.parse('{"if":{"required":["a"]},"then":{"required":["b"]}}'),
    JSON.parse('{"if":{"required":["c"]},"then":{"required":["b"]}}'),
    "breaking",
    "breaking",
  ],
  ["an unknown keyword", { $dynamicRef: "#a" }, { $dynamicRef: "#b" }, "breaking", "breaking"],
  [
    "another tag",
    { discriminator: { propertyName: "a" } },
    { discriminator: { propertyName: "b" } },
    "breaking",
    "breaking",
  ],
  ["a new optional field", object({}), object({ a: string }), "harmless", "harmless"],
  ["a new required field", object({}), object({ a: string }, { required: ["a"] }), "breaking", "harmless"],
  ["a field removed", object({ a: string }), object({}), "breaking", "breaking"],
  ["a required field removed", object({ a: string }, { required: ["a"] }), object({}), "breaking", "breaking"],
  ["a field below", object({ a: object({ b: {} }) }), object({ a: object({ b: string }) }), "breaking", "harmless"],
  ["another default", { default: 1 }, { default: 2 }, "breaking", "harmless"],
  ["a default removed", { default: 1 }, {}, "breaking", "harmless"],
  ["a default added", {}, { default: 1 }, "harmless", "harmless"],
  ["deprecated", string, { type: "string", deprecated: true }, "harmless", "harmless"],
  [
    "a field that is read only",
    object({ a: string }),
    object({ a: { type: "string", readOnly: true } }),
    "breaking",
    "same",
  ],
  [
    "a field that is write only",
    object({ a: string }),
    object({ a: { type: "string", writeOnly: true } }),
    "same",
    "breaking",
  ],
  [
    "a required read-only field",
    object({}),
    object({ a: { readOnly: true } }, { required: ["a"] }),
    "same",
    "harmless",
  ],
  [
    "other words",
    { title: "A", description: "a", example: 1 },
    { title: "B", examples: [2], $comment: "b" },
    "same",
    "same",
  ],
  ["another order", { enum: ["a", "b"] }, { enum: ["b", "a"] }, "same", "same"],
  ["the words of 3.0", { type: "string", nullable: true }, { type: ["string", "null"] }, "same", "same"],
  ["the bounds of 3.0", { minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }, "same", "same"],
  [
    "a union that is a list of types",
    { anyOf: [string, { type: "null" }] },
    { anyOf: [{ type: "null" }, string] },
    "same",
    "same",
  ],
  ["fields moved into an allOf", object({ a: string }), { allOf: [object({ a: string })] }, "same", "same"],
  [
    "a field moved between parts",
    { allOf: [object({ a: {} }), object({})] },
    { allOf: [object({}), object({ a: {} })] },
    "same",
    "same",
  ],
  [
    "a schema given a name",
    object({ a: string }),
    object({ a: { $ref: "#/components/schemas/Text" } }),
    "same",
    "same",
  ],
  [
    "a part given another name",
    { oneOf: [{ $ref: "#/components/schemas/Text" }] },
    { oneOf: [{ $ref: "#/components/schemas/Line" }] },
    "same",
    "same",
  ],
];

describe("a schema changes", () => {
  const schemas = { Text: string, Line: string };
  test.each([...narrower, ...wider, ...others])("%s", (name, was, is, request, answer) => {
    expect(verdict(compare(asRequest(was, schemas), asRequest(is, schemas)))).toBe(request);
    const wanted = openings.has(name) ? "harmless" : answer;
    expect(verdict(compare(asAnswer(was, schemas), asAnswer(is, schemas)))).toBe(wanted);
  });

  test("what cannot be judged says so, and breaks", () => {
    const [change] = compare(asRequest({ pattern: "^a" }), asRequest({ pattern: "^(a|b)" }));
    expect(change).toMatchObject({
      breaking: true,
      effect: "unknown",
      why: expect.stringContaining("cannot be judged") as unknown,
      was: "^a",
      is: "^(a|b)",
    });
  });

  test("a change is told where a client meets it and where an author mends it", () => {
    const pets = (zip: Members) => ({
      Address: object({ zip }),
      Pet: object({ home: { $ref: "#/components/schemas/Address" } }),
    });
    const list = { type: "array", items: { $ref: "#/components/schemas/Pet" } };
    const [change] = compare(asAnswer(list, pets(string)), asAnswer(list, pets({ type: "integer" })));
    expect(change).toMatchObject({
      at: "POST /pets 200 body[].home.zip",
      place: "#/components/schemas/Address/properties/zip",
      keyword: "type",
      was: ["string"],
      is: ["integer"],
    });
  });

  test("a schema that contains itself comes to an end", () => {
    const node = (more: Members) => ({
      Node: object({
        next: { $ref: "#/components/schemas/Node" },
        twin: { allOf: [{ $ref: "#/components/schemas/Node" }, {}] },
        ...more,
      }),
      A: object({ next: { $ref: "#/components/schemas/A" } }),
      B: object({ next: { $ref: "#/components/schemas/B" } }),
    });
    const both = { allOf: ["Node", "A", "B"].map((name) => ({ $ref: `#/components/schemas/${name}` })) };
    expect(compare(asRequest(both, node({})), asRequest(both, node({})))).toEqual([]);
    expect(verdict(compare(asRequest(both, node({})), asRequest(both, node({ name: string }))))).toBe("harmless");
    expect(verdict(compare(asRequest(true), asRequest({ items: { $ref: "#/components/schemas/A" } }, node({}))))).toBe(
      "breaking",
    );
  });

  test("alternatives without a name that contain themselves come to an end", () => {
    const tree = (leaf: Members) => ({
      Tree: {
        anyOf: [
          leaf,
          object({ left: { $ref: "#/components/schemas/Tree" } }),
          { type: "array", items: { $ref: "#/components/schemas/Tree" } },
        ],
      },
    });
    const root = { $ref: "#/components/schemas/Tree" };
    expect(compare(asAnswer(root, tree(string)), asAnswer(root, tree(string)))).toEqual([]);
    const changes = compare(asAnswer(root, tree(string)), asAnswer(root, tree({ type: ["string", "null"] })));
    expect(verdict(changes)).toBe("breaking");
  });

  test("schemas nested deeper than any stack are compared", () => {
    const chain = (last: Members) =>
      Object.fromEntries(
        Array.from({ length: 5_000 }, (_, n) => [
          `S${n}`,
          n === 4_999 ? last : object({ next: { $ref: `#/components/schemas/S${n + 1}` } }),
        ]),
      );
    const first = { $ref: "#/components/schemas/S0" };
    const [change, ...more] = compare(asAnswer(first, chain(string)), asAnswer(first, chain({ type: "integer" })));
    expect([change!.place, more]).toEqual(["#/components/schemas/S4999", []]);
  });
});

describe("alternatives that a tag tells apart", () => {
  const variant = (tag: string, more: Members = {}) =>
    object({ kind: { const: tag }, ...more }, { required: ["kind"] });
  const schemas = { Cat: variant("CAT"), Dog: variant("DOG"), Pup: variant("DOG"), Fish: variant("FISH") };
  const pet = (mapping: Record<string, string>, list = Object.values(mapping)) => ({
    oneOf: list.map((name) => ({ $ref: `#/components/schemas/${name}` })),
    discriminator: {
      propertyName: "kind",
      mapping: Object.fromEntries(Object.entries(mapping).map(([tag, name]) => [tag, `#/components/schemas/${name}`])),
    },
  });
  const before = pet({ CAT: "Cat", DOG: "Dog" });

  test.each<Row>([
    ["a tag more", before, pet({ CAT: "Cat", DOG: "Dog", FISH: "Fish" }), "harmless", "breaking"],
    ["a tag less", before, pet({ CAT: "Cat" }), "breaking", "harmless"],
    ["another tag", before, pet({ CAT: "Cat", FISH: "Fish" }), "breaking", "breaking"],
    ["another name behind the tag", before, pet({ CAT: "Cat", DOG: "Pup" }), "same", "same"],
    ["another order", before, pet({ DOG: "Dog", CAT: "Cat" }), "same", "same"],
  ])("%s", (_, was, is, request, answer) => {
    expect(verdict(compare(asRequest(was, schemas), asRequest(is, schemas)))).toBe(request);
    expect(verdict(compare(asAnswer(was, schemas), asAnswer(is, schemas)))).toBe(answer);
  });

  test("a change within one names it", () => {
    const changed = { ...schemas, Dog: variant("DOG", { name: { type: "string", minLength: 1 } }) };
    const start = { ...schemas, Dog: variant("DOG", { name: string }) };
    expect(told(compare(asRequest(before, start), asRequest(before, changed)))).toEqual([
      "breaking minLength POST /pets request body (DOG).name",
    ]);
  });

  test("types that inherit from the one with the tags are walked too", () => {
    const heirs = (more: Members) => ({
      Pet: object(
        { kind: string },
        { discriminator: { propertyName: "kind", mapping: { CAT: "Cat", DOG: "#/components/schemas/Dog" } } },
      ),
      Cat: { allOf: [{ $ref: "#/components/schemas/Pet" }, object(more)] },
      Dog: { allOf: [{ $ref: "#/components/schemas/Pet" }] },
    });
    const pets = { $ref: "#/components/schemas/Pet" };
    expect(told(compare(asAnswer(pets, heirs({ lives: string })), asAnswer(pets, heirs({}))))).toEqual([
      "breaking properties POST /pets 200 body (CAT).lives",
    ]);
  });
});

describe("the same in other words", () => {
  const cat = object({ kind: { const: "cat" }, lives: { type: "integer" } }, { required: ["kind"] });
  const dog = object({ kind: { const: "dog" } }, { required: ["kind"] });
  const tall = (member: Members) => object({ kind: { const: "cat" }, ...member }, { required: ["kind"] });

  test.each<[string, unknown, unknown]>([
    ["a type list and anyOf", { type: ["string", "boolean"] }, { anyOf: [string, { type: "boolean" }] }],
    [
      "a bound beside null",
      { type: ["string", "null"], maxLength: 3 },
      { oneOf: [{ type: "string", maxLength: 3 }, { type: "null" }] },
    ],
    ["oneOf of one", string, { oneOf: [string] }],
    [
      "an enum and consts",
      { type: "string", enum: ["x", "y"] },
      { oneOf: [{ const: "x", title: "An x" }, { const: "y" }] },
    ],
    ["steps of one", { type: "integer" }, { type: "number", multipleOf: 1 }],
    ["the base64 of 3.0", { type: "string", format: "byte" }, { type: "string", contentEncoding: "base64" }],
    ["a hint to forms", string, { type: "string", format: "password" }],
    ["bounds beside values", { enum: ["x"] }, { enum: ["x", "xyz"], type: "string", maxLength: 2 }],
    ["every truth", { type: "boolean" }, { enum: [false, true] }],
    [
      "a count of the places there are",
      { prefixItems: [string], items: false },
      { prefixItems: [string], items: false, maxItems: 1 },
    ],
    ["alternatives of an alternative", { anyOf: [cat, { anyOf: [dog, string] }] }, { anyOf: [string, cat, dog] }],
    [
      "what stands beside alternatives",
      object({ k: string }, { oneOf: [{ required: ["a"] }, { required: ["b"] }] }),
      { oneOf: [object({ k: string }, { required: ["a"] }), object({ k: string }, { required: ["b"] })] },
    ],
    ["a length from 0", string, { type: "string", minLength: 0 }],
    ["a bound of integers", { type: "integer", maximum: 4 }, { type: "integer", exclusiveMaximum: 5 }],
    ["unique or not", { type: "array" }, { type: "array", uniqueItems: false }],
    ["alternatives apart", { oneOf: [cat, dog] }, { anyOf: [cat, dog] }],
    [
      "alternatives of one title",
      {
        oneOf: [
          { ...cat, title: "Pet" },
          { ...dog, title: "Pet" },
        ],
      },
      {
        oneOf: [
          { ...cat, title: "Pet" },
          { ...dog, title: "Pet" },
        ],
      },
    ],
    [
      "titles that change places",
      {
        oneOf: [
          { ...cat, title: "A" },
          { ...dog, title: "B" },
        ],
      },
      {
        oneOf: [
          { ...cat, title: "B" },
          { ...dog, title: "A" },
        ],
      },
    ],
  ])("%s", (_, one, other) => {
    const turns = [
      [one, other],
      [other, one],
    ] as const;
    expect(turns.map(([was, is]) => verdict(compare(asRequest(was), asRequest(is))))).toEqual(["same", "same"]);
    expect(turns.map(([was, is]) => verdict(compare(asAnswer(was), asAnswer(is))))).toEqual(["same", "same"]);
  });

  test.each<Row>([
    [
      "more may be contained",
      { contains: string, maxContains: 2 },
      { contains: string, maxContains: 3 },
      "harmless",
      "breaking",
    ],
    [
      "fewer depend",
      { dependentRequired: { a: ["b", "c"] } },
      { dependentRequired: { a: ["c"] } },
      "harmless",
      "breaking",
    ],
    ["one pattern of two", { allOf: [{ pattern: "a" }, { pattern: "b" }] }, { pattern: "b" }, "harmless", "breaking"],
    ["finer steps", { multipleOf: 0.6 }, { multipleOf: 0.2 }, "harmless", "breaking"],
    ["names of a pattern no more bound", { patternProperties: { "^x": string } }, {}, "harmless", "breaking"],
    ["a bound that is open", { minimum: 1 }, { exclusiveMinimum: 1 }, "breaking", "harmless"],
    [
      "overlapping alternatives may both hold",
      { oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      { anyOf: [{ minimum: 1 }, { minimum: 2 }] },
      "harmless",
      "breaking",
    ],
    [
      "a member of a map of another type",
      { type: "object", additionalProperties: string },
      object({ n: { type: "integer" } }, { additionalProperties: string }),
      "breaking",
      "breaking",
    ],
    [
      "a member of a map by its name",
      { type: "object", additionalProperties: string },
      object({ n: string }, { additionalProperties: string }),
      "same",
      "same",
    ],
    [
      "alternatives that gain a member",
      { oneOf: [tall({}), dog] },
      { oneOf: [tall({ age: string }), dog] },
      "harmless",
      "harmless",
    ],
    [
      "a required member is sent again",
      object({ a: { type: "string", readOnly: true } }, { required: ["a"] }),
      object({ a: string }, { required: ["a"] }),
      "breaking",
      "same",
    ],
  ])("%s", (_, was, is, request, answer) => {
    expect(verdict(compare(asRequest(was), asRequest(is)))).toBe(request);
    expect(verdict(compare(asAnswer(was), asAnswer(is)))).toBe(answer);
  });

  test("an object and its forms by the values of a member", () => {
    const one = object({ kind: { enum: ["cat", "dog"] } }, { required: ["kind"] });
    for (const place of [asRequest, asAnswer])
      for (const [was, is] of [
        [one, { oneOf: [tall({}), dog] }],
        [{ oneOf: [tall({}), dog] }, one],
      ])
        expect(verdict(compare(place(was), place(is)))).not.toBe("breaking");
  });

  test("an alternative beside a discriminator that has no name", () => {
    const Leaf = object({ kind: string });
    const tree = {
      oneOf: [{ $ref: "#/components/schemas/Leaf" }, object({ more: string })],
      discriminator: { propertyName: "kind" },
    };
    expect(compare(asAnswer(tree, { Leaf }), asAnswer(tree, { Leaf }))).toEqual([]);
  });

  test("a second tag is one more alternative", () => {
    const ref = "#/components/schemas/Cat";
    const pets = (mapping: Members) => ({ oneOf: [{ $ref: ref }], discriminator: { propertyName: "kind", mapping } });
    const [one, two] = [pets({ cat: ref }), pets({ cat: ref, tom: ref })];
    const Cat = object({ kind: string });
    expect(told(compare(asRequest(one, { Cat }), asRequest(two, { Cat })))).toEqual([
      "harmless oneOf POST /pets request body",
    ]);
    expect(verdict(compare(asRequest(two, { Cat }), asRequest(one, { Cat })))).toBe("breaking");
  });
});

describe("an operation changes", () => {
  const ok = { "200": { description: "Done." } };
  const query = (more: Members = {}) => ({ name: "q", in: "query", schema: string, ...more });
  const response = (more: Members, status = "200") => ({
    responses: { ...ok, [status]: { description: "Done.", ...more } },
  });
  const key = { key: { type: "apiKey", in: "header", name: "X-Key" }, user: { type: "http", scheme: "bearer" } };
  const secured = (...security: Members[]) => ({
    operation: { security },
    root: { components: { securitySchemes: key } },
  });
  const idempotent = (more: Members = {}) => ({
    operation: { "x-idempotency": { header: "K", maxLength: 9, lifetime: "PT1H", compares: ["body"], ...more } },
  });
  type Parts = Parameters<typeof document>[0];

  test("a flow of OAuth that is added or gone", () => {
    const [one, other] = [{ tokenUrl: "/token" }, { tokenUrl: "/other" }].map((flow) => ({ ...flow, scopes: {} }));
    const flows = (flows: Members) =>
      document({
        operation: { security: [{ o: [] }] },
        root: { components: { securitySchemes: { o: { type: "oauth2", flows } } } },
      });
    const [few, many] = [flows({ password: one }), flows({ password: one, clientCredentials: other })];
    expect(told(compare(few, many))).toEqual(["harmless security POST /pets"]);
    expect(told(compare(many, few))).toEqual(["breaking security POST /pets"]);
  });

  test("what an encoding says anyway", () => {
    const form = (encoding: Members) =>
      document({
        operation: { requestBody: { content: { "multipart/form-data": { schema: object({ f: string }), encoding } } } },
      });
    expect(compare(form({}), form({ f: { contentType: "text/plain" } }))).toEqual([]);
    expect(verdict(compare(form({}), form({ f: { contentType: "text/csv" } })))).toBe("breaking");
  });

  test.each<[string, Parts, Parts, string[]]>([
    ["parameter removed", { operation: { parameters: [query()] } }, {}, ["breaking parameters POST /pets query.q"]],
    [
      "optional parameter added",
      {},
      { operation: { parameters: [query()] } },
      ["harmless parameters POST /pets query.q"],
    ],
    [
      "required parameter added",
      {},
      { operation: { parameters: [query({ required: true })] } },
      ["breaking parameters POST /pets query.q"],
    ],
    [
      "parameter required",
      { operation: { parameters: [query()] } },
      { operation: { parameters: [query({ required: true })] } },
      ["breaking required POST /pets query.q"],
    ],
    [
      "parameter optional",
      { operation: { parameters: [query({ required: true })] } },
      { operation: { parameters: [query()] } },
      ["harmless required POST /pets query.q"],
    ],
    [
      "parameter narrower",
      { operation: { parameters: [query()] } },
      { operation: { parameters: [query({ schema: { type: "string", maxLength: 3 } })] } },
      ["breaking maxLength POST /pets query.q"],
    ],
    [
      "parameter in another case",
      { operation: { parameters: [{ ...query(), in: "header" }] } },
      { operation: { parameters: [{ ...query(), name: "Q", in: "header" }] } },
      [],
    ],
    [
      "parameter written otherwise",
      { operation: { parameters: [query({ schema: { type: "array", items: string } })] } },
      { operation: { parameters: [query({ explode: false, schema: { type: "array", items: string } })] } },
      ["breaking explode POST /pets query.q"],
    ],
    [
      "what holds anyway is written down",
      { operation: { parameters: [query()] } },
      { operation: { parameters: [query({ style: "form", explode: true })] } },
      [],
    ],
    ["body added", {}, { operation: { requestBody: json(string) } }, ["harmless requestBody POST /pets request"]],
    [
      "required body added",
      {},
      { operation: { requestBody: { required: true, ...json(string) } } },
      ["breaking requestBody POST /pets request"],
    ],
    ["body removed", { operation: { requestBody: json(string) } }, {}, ["breaking requestBody POST /pets request"]],
    [
      "body required",
      { operation: { requestBody: json(string) } },
      { operation: { requestBody: { required: true, ...json(string) } } },
      ["breaking required POST /pets request"],
    ],
    [
      "media type of the request removed",
      { operation: { requestBody: { content: { "text/plain": {}, "text/csv": {} } } } },
      { operation: { requestBody: { content: { "text/plain": {} } } } },
      ["breaking content POST /pets request"],
    ],
    [
      "media type of the answer removed",
      { operation: response({ content: { "text/plain": {}, "text/csv": {} } }) },
      { operation: response({ content: { "text/plain": {} } }) },
      ["breaking content POST /pets 200"],
    ],
    [
      "media type added",
      { operation: response({}) },
      { operation: response({ content: { "text/plain": {} } }) },
      ["harmless content POST /pets 200"],
    ],
    [
      "encoding of a form",
      { operation: { requestBody: { content: { "multipart/form-data": {} } } } },
      {
        operation: {
          requestBody: { content: { "multipart/form-data": { encoding: { a: { contentType: "text/csv" } } } } },
        },
      },
      ["breaking encoding POST /pets request body.a"],
    ],
    ["refusal removed", { operation: response({}, "409") }, {}, ["harmless responses POST /pets 409"]],
    [
      "refusal replaced",
      { operation: response({}, "409") },
      { operation: response({}, "422") },
      ["breaking responses POST /pets 409", "harmless responses POST /pets 422"],
    ],
    ["success removed", { operation: response({}, "202") }, {}, ["breaking responses POST /pets 202"]],
    ["refusal added", {}, { operation: response({}, "409") }, ["harmless responses POST /pets 409"]],
    ["success added", {}, { operation: response({}, "202") }, ["breaking responses POST /pets 202"]],
    [
      "status covered by its class",
      { operation: response({}, "409") },
      { operation: response({}, "4XX") },
      ["harmless responses POST /pets 4XX"],
    ],
    [
      "status covered by the default",
      { operation: response({}, "409") },
      { operation: response(json(string), "default") },
      ["harmless content POST /pets 409", "harmless responses POST /pets DEFAULT"],
    ],
    [
      "header removed",
      { operation: response({ headers: { "X-A": { schema: string } } }) },
      { operation: response({}) },
      ["breaking headers POST /pets 200 header.x-a"],
    ],
    [
      "header added",
      { operation: response({}) },
      { operation: response({ headers: { "X-A": { schema: string } } }) },
      ["harmless headers POST /pets 200 header.x-a"],
    ],
    [
      "header no longer certain",
      { operation: response({ headers: { "X-A": { required: true, schema: string } } }) },
      { operation: response({ headers: { "X-A": { schema: string } } }) },
      ["breaking required POST /pets 200 header.x-a"],
    ],
    [
      "header of another type",
      { operation: response({ headers: { "X-A": { schema: { type: "integer" } } } }) },
      { operation: response({ headers: { "X-A": { schema: string } } }) },
      ["breaking type POST /pets 200 header.x-a"],
    ],
    [
      "security added",
      { root: { components: { securitySchemes: key } } },
      secured({ key: [] }),
      ["breaking security POST /pets"],
    ],
    [
      "security dropped",
      secured({ key: [] }),
      { root: { components: { securitySchemes: key } } },
      ["harmless security POST /pets"],
    ],
    [
      "second credential asked for",
      secured({ key: [] }),
      secured({ key: ["harmless responses POST /pets 4XX"], user: [] }),
      ["breaking security POST /pets"],
    ],
    [
      "second credential optional",
      secured({ key: [] }),
      secured({ key: [] }, { key: ["harmless responses POST /pets 4XX"], user: [] }),
      [],
    ],
    [
      "other credential let in",
      secured({ key: [] }),
      secured({ key: [] }, { user: [] }),
      ["harmless security POST /pets"],
    ],
    ["scope asked for", secured({ user: [] }), secured({ user: ["write"] }), ["breaking security POST /pets"]],
    [
      "operation renamed",
      { operation: { operationId: "a" } },
      { operation: { operationId: "b" } },
      ["harmless operationId POST /pets"],
    ],
    ["operation deprecated", {}, { operation: { deprecated: true } }, ["harmless deprecated POST /pets"]],
    ["idempotency dropped", idempotent(), {}, ["breaking x-idempotency POST /pets"]],
    ["idempotency added", {}, idempotent(), ["harmless x-idempotency POST /pets"]],
    ["idempotency header", idempotent(), idempotent({ header: "L" }), ["breaking x-idempotency.header POST /pets"]],
    [
      "idempotency keys shorter",
      idempotent(),
      idempotent({ maxLength: 8 }),
      ["breaking x-idempotency.maxLength POST /pets"],
    ],
    [
      "idempotency keys longer",
      idempotent(),
      idempotent({ maxLength: 10 }),
      ["harmless x-idempotency.maxLength POST /pets"],
    ],
    [
      "idempotency lifetime shorter",
      idempotent(),
      idempotent({ lifetime: "PT59M" }),
      ["breaking x-idempotency.lifetime POST /pets"],
    ],
    [
      "idempotency lifetime longer",
      idempotent(),
      idempotent({ lifetime: "P1D" }),
      ["harmless x-idempotency.lifetime POST /pets"],
    ],
    [
      "idempotency lifetime of a month",
      idempotent(),
      idempotent({ lifetime: "P1M" }),
      ["breaking x-idempotency.lifetime POST /pets"],
    ],
    [
      "idempotency compares",
      idempotent(),
      idempotent({ compares: ["body", "path"] }),
      ["breaking x-idempotency.compares POST /pets"],
    ],
    ["idempotency scope", idempotent(), idempotent({ scope: ["key"] }), ["breaking x-idempotency.scope POST /pets"]],
    ["idempotency keeps", idempotent(), idempotent({ keeps: ["2XX"] }), ["breaking x-idempotency.keeps POST /pets"]],
    [
      "idempotency refusal",
      idempotent(),
      idempotent({ mismatch: { status: 422, code: "x" } }),
      ["breaking x-idempotency.mismatch POST /pets"],
    ],
    [
      "idempotency wait",
      idempotent({ locked: { status: 409, code: "x" } }),
      idempotent({ locked: { status: 409, code: "x", retryAfterMs: { min: 1, max: 2 } } }),
      ["harmless x-idempotency.locked POST /pets"],
    ],
    [
      "server removed",
      { root: { servers: [{ url: "/a" }, { url: "/b" }] } },
      { root: { servers: [{ url: "/a" }] } },
      ["breaking servers servers"],
    ],
    [
      "server of the operation",
      { operation: { servers: [{ url: "https://a.example" }] } },
      { operation: { servers: [{ url: "https://b.example" }] } },
      ["breaking servers POST /pets", "harmless servers POST /pets"],
    ],
    [
      "server variable written out",
      { root: { servers: [{ url: "https://a.example/{v}", variables: { v: { default: "v1" } } }] } },
      { root: { servers: [{ url: "https://A.example:443/v1" }] } },
      [],
    ],
    [
      "server variable of another default",
      { root: { servers: [{ url: "/{v}", variables: { v: { default: "v1" } } }] } },
      { root: { servers: [{ url: "/{v}", variables: { v: { default: "v2" } } }] } },
      ["breaking servers servers", "harmless servers servers"],
    ],
    ["class told by its statuses", { operation: response({}, "4XX") }, { operation: response({}, "404") }, []],
    [
      "request of a wider range",
      { operation: { requestBody: { content: { "text/csv": {} } } } },
      { operation: { requestBody: { content: { "text/*": {} } } } },
      ["harmless content POST /pets request"],
    ],
    [
      "request of one type of a range",
      { operation: { requestBody: { content: { "text/*": {} } } } },
      { operation: { requestBody: { content: { "text/csv": {} } } } },
      ["breaking content POST /pets request", "harmless content POST /pets request"],
    ],
    [
      "header parameters to ignore",
      {},
      { operation: { parameters: [{ name: "accept", in: "header", required: true, schema: string }] } },
      [],
    ],
    [
      "response header to ignore",
      { operation: response({ headers: { "content-type": { schema: string } } }) },
      { operation: response({}) },
      [],
    ],
    [
      "header by content",
      { operation: response({ headers: { X: json(string) } }) },
      { operation: response({ headers: { X: json({ type: "boolean" }) } }) },
      ["breaking type POST /pets 200 header.x body"],
    ],
    [
      "any text for a number in the query",
      { operation: { parameters: [query({ schema: { type: "integer" } })] } },
      { operation: { parameters: [query()] } },
      ["harmless type POST /pets query.q"],
    ],
    [
      "a number for any text in the query",
      { operation: { parameters: [query()] } },
      { operation: { parameters: [query({ schema: { type: "integer" } })] } },
      ["breaking type POST /pets query.q"],
    ],
    [
      "a name without a value no more taken",
      { operation: { parameters: [query({ allowEmptyValue: true })] } },
      { operation: { parameters: [query()] } },
      ["breaking allowEmptyValue POST /pets query.q"],
    ],
    [
      "a parameter that is written as JSON now",
      { operation: { parameters: [query()] } },
      { operation: { parameters: [{ name: "q", in: "query", ...json(string) }] } },
      ["breaking content POST /pets query.q"],
    ],
    [
      "a list of one, each item written by itself",
      { operation: { parameters: [query()] } },
      { operation: { parameters: [query({ schema: { type: "array", items: string } })] } },
      [],
    ],
    [
      "a list of two at least",
      { operation: { parameters: [query()] } },
      { operation: { parameters: [query({ schema: { type: "array", items: string, minItems: 2 } })] } },
      ["breaking type POST /pets query.q"],
    ],
    [
      "numbers that are listed as texts",
      { operation: { parameters: [query({ schema: { enum: [1, 2] } })] } },
      { operation: { parameters: [query({ schema: { enum: ["2", "1"] } })] } },
      [],
    ],
    [
      "the default told by classes",
      { operation: response({}, "default") },
      { operation: { responses: { ...ok, "4XX": ok["200"], "5XX": ok["200"] } } },
      ["harmless responses POST /pets DEFAULT"],
    ],
    [
      "one text exploded or not",
      { operation: { parameters: [query()] } },
      { operation: { parameters: [query({ explode: false })] } },
      [],
    ],
    ["server added", {}, { root: { servers: [{ url: "/a" }] } }, ["harmless servers servers"]],
  ])("%s", (_, was, is, wanted) => {
    expect(told(compare(document(was), document(is)))).toEqual(wanted);
  });

  test("operations come and go; the name of a path parameter is no matter", () => {
    const paths = (...names: string[]) => ({
      ...document({}),
      paths: Object.fromEntries(
        names.map((name) => [
          name,
          {
            get: {
              parameters: [...name.matchAll(/\{(.*)\}/g)].map(([, id]) => ({
                name: id,
                in: "path",
                required: true,
                schema: string,
              })),
              responses: ok,
            },
          },
        ]),
      ),
    });
    expect(told(compare(paths("/a", "/pets/{id}"), paths("/b", "/pets/{petId}")))).toEqual([
      "breaking paths GET /a",
      "harmless paths GET /b",
    ]);
  });

  test("in a webhook and a callback the API is the client", () => {
    const hook = (schema: Members) => ({ post: { requestBody: json(schema), responses: ok } });
    const asWebhook = (schema: Members) => ({ ...document({}), webhooks: { born: hook(schema) } });
    const asCallback = (schema: Members) =>
      document({ operation: { callbacks: { born: { "{$request.query.url}": hook(schema) } } } });
    for (const place of [asWebhook, asCallback]) {
      expect(verdict(compare(place(string), place({ type: "string", maxLength: 3 })))).toBe("harmless");
      expect(verdict(compare(place({ type: "string", maxLength: 3 }), place(string)))).toBe("breaking");
    }
    expect(told(compare(asWebhook(string), document({})))).toEqual(["breaking webhooks POST born"]);
    expect(told(compare(asCallback(string), document({})))).toEqual([
      "breaking callbacks POST /pets, callback POST born {$request.query.url}",
    ]);
  });

  test("what the whole document says is told once, with every operation that it hits", () => {
    const document = connect();
    const tightened = { ...document, security: [{ ApiKey: [], UserToken: [] }] };
    const changes = compare(document, tightened);
    expect(told(changes)).toEqual(["breaking security GET /customers"]);
    expect(changes[0]!.also).toContain("PUT /customers/{customerId}/billing");
    expect(changes[0]).toMatchObject({ was: "ApiKey, or ApiKey + UserToken", is: "ApiKey + UserToken" });
  });
});

describe("the command", () => {
  function files(...documents: unknown[]): string[] {
    const folder = mkdtempSync(join(tmpdir(), "diff-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return documents.map((content, index) => {
      const file = join(folder, `${index}.json`);
      writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
      return file;
    });
  }

  function run(...documents: unknown[]) {
    const [old, now] = files(...documents);
    let [out, err] = ["", ""];
    const terminal = {
      write(text: string) {
        out += text;
      },
    };
    const code = diff(old!, now ?? `${old}.none`, { format: "text" }, terminal, false, (message) => {
      err += message;
    });
    return { code, out, err, old };
  }

  test("lists what breaks first, then what does not, and says how many", () => {
    const before = connect();
    const after = structuredClone(before);
    const { schemas } = (after.components ?? {}) as {
      schemas: Record<string, { properties: Record<string, Members> }>;
    };
    schemas.Address!.properties.floor = { type: "string" };
    schemas.PaymentProfile!.properties.status!.enum = ["ACTIVE", "INACTIVE", "EXPIRED", "REQUIRES_ACTION", "VALID"];
    (after as Members)["x-idempotency"] = { ...(before["x-idempotency"] as Members), lifetime: "PT12H" };
    (after as { info: Members }).info.version = "0.2.0";
    const { code, out } = run(before, after);
    expect(code).toBe(1);
    expect(out).toMatchInlineSnapshot(`
      "Connect API, customer billing 0.1.0 -> Connect API, customer billing 0.2.0

      ✗ POST /customers
          x-idempotency.lifetime: PT24H -> PT12H
          A late repetition is executed a second time. #
          also PUT /customers/{customerId}
          also PUT /customers/{customerId}/billing
          also POST /customers/{customerId}/users
          and 1 places more

      ✗ GET /payment-profiles 200 body.items[].status
          enum: ["ACTIVE","INACTIVE","EXPIRED","REQUIRES_ACTION"] -> ["ACTIVE","INACTIVE","EXPIRED","REQUIRES_ACTION","VALID"]
          Clients may be answered what they were never promised. #/components/schemas/PaymentProfile/properties/status
          also GET /payment-profiles/{paymentProfileId} 200 body.status

      ✓ GET /customers 200 body.items[].billing.address.floor
          properties: (none) -> floor
          Clients pass over fields that they do not know. #/components/schemas/Address
          also GET /customers 200 body.items[].shipping.address.floor
          also POST /customers 201 body.billing.address.floor
          also POST /customers 201 body.shipping.address.floor
          and 12 places more

      ✓ POST /customers request body.billing.address.floor
          properties: (none) -> floor
          It may be left out. #/components/schemas/BillingInput/properties/address
          also PUT /customers/{customerId} request body.billing.address.floor
          also PUT /customers/{customerId}/billing request body.address.floor

      ✓ POST /customers request body.shipping.address.floor
          properties: (none) -> floor
          It may be left out. #/components/schemas/ShippingInput/allOf/0/properties/address
          also PUT /customers/{customerId} request body.shipping.address.floor

      2 breaking, 3 harmless.
      "
    `);
  });

  test("ends with 0 where nothing breaks", () => {
    expect(run(connect(), connect())).toMatchObject({
      code: 0,
      out: "Connect API, customer billing 0.1.0\n\nNo client sees a change.\n",
    });
    expect(run(asRequest(object({})), asRequest(object({ a: string })))).toMatchObject({ code: 0 });
  });

  test.each<[string, unknown[], RegExp]>([
    ["a file that is not there", [asRequest({})], /^Cannot read the document .*\.none: ENOENT/],
    ["no document", [asRequest({}), "[]"], /holds no OpenAPI document\.$/],
    [
      "another version",
      [{ swagger: "2.0" }, asRequest({})],
      /this program reads OpenAPI 3\.0, 3\.1 and 3\.2\. Convert it first: npx swagger2openapi .* -o openapi\.yaml$/,
    ],
  ])("ends with 2 for %s", (_, documents, message) => {
    const { code, out, err } = run(...documents);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });

  test.each([
    ["nothing", "#/nowhere", /"#\/nowhere"/],
    ["a file that is not there", "a.yaml#/b", /"a\.yaml#\/b"/],
  ])("says what it cannot compare, for it names %s", (_, $ref, said) => {
    const { code, out, err } = run(asRequest({}), asRequest({ $ref }));
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(said);
  });

  test("compares documents of 3.0 with those of 3.1", () => {
    const old = { ...asAnswer(object({ a: { type: "string", nullable: true } })), openapi: "3.0.3" };
    expect(run(old, asAnswer(object({ a: { type: ["string", "null"] } })))).toMatchObject({ code: 0 });
  });

  test("what stands beside a $ref counts in 3.1, and not in 3.0", () => {
    const schemas = { Text: string };
    const [was, is] = [{ $ref: "#/components/schemas/Text", maxLength: 3 }, { $ref: "#/components/schemas/Text" }];
    const changes = (openapi: string) =>
      told(compare({ ...asAnswer(was, schemas), openapi }, { ...asAnswer(is, schemas), openapi }));
    expect(changes("3.1.0")).toEqual(["breaking maxLength POST /pets 200 body"]);
    expect(changes("3.0.3")).toEqual([]);
  });
});
