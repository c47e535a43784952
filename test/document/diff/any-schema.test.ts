import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare } from "../../../src/document/diff/diff.ts";

type Members = Readonly<Record<string, unknown>>;
type Schema = Members | boolean;

// ---- what is compared

const json = (schema: unknown) => ({ content: { "application/json": { schema } } });

function document(operation: Members) {
  return {
    openapi: "3.1.0",
    info: { title: "Any", version: "1" },
    paths: { "/any": { post: { responses: { "200": { description: "Done." } }, ...operation } } },
    components: { schemas: { Text: { type: "string" } } },
  };
}

const request = (schema: unknown) => document({ requestBody: { required: true, ...json(schema) } });
const answer = (schema: unknown) => document({ responses: { "200": { description: "Done.", ...json(schema) } } });

function changes(place: typeof request, was: unknown, is: unknown) {
  return compare(structuredClone(place(was)), structuredClone(place(is)));
}

function breaks(place: typeof request, was: unknown, is: unknown): boolean {
  return changes(place, was, is).some(({ breaking }) => breaking);
}

// ---- schemas, all of whose objects know the same fields: that fields come and go is judged by another rule

const optional = { requiredKeys: ["type"] as const } as { requiredKeys: ["type"] };
const leaf = [
  fc.record({ type: fc.constant("string"), minLength: fc.nat(3), maxLength: fc.nat(5) }, optional),
  fc.record({ type: fc.constant("integer"), minimum: fc.nat(3), exclusiveMaximum: fc.nat(9) }, optional),
  fc.record({ type: fc.constant("number"), maximum: fc.nat(3), multipleOf: fc.constantFrom(1, 2, 0.5) }, optional),
  fc.record({ enum: fc.subarray(["a", "b", 1, null, true], { minLength: 1 }) }),
  fc.record({ type: fc.subarray(["string", "null", "number", "boolean"], { minLength: 1 }) }),
  fc.constant({ $ref: "#/components/schemas/Text" }),
];
const open = [fc.boolean(), fc.record({ not: fc.oneof(...leaf) })];
const fields = ["a", "b"];

/** Schemas of these leaves. */
function schemasOf(...leaves: readonly fc.Arbitrary<Schema>[]): fc.Arbitrary<Schema> {
  return fc.letrec<{ schema: Schema; list: Members; object: Members; union: Members; all: Members }>((tie) => ({
    schema: fc.oneof({ maxDepth: 3 }, fc.oneof(...leaves), tie("list"), tie("object"), tie("union"), tie("all")),
    list: fc.record(
      { type: fc.constant("array"), items: tie("schema"), minItems: fc.nat(2), maxItems: fc.nat(2) },
      { requiredKeys: ["type", "items"] },
    ),
    object: fc.record({
      type: fc.constant("object"),
      properties: fc.record({ a: tie("schema"), b: tie("schema") }),
      required: fc.subarray(fields),
    }),
    union: fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    all: fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) }),
  })).schema;
}

const anySchema = schemasOf(...leaf, ...open);
/** Schemas that all say of which types their values are; what two that say no leave of each other is not worked out. */
const typed = schemasOf(...leaf);

// ---- values, and a validator that knows nothing of the comparison

const scalars = [null, true, false, -1, 0, 1, 2, 3, 4, 8, 0.5, "", "a", "b", "abc", "abcdefg"];
const below = [...scalars.slice(0, 8), "a", "abcd", [], ["a"], [1, null], {}, { a: 1 }, { a: "a", b: null }];
const values: readonly unknown[] = [
  ...scalars,
  [],
  ...below.map((one) => [one]),
  ["a", 1],
  [1, 2],
  ["a", "b", "c"],
  {},
  ...below.flatMap((one) => [{ a: one }, { b: one }, { a: one, b: 1 }, { a: "a", b: one }]),
];

function takes(schema: unknown): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const whole = ajv.addSchema({ $id: "any", components: { schemas: { Text: { type: "string" } } }, it: schema });
  const check = whole.compile({ $ref: "any#/it" });
  return (value) => check(value) as boolean;
}

/** A value that one schema takes and the other does not. */
function refusedOf(taken: unknown, by: unknown): unknown {
  const [one, other] = [takes(taken), takes(by)];
  return values.find((value) => one(value) && !other(value));
}

// ---- the same in other words

type Rewriting = (schema: Members) => unknown;

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const rewritings: Readonly<Record<string, Rewriting>> = {
  "anyOf of types": ({ type, ...rest }) =>
    Array.isArray(type) ? { ...rest, anyOf: type.map((one) => ({ type: one })) } : undefined,
  "oneOf of one": (schema) => ({ oneOf: [schema] }),
  "allOf of one": (schema) => ({ allOf: [schema], description: "The same." }),
  "oneOf of consts": ({ enum: given }) =>
    Array.isArray(given) ? { oneOf: given.map((one) => ({ const: one, title: `${one}` })) } : undefined,
  "a length that is said": (schema) =>
    schema.type === "string" && schema.minLength === undefined ? { ...schema, minLength: 0 } : undefined,
  "an open bound": ({ minimum, ...rest }) =>
    rest.type === "integer" && minimum !== undefined ? { ...rest, exclusiveMinimum: Number(minimum) - 1 } : undefined,
  "not nothing": (schema) => ({ ...schema, not: schema.not ?? false }),
  "alternatives turned round": ({ anyOf, ...rest }) => anyOf && { ...rest, anyOf: list(anyOf).toReversed() },
  "alternatives of an alternative": ({ anyOf, ...rest }) =>
    anyOf && { ...rest, anyOf: [list(anyOf)[0], { anyOf: [...list(anyOf).slice(1), list(anyOf)[0]] }] },
  "an alternative twice": (schema) => ({ anyOf: [schema, schema] }),
  "an alternative that cannot be": (schema) => ({ anyOf: [false, schema] }),
  "fields in parts": ({ properties, required, ...rest }) =>
    properties && { ...rest, allOf: [{ properties }, { type: "object", required }] },
  "a name": (schema) =>
    schema.type === "string" && Object.keys(schema).length === 1 ? { $ref: "#/components/schemas/Text" } : undefined,
  "no name": (schema) => (schema.$ref ? { type: "string" } : undefined),
  "a bound of other types": (schema) => (schema.type === "string" ? { ...schema, maximum: 3 } : undefined),
  "alternatives with what is beside them": ({ anyOf, ...rest }) =>
    anyOf && Object.keys(rest).length > 0 ? { anyOf: list(anyOf).map((one) => ({ allOf: [rest, one] })) } : undefined,
};

/** A change of one schema, or of one somewhere in it. */
function somewhere(change: Rewriting, seed: number): (schema: unknown) => unknown {
  let left = seed;
  const visit = (schema: unknown): unknown => {
    if (typeof schema !== "object" || schema === null) return schema;
    const members = schema as Members;
    const changed = left-- % 3 === 0 ? change(members) : undefined;
    if (changed !== undefined) return changed;
    return Object.fromEntries(
      Object.entries(members).map(([keyword, value]) => {
        if (["anyOf", "allOf"].includes(keyword)) return [keyword, list(value).map(visit)];
        if (keyword === "items") return [keyword, visit(value)];
        if (keyword !== "properties") return [keyword, value];
        return [keyword, Object.fromEntries(Object.entries(value as Members).map(([name, one]) => [name, visit(one)]))];
      }),
    );
  };
  return visit;
}

// ---- more than before

const widenings: Readonly<Record<string, Rewriting>> = {
  "a keyword less": (schema) => {
    const droppable = [
      "minLength",
      "maxLength",
      "minimum",
      "exclusiveMaximum",
      "maximum",
      "multipleOf",
      "minItems",
      "maxItems",
      "required",
      "not",
    ];
    const [name] = droppable.filter((keyword) => keyword in schema);
    return name === undefined ? undefined : Object.fromEntries(Object.entries(schema).filter(([key]) => key !== name));
  },
  "a longer text": (schema) =>
    schema.maxLength === undefined ? undefined : { ...schema, maxLength: Number(schema.maxLength) + 1 },
  "a value more": (schema) => (Array.isArray(schema.enum) ? { enum: [...schema.enum, "z"] } : undefined),
  "null as well": ({ type, ...rest }) => (typeof type === "string" ? { ...rest, type: [type, "null"] } : undefined),
  "an alternative more": (schema) => ({ anyOf: [schema, { type: "array", maxItems: 0 }] }),
};

describe("of any schemas", () => {
  // The same schemas in each run: what two unions leave of each other can be as intricate as one likes.
  const seed = 20;
  const runs = { seed, numRuns: 300 };

  test("one compared with itself has not changed", () => {
    fc.assert(
      fc.property(anySchema, (given) => {
        for (const place of [request, answer]) expect(changes(place, given, given)).toEqual([]);
      }),
      runs,
    );
  });

  test("what breaks nobody refuses nothing that was taken, and answers nothing that was not promised", () => {
    fc.assert(
      fc.property(anySchema, anySchema, (was, is) => {
        if (!breaks(request, was, is)) expect(refusedOf(was, is)).toBe(undefined);
        if (!breaks(answer, was, is)) expect(refusedOf(is, was)).toBe(undefined);
      }),
      runs,
    );
  });

  test("what breaks a request breaks the answer that goes the other way", () => {
    fc.assert(
      fc.property(typed, typed, (one, other) => {
        expect(breaks(request, one, other)).toBe(breaks(answer, other, one));
      }),
      runs,
    );
  });

  test.each(Object.entries(rewritings))("the same in other words: %s", (_, rewriting) => {
    fc.assert(
      fc.property(typed, fc.nat(9), (given, seed) => {
        const other = somewhere(rewriting, seed)(given);
        for (const [was, is] of [
          [given, other],
          [other, given],
        ])
          for (const place of [request, answer])
            expect(changes(place, was, is).map(({ keyword }) => keyword)).toEqual([]);
      }),
      { seed, numRuns: 100 },
    );
  });

  test.each(Object.entries(widenings))("more than before: %s", (_, widening) => {
    fc.assert(
      fc.property(typed, fc.nat(9), (narrow, seed) => {
        const wide = somewhere(widening, seed)(narrow);
        expect([breaks(request, narrow, wide), breaks(answer, wide, narrow)]).toEqual([false, false]);
        if (refusedOf(wide, narrow) === undefined) return;
        expect([breaks(request, wide, narrow), breaks(answer, narrow, wide)]).toEqual([true, true]);
      }),
      { seed, numRuns: 100 },
    );
  });
});
