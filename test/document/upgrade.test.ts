import { describe, expect, test } from "vitest";
import { parseSpec, type Spec, SpecError } from "../../src/document/spec.ts";

function parse(openapi: string, schema: unknown, more: object = {}): Spec {
  const components = { schemas: { A: schema, Text: { type: "string", enum: ["a"] } } };
  return parseSpec(JSON.stringify({ openapi, info: { title: "A", version: "1" }, paths: {}, components, ...more }));
}

/** What the schema finds wrong with a value. */
function wrong(spec: Spec, value: unknown): string[] {
  return spec
    .schema("A")(value)
    .map(({ at, keyword }) => `${at} ${keyword}`);
}

const texts = ({ remarks }: Spec) => remarks.map(({ kind, text }) => `${kind}: ${text}`);

describe("a schema of OpenAPI 3.0 is read as 3.1 writes it", () => {
  const string = { type: "string" };
  const cases: [string, object, unknown, string[]][] = [
    ["nullable adds null to the type", { ...string, nullable: true }, null, []],
    ["but not to the enum", { ...string, nullable: true, enum: ["a"] }, null, ["A enum"]],
    ["which may list it", { ...string, nullable: true, enum: ["a", null] }, null, []],
    ["nullable beside allOf", { nullable: true, allOf: [{ $ref: "#/components/schemas/Text" }] }, null, []],
    ["nullable: false", { ...string, nullable: false }, null, ["A type"]],
    ["nullable of nothing in particular", { nullable: true, minLength: 2 }, null, []],
    ["an exclusive bound", { type: "number", minimum: 1, exclusiveMinimum: true }, 1, ["A exclusiveMinimum"]],
    ["a bound that is not exclusive", { type: "number", maximum: 1, exclusiveMaximum: false }, 1, []],
    [
      "what stands beside a $ref is ignored",
      { $ref: "#/components/schemas/Text", maxLength: 0, nullable: true },
      "a",
      [],
    ],
    [
      "nullable beside a $ref as well",
      { $ref: "#/components/schemas/Text", nullable: true },
      null,
      ["A type", "A enum"],
    ],
    ["items by their order", { type: "array", items: [string, { type: "number" }] }, ["a", "b"], ["A.1 type"]],
  ];
  test.each(cases)("%s", (_, schema, value, found) => {
    const spec = parse("3.0.3", schema);
    expect(wrong(spec, value)).toEqual(found);
    expect(texts(spec)).toEqual([]);
  });

  test("but members of these names are data", () => {
    const properties = { nullable: { type: "boolean" }, example: string, minimum: { type: "integer" } };
    const spec = parse("3.0.3", { type: "object", required: ["nullable"], properties });
    expect(wrong(spec, { nullable: true, example: "x", minimum: 1 })).toEqual([]);
    expect(wrong(spec, { nullable: 1, example: 1, minimum: "x" })).toEqual([
      "A.nullable type",
      "A.example type",
      "A.minimum type",
    ]);
  });

  test("its example is the first of its examples", () => {
    const { validators } = parse("3.0.3", { type: "string", example: "main" });
    expect(validators.document).toMatchObject({
      components: { schemas: { A: { type: "string", examples: ["main"] } } },
    });
  });

  test("and one of 3.1 is read as it is", () => {
    const spec = parse("3.1.0", { $ref: "#/components/schemas/Text", maxLength: 0 });
    expect(wrong(spec, "a")).toEqual(["A maxLength"]);
    expect(wrong(parse("3.1.1", { type: "string", nullable: true }), null)).toEqual(["A type"]);
  });
});

describe("what can not be checked is a remark, and no more", () => {
  test.each<[string, unknown, string]>([
    ["a keyword that nobody knows", { sorted: true }, "keyword: sorted at #/components/schemas/A"],
    [
      "null in the place of a schema",
      { properties: { a: null } },
      "schema: null at #/components/schemas/A/properties/a",
    ],
    ["a list in the place of a schema", { not: [] }, "schema: [] at #/components/schemas/A/not"],
    ["null that must hold if", { if: null, else: false }, "schema: null at #/components/schemas/A/if"],
    [
      "null that a list should have",
      { contains: null, minContains: 2 },
      "schema: null at #/components/schemas/A/contains",
    ],
    ["null among alternatives", { oneOf: [null, {}] }, "schema: null at #/components/schemas/A/oneOf/0"],
    [
      "a reference to nothing that must not hold",
      { not: { $ref: "#/gone" } },
      'dangling: "#/gone" at #/components/schemas/A/not',
    ],
    ["a type that is none", { type: "strng" }, 'schema: type: "strng" at #/components/schemas/A'],
    ["a bound that is no number", { minimum: "1" }, 'schema: minimum: "1" at #/components/schemas/A'],
    ["required that is no list", { required: true }, "schema: required: true at #/components/schemas/A"],
    ["an empty union", { oneOf: [] }, "schema: oneOf: [] at #/components/schemas/A"],
    ["a pattern that is none", { pattern: "(" }, 'schema: pattern: "(" at #/components/schemas/A'],
    ["a step of nothing", { multipleOf: 0 }, "schema: multipleOf: 0 at #/components/schemas/A"],
    ["properties that are a list", { properties: [] }, "schema: properties: [] at #/components/schemas/A"],
  ])("%s", (_, schema, remark) => {
    const spec = parse("3.1.0", schema);
    expect(texts(spec)).toEqual([remark]);
    expect(wrong(spec, { a: 1 })).toEqual([]);
  });

  test("an unknown keyword is refused where that is asked for", () => {
    const text = JSON.stringify({ openapi: "3.1.0", paths: {}, components: { schemas: { A: { sorted: true } } } });
    expect(() => parseSpec(text, "a.json", { unknownKeywords: "refuse" })).toThrow(
      new SpecError("a.json uses schema keywords that no validator here knows: sorted at #/components/schemas/A."),
    );
  });
});

describe("the version of a document", () => {
  test.each(["3.0.0", "3.0.4", "3.1.1", "3.2.0"])("%s is read", (version) => {
    expect(parse(version, {}).title).toBe("A");
  });

  test("3.2 is read, and what is new in it and not served is said", () => {
    const media = { "application/jsonl": { itemSchema: { type: "object" } } };
    const get = {
      parameters: [{ name: "q", in: "querystring", content: {} }],
      responses: { 200: { description: "", content: media } },
    };
    const spec = parse("3.2.0", {}, { paths: { "/": { get } }, tags: [{ name: "a", kind: "nav" }] });
    expect(spec.operations).toHaveLength(1);
    expect(texts(spec)).toEqual([
      "version: in: querystring at #/paths/~1/get/parameters/0",
      "version: itemSchema at #/paths/~1/get/responses/200/content/application~1jsonl",
    ]);
  });

  test.each<[string, object | string, string]>([
    [
      "Swagger 2.0",
      { swagger: "2.0", info: {}, paths: {} },
      "a.json is a Swagger 2.0 document; this program reads OpenAPI 3.0, 3.1 and 3.2. Convert it first: npx swagger2openapi a.json -o openapi.yaml",
    ],
    ["another one", { openapi: "4.0.0" }, 'a.json says "openapi: 4.0.0"; this program reads 3.0, 3.1 and 3.2.'],
    ["none", {}, 'a.json says "openapi: undefined"; this program reads 3.0, 3.1 and 3.2.'],
    ["a list", "[]", "a.json holds no OpenAPI document."],
  ])("%s is refused in one line", (_, document, message) => {
    const text = typeof document === "string" ? document : JSON.stringify(document);
    expect(() => parseSpec(text, "a.json")).toThrow(new SpecError(message));
  });
});
