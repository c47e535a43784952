import { describe, expect, test } from "vitest";
import { parseSpec, type Spec } from "../../src/document/spec.ts";

function parse(schema: unknown, schemas: object = {}): Spec {
  return parseSpec(
    JSON.stringify({ openapi: "3.1.0", info: {}, paths: {}, components: { schemas: { A: schema, ...schemas } } }),
  );
}

/** What the schema finds wrong with a value. */
function wrong(spec: Spec, value: unknown): string[] {
  return spec
    .schema("A")(value)
    .map(({ at, keyword }) => `${at} ${keyword}`);
}

describe("numbers are judged in their decimal digits", () => {
  test.each<[number, unknown[], unknown[]]>([
    [0.01, [19.99, 4.35, 1.13, 0.07, 1.1, -19.99, 0, 1e21], [1.005, 0.001]],
    [0.1, [0.3, 1, 1e-1, 123456.7], [0.35, 1e-7]],
    [1e-7, [3e-7, 1.5e-6, 2], [1e-8]],
    [3, [9, 0, -6, 9007199254740990], [10, 4.5]],
    [2.5, [5, 7.5], [6, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    [1e300, [2e300], [1.5e300, 1]],
  ])("multiples of %d", (multipleOf, right, not) => {
    const spec = parse({ multipleOf });
    for (const value of right) expect(wrong(spec, value), `${value}`).toEqual([]);
    for (const value of not) expect(wrong(spec, value), `${value}`).toEqual(["A multipleOf"]);
    expect(spec.schema("A")(not[0])[0]?.expected).toBe(`a multiple of ${multipleOf}`);
  });

  test("integers of 64 bits are integers", () => {
    const spec = parse({ type: "integer", format: "int64", maximum: 2 ** 63 });
    expect(wrong(spec, JSON.parse("9223372036854775807"))).toEqual([]);
    expect(wrong(spec, 0.5)).toContain("A type");
  });
});

describe("patterns", () => {
  test.each<[string, string, string]>([
    ["that need the flag u", "^\\p{Lu}.$", "Åx"],
    ["that must not have it", "^[\\w\\-\\.]+\\@x$", "a.b@x"],
    ["that count characters", "^.$", "😀"],
  ])("%s are matched", (_, pattern, text) => {
    expect(wrong(parse({ pattern }), text)).toEqual([]);
    expect(wrong(parse({ pattern }), "@")).toEqual(pattern === "^.$" ? [] : ["A pattern"]);
  });

  const hostile: [string, object, unknown][] = [
    ["^(a+)+$", { pattern: "^(a+)+$" }, `${"a".repeat(40)}!`],
    ["^(a|aa)+$", { pattern: "^(a|aa)+$" }, `${"a".repeat(60)}!`],
    ["(.*)*x", { pattern: "(.*)*x" }, "y".repeat(5_000)],
    ["^(a?){40}a{40}$", { pattern: "^(a?){40}a{40}$" }, "a".repeat(39)],
    ["blanks at the end", { pattern: "\\s+$" }, `${" ".repeat(300_000)}x`],
    ["many texts", { items: { pattern: "^(a+)+$" } }, Array(200).fill(`${"a".repeat(40)}!`)],
    [
      "names of members",
      { patternProperties: { "^(a+)+$": {} }, additionalProperties: false },
      { [`${"a".repeat(40)}!`]: 1 },
    ],
    ["a format", { format: "uri" }, `https://x.test/${"a".repeat(900_000)} `],
    ["a url", { format: "url" }, `http://${"a-".repeat(200_000)}`],
  ];
  test.each(hostile)("%s cost no more than others", (_, schema, value) => {
    const spec = parse(schema);
    wrong(spec, "");
    const started = performance.now();
    expect(wrong(spec, value)).not.toEqual([]);
    // 100 ms of its own, and room for a machine that does other things beside.
    expect(performance.now() - started).toBeLessThan(600);
  });

  test("and what matches them still does", () => {
    const spec = parse({ pattern: "^(a+)+$" });
    expect(wrong(spec, "a".repeat(5_000))).toEqual([]);
    expect(wrong(spec, `${"a".repeat(40)}!`)).toEqual(["A pattern"]);
    expect(wrong(spec, "a".repeat(40))).toEqual([]);
  });
});

describe("no schema and no value ends a run", () => {
  test("an empty enum allows nothing", () => {
    const spec = parse({ enum: [] });
    expect(wrong(spec, "a")).toEqual(["A enum"]);
    expect(spec.schema("A")("a")[0]!.expected).toBe("absent: the document lists no value for it");
    expect(wrong(parse({ properties: { a: { enum: [] } } }), {})).toEqual([]);
  });

  test("a recursive schema ends where the value does", () => {
    const spec = parse({
      type: "object",
      properties: { next: { $ref: "#/components/schemas/A" }, name: { type: "string" } },
    });
    expect(wrong(spec, { next: { next: { next: { name: 1 } } } })).toEqual(["A.next.next.next.name type"]);
  });

  test("a value that is deeper than the stack is refused", () => {
    const spec = parse({ type: "array", items: { $ref: "#/components/schemas/A" } });
    const deep = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
    expect(
      spec
        .schema("A")(deep)
        .map(({ keyword, expected }) => [keyword, expected]),
    ).toEqual([["maxDepth", "a value of at most 500 levels"]]);
  });

  test("a schema that is a part of itself goes unchecked, with a remark", () => {
    const spec = parse({ allOf: [{ $ref: "#/components/schemas/A" }, { type: "string" }] });
    expect(wrong(spec, 1)).toEqual([]);
    expect(spec.remarks).toEqual([
      { kind: "schema", text: "a schema that is a part of itself at #/components/schemas/A" },
    ]);
  });

  test("a large value is told the first thing that is wrong with it", () => {
    const spec = parse({ type: "array", items: { type: "string" } });
    expect(wrong(spec, Array(200_000).fill(1))).toEqual(["A.0 type"]);
    expect(wrong(spec, Array(1_000).fill(1))).toHaveLength(200);
  });

  // Each with each would be ten thousand million comparisons, which no patience outlasts.
  test("many items are compared with each other in one pass", { timeout: 60_000 }, () => {
    const spec = parse({ uniqueItems: true });
    const items = Array.from({ length: 100_000 }, (_, index) => ({ a: index, b: [index] }));
    expect(wrong(spec, items)).toEqual([]);
    expect(wrong(spec, [...items, { b: [7], a: 7 }])).toEqual(["A uniqueItems"]);
  });

  test.each([
    [[1, "1", true, "true", null, [1], { a: 1 }, { a: "1" }, {}], []],
    [
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      ["A uniqueItems"],
    ],
    [
      [
        [1, 2],
        [2, 1],
      ],
      [],
    ],
    [[0, -0], ["A uniqueItems"]],
  ])("%j", (items, found) => {
    expect(wrong(parse({ uniqueItems: true }), items)).toEqual(found);
  });
});

describe("unevaluated members are those that no part has seen", () => {
  const schemas = {
    Base: { type: "object", properties: { a: { type: "string" } } },
    Any: { type: "object", additionalProperties: { type: "number" } },
  };

  test("whatever references lie between", () => {
    const spec = parse(
      { allOf: [{ $ref: "#/components/schemas/Base" }], properties: { b: true }, unevaluatedProperties: false },
      schemas,
    );
    expect(wrong(spec, { a: "x", b: 1 })).toEqual([]);
    expect(wrong(spec, { a: "x", c: 1 })).toEqual(["A.c unevaluatedProperties"]);
    // What is wrong has been seen all the same.
    expect(wrong(spec, { a: 1 })).toEqual(["A.a type"]);
  });

  test("all of them where a part takes any", () => {
    const spec = parse({ anyOf: [{ $ref: "#/components/schemas/Any" }], unevaluatedProperties: false }, schemas);
    expect(wrong(spec, { x: 1 })).toEqual([]);
  });

  test("and so are items", () => {
    const pair = { prefixItems: [{ type: "string" }, { type: "number" }] };
    const spec = parse({ $ref: "#/components/schemas/Pair", unevaluatedItems: false }, { Pair: pair });
    expect(wrong(spec, ["a", 1])).toEqual([]);
    expect(wrong(spec, ["a", 1, 2])).toEqual(["A unevaluatedItems"]);
  });
});

describe("a discriminator tells alternatives apart", () => {
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const animal = (kind: object, more: object, required = ["kind"]) => ({
    type: "object",
    required,
    properties: { kind, ...more },
  });
  const string = { type: "string" };
  const pets = (kindOfCat: object, kindOfDog: object, discriminator: object = {}) =>
    parse(
      { oneOf: [ref("Cat"), ref("Dog")], discriminator: { propertyName: "kind", ...discriminator } },
      {
        Cat: animal(kindOfCat, { lives: { type: "integer" } }),
        Dog: animal(kindOfDog, { tricks: { type: "integer" } }),
      },
    );

  test("by the constants of their tags", () => {
    const spec = pets({ const: "cat" }, { enum: ["dog", "puppy"] });
    expect(wrong(spec, { kind: "cat", lives: 9 })).toEqual([]);
    expect(wrong(spec, { kind: "puppy", tricks: "x" })).toEqual(["A.tricks type"]);
    expect(wrong(spec, { kind: "cow" })).toEqual(["A.kind discriminator"]);
    expect(wrong(spec, { lives: 9 })).toEqual(["A.kind required"]);
    expect(wrong(spec, "cat")).toEqual(["A type"]);
  });

  test("by the mapping, where the tag is any text: two open alternatives may both fit", () => {
    const spec = pets(string, string, { mapping: { cat: "#/components/schemas/Cat", dog: "Dog" } });
    expect(wrong(spec, { kind: "cat", lives: 9 })).toEqual([]);
    expect(wrong(spec, { kind: "dog", tricks: "x" })).toEqual(["A.tricks type"]);
    expect(wrong(spec, { kind: "Cat" })).toEqual(["A.kind discriminator"]);
  });

  test("by the constants where the mapping names other tags, which no alternative allows", () => {
    const spec = pets({ const: "cat" }, { const: "dog" }, { mapping: { "A CAT": "Cat", "A DOG": "Dog" } });
    expect(wrong(spec, { kind: "cat", lives: 9 })).toEqual([]);
    expect(wrong(spec, { kind: "dog", tricks: "x" })).toEqual(["A.tricks type"]);
    expect(wrong(spec, { kind: "A CAT" })).toEqual(["A.kind discriminator"]);
  });

  test("by their names, where nothing else is said", () => {
    const spec = pets(string, string);
    expect(wrong(spec, { kind: "Cat" })).toEqual([]);
    expect(wrong(spec, { kind: "Dog", tricks: "x" })).toEqual(["A.tricks type"]);
  });

  test("not where both list the same tags: then one of them has to fit", () => {
    const both = { enum: ["small", "large"] };
    const spec = parse(
      { oneOf: [ref("Cat"), ref("Dog")], discriminator: { propertyName: "kind" } },
      {
        Cat: animal(both, { lives: string }, ["kind", "lives"]),
        Dog: animal(both, { tricks: string }, ["kind", "tricks"]),
      },
    );
    expect(wrong(spec, { kind: "small", lives: "9" })).toEqual([]);
    expect(wrong(spec, { kind: "small" })).not.toEqual([]);
    expect(wrong(spec, { kind: "small", lives: "9", tricks: "2" })).not.toEqual([]);
  });

  describe("an alternative that is a choice itself has the tags of all that it offers", () => {
    const outer = { oneOf: [ref("Pet"), ref("Car")], discriminator: { propertyName: "kind" } };
    const car = animal({ const: "car" }, {});
    const cat = animal({ const: "cat" }, { lives: { type: "integer" } });
    const tricks = { tricks: { type: "integer" } };
    test.each<[string, object]>([
      ["by constants", { Pet: { oneOf: [ref("Cat"), ref("Dog")] }, Cat: cat, Dog: animal({ const: "Dog" }, tricks) }],
      ["by parts of anyOf", { Pet: { anyOf: [cat, { allOf: [animal({ enum: ["Dog", "cat"] }, tricks)] }] } }],
      [
        "by tags that are constants in turn",
        { Pet: animal({ anyOf: [{ const: "cat" }, { const: "Dog" }] }, { ...tricks, lives: { type: "integer" } }) },
      ],
      [
        "by a discriminator of its own",
        {
          Pet: { oneOf: [ref("Cat"), ref("Dog")], discriminator: { propertyName: "kind", mapping: { cat: "Cat" } } },
          Cat: animal(string, { lives: { type: "integer" } }),
          Dog: animal(string, tricks),
        },
      ],
    ])("%s", (_, schemas) => {
      const spec = parse(outer, { Car: car, ...schemas });
      expect(wrong(spec, { kind: "car" })).toEqual([]);
      expect(wrong(spec, { kind: "cat", lives: 9 })).toEqual([]);
      expect(wrong(spec, { kind: "Dog", tricks: 1 })).toEqual([]);
      expect(wrong(spec, { kind: "Dog", tricks: "x" })).toEqual(["A.tricks type"]);
      expect(wrong(spec, { kind: "cow" })).toEqual(["A.kind discriminator"]);
    });

    test("and none where it comes round to itself", () => {
      const spec = parse(ref("Pet"), {
        Pet: { ...animal(string, {}), oneOf: [ref("Cat"), ref("Dog")], discriminator: { propertyName: "kind" } },
        Cat: { oneOf: [ref("Pet")], discriminator: { propertyName: "kind" } },
        Dog: { allOf: [ref("Pet")] },
      });
      expect(() => wrong(spec, 1)).not.toThrow();
    });
  });

  test("not where one of them is for all other tags", () => {
    const spec = pets(string, string, { defaultMapping: "Dog" });
    expect(wrong(spec, { kind: "cow", lives: "none", tricks: 1 })).toEqual([]);
  });

  test("null beside them is null", () => {
    const spec = parse(
      { oneOf: [ref("Cat"), { type: "null" }], discriminator: { propertyName: "kind" } },
      { Cat: animal({ const: "cat" }, {}) },
    );
    expect(wrong(spec, null)).toEqual([]);
    expect(wrong(spec, { kind: "cat" })).toEqual([]);
    expect(wrong(spec, 1)).not.toEqual([]);
  });
});

test("members that are called like what every object has are there only where they are given", () => {
  const schema = { type: "object", properties: { toString: { type: "integer" } }, required: ["constructor"] };
  const spec = parse({ ...schema, dependentRequired: { valueOf: ["a"] } });
  expect(wrong(spec, { constructor: 1 })).toEqual([]);
  expect(wrong(spec, {})).toEqual(["A.constructor required"]);
  expect(wrong(spec, { constructor: 1, toString: "a" })).toEqual(["A.toString type"]);
  expect(wrong(spec, { constructor: 1, valueOf: 1 })).toEqual(["A.a dependentRequired"]);
  const tagged = { properties: { isPrototypeOf: { properties: { inner: { type: "integer" } } } } };
  expect(wrong(parse(tagged), { isPrototypeOf: { inner: "a" } })).toEqual(["A.isPrototypeOf.inner type"]);
});

test("a format on a number, or one that nobody knows, is no burden", () => {
  expect(wrong(parse({ type: "integer", format: "int32" }), 2 ** 31)).toEqual(["A format"]);
  expect(wrong(parse({ type: "string", format: "own" }), "x")).toEqual([]);
});
