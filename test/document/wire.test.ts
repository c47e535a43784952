import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKinds } from "../../src/document/kind.ts";
import { cookiesOf, pairsOf } from "../../src/document/pairs.ts";
import { createAlternatives } from "../../src/document/schema.ts";
import {
  createParameterCodec,
  createParameterCodecs,
  type ParameterCodec,
  type Source,
  type WireParameter,
} from "../../src/document/wire.ts";

type Place = WireParameter["in"];

const kindOf = createKinds(createAlternatives({}));

function parameter(place: Place, style: string, explode: boolean, schema: unknown, more: Partial<WireParameter> = {}) {
  const usual = { name: "color", allowReserved: false, mediaType: undefined };
  return { ...usual, in: place, style, explode, kind: kindOf(schema), ...more };
}

/** A message that has this text in the place of a parameter, and nothing where there is none. */
function sourceOf(place: Place, text: string | undefined): Source {
  return {
    message: {
      path: () => (place === "path" ? text : undefined),
      header: () => (place === "header" ? text : undefined),
    },
    query: place === "query" ? pairsOf(text ?? "") : [],
    cookies: place === "cookie" ? cookiesOf(text) : [],
  };
}

function read(codec: ParameterCodec, place: Place, text: string | undefined) {
  return codec.read(sourceOf(place, text));
}

const integer = { type: "integer" };
const text = { type: "string" };
const schemas = {
  string: text,
  array: { type: "array", items: text },
  object: { type: "object", properties: { R: integer, G: integer, B: integer } },
};
const values = {
  string: "blue",
  array: ["blue", "black", "brown"],
  object: { R: 100, G: 200, B: 150 },
};

/** https://spec.openapis.org/oas/v3.1.0#style-examples, and what its later editions have in the place of the dots. */
const table: readonly (readonly [Place, string, boolean, Partial<Record<keyof typeof values, string>>])[] = [
  [
    "path",
    "matrix",
    false,
    { string: ";color=blue", array: ";color=blue,black,brown", object: ";color=R,100,G,200,B,150" },
  ],
  [
    "path",
    "matrix",
    true,
    { string: ";color=blue", array: ";color=blue;color=black;color=brown", object: ";R=100;G=200;B=150" },
  ],
  ["path", "label", false, { string: ".blue", array: ".blue,black,brown", object: ".R,100,G,200,B,150" }],
  ["path", "label", true, { string: ".blue", array: ".blue.black.brown", object: ".R=100.G=200.B=150" }],
  ["path", "simple", false, { string: "blue", array: "blue,black,brown", object: "R,100,G,200,B,150" }],
  ["path", "simple", true, { string: "blue", array: "blue,black,brown", object: "R=100,G=200,B=150" }],
  ["header", "simple", false, { string: "blue", array: "blue,black,brown", object: "R,100,G,200,B,150" }],
  ["header", "simple", true, { string: "blue", array: "blue,black,brown", object: "R=100,G=200,B=150" }],
  [
    "query",
    "form",
    false,
    { string: "color=blue", array: "color=blue,black,brown", object: "color=R,100,G,200,B,150" },
  ],
  [
    "query",
    "form",
    true,
    { string: "color=blue", array: "color=blue&color=black&color=brown", object: "R=100&G=200&B=150" },
  ],
  [
    "query",
    "spaceDelimited",
    false,
    { array: "color=blue%20black%20brown", object: "color=R%20100%20G%20200%20B%20150" },
  ],
  [
    "query",
    "pipeDelimited",
    false,
    { array: "color=blue%7Cblack%7Cbrown", object: "color=R%7C100%7CG%7C200%7CB%7C150" },
  ],
  ["query", "deepObject", true, { object: "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150" }],
  [
    "cookie",
    "form",
    false,
    { string: "color=blue", array: "color=blue,black,brown", object: "color=R,100,G,200,B,150" },
  ],
  [
    "cookie",
    "form",
    true,
    { string: "color=blue", array: "color=blue; color=black; color=brown", object: "R=100; G=200; B=150" },
  ],
];

describe("the examples of the standard", () => {
  const rows = table.flatMap(([place, style, explode, texts]) =>
    Object.entries(texts).map(([kind, wire]) => [place, style, explode, kind as keyof typeof values, wire] as const),
  );

  test.each(rows)("%s, %s, explode %s, %s: %s", (place, style, explode, kind, wire) => {
    const codec = createParameterCodec(parameter(place, style, explode, schemas[kind]));
    expect(codec.write(values[kind])).toBe(wire);
    expect(read(codec, place, wire)).toEqual({ ways: [values[kind]], faults: [] });
  });

  test.each([
    ["path", "label", false, "array", ".blue.black.brown"],
    ["path", "label", false, "object", ".R.100.G.200.B.150"],
    ["query", "pipeDelimited", false, "array", "color=blue|black|brown"],
    ["query", "spaceDelimited", false, "array", "color=blue+black+brown"],
    ["query", "deepObject", true, "object", "color[R]=100&color[G]=200&color[B]=150"],
    ["query", "pipeDelimited", true, "array", "color=blue&color=black&color=brown"],
    ["cookie", "form", true, "array", "color=blue&color=black&color=brown"],
    ["header", "simple", false, "array", " blue, black ,,brown"],
  ] as const)("%s, %s, explode %s, %s is read from %s too", (place, style, explode, kind, wire) => {
    const codec = createParameterCodec(parameter(place, style, explode, schemas[kind]));
    expect(read(codec, place, wire)?.ways[0]).toEqual(values[kind]);
  });

  test.each([
    ["path", "matrix", ";color"],
    ["path", "label", "."],
    ["query", "form", "color="],
  ] as const)("an empty text, %s, %s: %s", (place, style, wire) => {
    const codec = createParameterCodec(parameter(place, style, false, schemas.string));
    expect(codec.write("")).toBe(wire);
    expect(read(codec, place, wire)?.ways).toEqual([""]);
  });
});

const printable = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });

/** Texts that a style can carry at all: what parts a list in it, and has no other form, is left out. */
function textsFor(place: Place, style: string): fc.Arbitrary<string> {
  if (place === "header") return printable.filter((given) => given !== "" && !/[,=]/.test(given));
  const taken = style === "spaceDelimited" ? " " : style === "pipeDelimited" ? "|" : undefined;
  return fc.string({ unit: "grapheme" }).map((given) => (taken ? given.replaceAll(taken, "") : given));
}

function valuesFor(place: Place, style: string): fc.Arbitrary<{ schema: unknown; value: unknown }> {
  const scalars = [
    { schema: text, values: textsFor(place, style) as fc.Arbitrary<unknown> },
    { schema: integer, values: fc.maxSafeInteger() },
    { schema: { type: "number" }, values: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0) },
    { schema: { type: "boolean" }, values: fc.boolean() },
  ];
  const scalar = fc.constantFrom(...scalars);
  const list = scalar.chain(({ schema, values }) =>
    fc.array(values, { minLength: 1 }).map((value) => ({ schema: { type: "array", items: schema }, value })),
  );
  const names = ["R", "G", "b,=&;", "a.b"].slice(0, place === "header" ? 2 : 4);
  const object = fc
    .tuple(...names.map(() => scalar))
    .chain((kinds) => {
      const properties = Object.fromEntries(names.map((name, index) => [name, kinds[index]!.schema]));
      const members = Object.fromEntries(names.map((name, index) => [name, kinds[index]!.values]));
      return fc
        .record(members, { requiredKeys: [], noNullPrototype: true })
        .map((value) => ({ schema: { type: "object", properties }, value }));
    })
    .filter(({ value }) => Object.keys(value).length > 0);
  const alone = scalar.chain(({ schema, values }) => values.map((value) => ({ schema, value })));
  if (style === "deepObject") return object;
  if (style.endsWith("Delimited")) return fc.oneof(list, object);
  return fc.oneof(alone, list, object);
}

describe("what is written is read again", () => {
  const styles: readonly (readonly [Place, string])[] = [
    ...["matrix", "label", "simple"].map((style) => ["path", style] as const),
    ["header", "simple"],
    ...["form", "spaceDelimited", "pipeDelimited", "deepObject"].map((style) => ["query", style] as const),
    ["cookie", "form"],
  ];
  const rows = styles.flatMap(([place, style]) => [true, false].map((explode) => [place, style, explode] as const));

  test.each(rows)("%s, %s, explode %s", (place, style, explode) => {
    fc.assert(
      fc.property(valuesFor(place, style), fc.boolean(), ({ schema, value }, allowReserved) => {
        const codec = createParameterCodec(parameter(place, style, explode, schema, { allowReserved }));
        expect(read(codec, place, codec.write(value))).toEqual({ ways: [value], faults: [] });
      }),
      { seed: 1 },
    );
  });

  test.each(["path", "query", "header", "cookie"] as const)("%s, JSON as its content", (place) => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: place === "header" ? undefined : "grapheme" }), (value) => {
        const codec = createParameterCodec(parameter(place, "form", true, {}, { mediaType: "application/json" }));
        const plain = JSON.parse(JSON.stringify(value));
        expect(read(codec, place, codec.write(plain))).toEqual({ ways: [plain], faults: [] });
      }),
      { seed: 1 },
    );
  });

  test("query, deepObject, with lists and objects further down", () => {
    const item = { type: "object", properties: { price: integer, name: text } };
    const properties = {
      state: text,
      min: integer,
      tags: { type: "array", items: text },
      items: { type: "array", items: item },
    };
    const value = fc
      .record(
        {
          state: fc.string(),
          min: fc.integer(),
          tags: fc.array(fc.string(), { minLength: 1, maxLength: 12 }),
          items: fc.array(fc.record({ price: fc.integer(), name: fc.string() }, { noNullPrototype: true }), {
            minLength: 1,
          }),
        },
        { requiredKeys: [], noNullPrototype: true },
      )
      .filter((given) => Object.keys(given).length > 0);
    const codec = createParameterCodec(parameter("query", "deepObject", true, { type: "object", properties }));
    fc.assert(
      fc.property(value, (given) => {
        expect(read(codec, "query", codec.write(given))).toEqual({ ways: [given], faults: [] });
      }),
      { seed: 1 },
    );
  });

  test("where a text can be meant in several ways, the one that was written is among them", () => {
    const schema = { type: ["string", "integer", "boolean", "array"], items: { type: ["string", "number"] } };
    const value = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.integer().map(String),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.oneof(fc.integer(), fc.integer().map(String)), { minLength: 1 }),
    );
    fc.assert(
      fc.property(value, fc.boolean(), (given, explode) => {
        const codec = createParameterCodec(parameter("query", "form", explode, schema));
        const { ways } = read(codec, "query", codec.write(given))!;
        // Of a list with both it is enough that one reading has the same texts.
        expect(ways.map(String)).toContain(String(given));
        if (!Array.isArray(given)) expect(ways).toContainEqual(given);
      }),
      { seed: 1 },
    );
  });

  test.each([null, undefined, [], {}])("%j is written as nothing", (value) => {
    for (const style of ["form", "pipeDelimited", "deepObject"])
      expect(createParameterCodec(parameter("query", style, true, {})).write(value)).toBeUndefined();
  });

  test("reserved letters stay as they are where the document allows them", () => {
    const write = (allowReserved: boolean) =>
      createParameterCodec(parameter("query", "form", true, text, { allowReserved })).write("/a:b?c=d&e#f+g");
    expect(write(true)).toBe("color=/a:b?c%3Dd%26e%23f%2Bg");
    expect(write(false)).toBe("color=%2Fa%3Ab%3Fc%3Dd%26e%23f%2Bg");
  });
});

describe("text is read as the schema speaks of it", () => {
  test.each([
    [integer, "7", [7]],
    [integer, "x", ["x"]],
    [{ type: "number" }, "-1.5e3", [-1500]],
    [{ type: "number" }, "1e999", ["1e999"]],
    [{ type: "boolean" }, "true", [true]],
    [{ type: "boolean" }, "True", ["True"]],
    [{ type: ["integer", "null"] }, "null", [null]],
    [{ type: ["string", "null"] }, "null", ["null"]],
    [{ type: ["string", "integer"] }, "7", [7, "7"]],
    [{ enum: [1, "2", true] }, "1", [1]],
    [{ enum: [1, "2", true] }, "2", ["2"]],
    [{ enum: [1, "2", true] }, "true", [true]],
    [{ const: "7", type: "string" }, "7", ["7"]],
    [{ allOf: [{ type: "integer" }, { minimum: 1 }] }, "7", [7]],
    [{ oneOf: [{ type: "boolean" }, { type: "integer" }] }, "7", [7]],
    [{}, "7", ["7"]],
  ])("%j, %s", (schema, wire, ways) => {
    const codec = createParameterCodec(parameter("path", "simple", false, schema));
    expect(read(codec, "path", wire)?.ways).toEqual(ways);
  });

  test("through a $ref, and each item of a tuple by its own schema", () => {
    const document = {
      components: { schemas: { Pair: { prefixItems: [integer, text], type: "array", items: { type: "boolean" } } } },
    };
    const kind = createKinds(createAlternatives(document))({ $ref: "#/components/schemas/Pair" });
    const codec = createParameterCodec(parameter("path", "simple", false, {}, { kind }));
    expect(read(codec, "path", "1,2,true")?.ways).toEqual([[1, "2", true]]);
  });

  test("a reference that names nothing leaves it text", () => {
    const codec = createParameterCodec(parameter("path", "simple", false, { $ref: "#/gone" }));
    expect(read(codec, "path", "7")?.ways).toEqual(["7"]);
  });

  test("parts are told before they are decoded", () => {
    const path = createParameterCodec(parameter("path", "simple", false, schemas.array));
    expect(read(path, "path", "a%2Cb,c")?.ways).toEqual([["a,b", "c"]]);
    const query = createParameterCodec(parameter("query", "form", false, schemas.array));
    expect(read(query, "query", "color=a%2Cb,c")?.ways).toEqual([["a,b", "c"]]);
    // No number has a comma.
    const numbers = createParameterCodec(parameter("query", "form", false, { type: "array", items: integer }));
    expect(read(numbers, "query", "color=1%2C2")?.ways).toEqual([[1, 2]]);
  });

  test("broken percent-encoding stays as it was sent", () => {
    const codec = createParameterCodec(parameter("query", "form", true, text));
    expect(read(codec, "query", "color=%zz")?.ways).toEqual(["%zz"]);
  });
});

describe("what is written in another way is told", () => {
  test.each([
    ["query", "form", true, integer, "color=1&color=2", "given once"],
    ["query", "form", false, schemas.array, "color=1&color=2", "given once"],
    ["cookie", "form", true, integer, "color=1; color=2", "given once"],
    ["path", "matrix", false, text, "blue", "written as ;color=value (style matrix)"],
    ["path", "matrix", false, text, ";colour=blue", "written as ;color=value (style matrix)"],
    ["path", "label", false, text, "blue", "written with a dot before it (style label of color)"],
  ] as const)("%s, %s, explode %s, %j: %s", (place, style, explode, schema, wire, expected) => {
    const codec = createParameterCodec(parameter(place, style, explode, schema));
    expect(read(codec, place, wire)).toMatchObject({ ways: [], faults: [{ at: "", keyword: "style", expected }] });
  });

  test("content that is no JSON", () => {
    const codec = createParameterCodec(parameter("query", "form", true, {}, { mediaType: "application/json" }));
    expect(read(codec, "query", "color=oops")?.faults).toMatchObject([{ keyword: "format", expected: "JSON" }]);
  });

  test("an object whose parts make no pairs stays text", () => {
    const codec = createParameterCodec(parameter("query", "form", false, schemas.object));
    expect(read(codec, "query", "color=R,100,G")?.ways).toEqual(["R,100,G"]);
    expect(read(codec, "query", "color=R,1,R,2")?.ways).toEqual(["R,1,R,2"]);
  });
});

describe("parameters that share a query", () => {
  const open = { type: "object", additionalProperties: integer };
  const owners = [
    parameter("query", "form", true, text, { name: "q" }),
    parameter("query", "deepObject", true, schemas.object, { name: "deep" }),
    parameter("query", "form", true, schemas.object, { name: "rgb" }),
    parameter("query", "form", true, open, { name: "rest" }),
  ];

  test("an object of any members takes what is nobody's", () => {
    const codecs = createParameterCodecs(owners, ["api_key"]);
    const source = sourceOf("query", "q=1&deep[R]=1&G=2&x=3&api_key=4&y=z");
    expect(codecs.map((codec) => codec.read(source)?.ways[0])).toEqual(["1", { R: 1 }, { G: 2 }, { x: 3, y: "z" }]);
  });

  test("one that names its members takes no others", () => {
    const codec = createParameterCodec(parameter("query", "form", true, schemas.object));
    expect(read(codec, "query", "R=1&x=3")?.ways).toEqual([{ R: 1 }]);
    expect(read(codec, "query", "x=3")).toBeUndefined();
  });

  test("a name with brackets is a name", () => {
    const codec = createParameterCodec(parameter("query", "form", true, schemas.array, { name: "tags[]" }));
    expect(read(codec, "query", "tags[]=a&tags%5B%5D=b")?.ways).toEqual([["a", "b"]]);
  });
});

describe("names in brackets", () => {
  const item = { type: "object", properties: { price: integer, name: text } };
  const properties = {
    items: { type: "array", items: item },
    map: { type: "object", additionalProperties: integer },
    when: { anyOf: [integer, { type: "object", properties: { gt: integer } }] },
  };
  const codec = createParameterCodec(parameter("query", "deepObject", true, { type: "object", properties }));

  test.each([
    [
      "color[items][0][price]=1&color[items][0][name]=2&color[items][1][price]=3",
      { items: [{ price: 1, name: "2" }, { price: 3 }] },
    ],
    [
      "color[items][][price]=1&color[items][][name]=2&color[items][][price]=3",
      { items: [{ price: 1, name: "2" }, { price: 3 }] },
    ],
    ["color[items][10][price]=1&color[items][9][price]=2", { items: [{ price: 2 }, { price: 1 }] }],
    ["color[map][0]=1&color[map][x]=2", { map: { "0": 1, x: 2 } }],
    ["color[map][0]=1", { map: { "0": 1 } }],
    ["color[when]=5", { when: 5 }],
    ["color[when][gt]=5", { when: { gt: 5 } }],
  ])("%s", (wire, value) => {
    expect(read(codec, "query", wire)?.ways).toEqual([value]);
  });

  test("a list under its own name, with brackets or without", () => {
    const list = createParameterCodec(parameter("query", "deepObject", true, { type: "array", items: integer }));
    for (const wire of ["color[0]=1&color[1]=2", "color[]=1&color[]=2", "color=1&color=2"])
      expect(read(list, "query", wire)?.ways).toEqual([[1, 2]]);
  });

  test("however deep, it is read, and __proto__ is a name like any other", () => {
    const deep = read(codec, "query", `color${"[a]".repeat(50_000)}=1`)!;
    expect(Object.keys(deep.ways[0] as object)).toEqual(["a"]);
    const { ways } = read(codec, "query", "color[__proto__][x]=1")!;
    expect(Object.keys(ways[0] as object)).toEqual(["__proto__"]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});
