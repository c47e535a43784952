import { describe, expect, test } from "vitest";
import { createAlternatives } from "../../src/document/schema.ts";

const alternatives = createAlternatives({
  components: { schemas: { Text: { type: "string", minLength: 2 } } },
});

describe("the plain forms of a schema", () => {
  test.each<[string, unknown, unknown[]]>([
    ["anything", true, [{}]],
    ["nothing", false, []],
    ["a reference", { $ref: "#/components/schemas/Text" }, [{ type: "string", minLength: 2 }]],
    ["a reference to nothing", { $ref: "#/components/schemas/Gone" }, [{}]],
    [
      "keywords beside a reference",
      { $ref: "#/components/schemas/Text", maxLength: 3 },
      [{ type: "string", minLength: 2, maxLength: 3 }],
    ],
    ["types that share one", { allOf: [{ type: ["string", "integer"] }, { type: "number" }] }, [{ type: ["integer"] }]],
    ["types that share none", { allOf: [{ type: "string" }, { type: "number" }] }, []],
    ["enums", { allOf: [{ enum: [1, 2, 3] }, { enum: [2, 3, 4] }] }, [{ enum: [2, 3] }]],
    [
      "bounds",
      {
        allOf: [
          { minimum: 1, maximum: 9 },
          { minimum: 3, maximum: 12 },
        ],
      },
      [{ minimum: 3, maximum: 9 }],
    ],
    [
      "two patterns",
      { allOf: [{ pattern: "^a" }, { pattern: "b$" }] },
      [{ pattern: "^a", allOf: [{ pattern: "b$" }] }],
    ],
    ["the same pattern twice", { allOf: [{ pattern: "^a" }, { pattern: "^a" }] }, [{ pattern: "^a" }]],
    [
      "two of not",
      { allOf: [{ not: { const: 1 } }, { not: { const: 2 } }] },
      [{ not: { const: 1 }, allOf: [{ not: { const: 2 } }] }],
    ],
    [
      "two of contains, each with its bounds",
      { allOf: [{ contains: { const: 1 } }, { contains: { const: 2 }, minContains: 2 }] },
      [{ contains: { const: 1 }, allOf: [{ contains: { const: 2 }, minContains: 2 }] }],
    ],
    [
      "items",
      { allOf: [{ items: { minimum: 1 } }, { items: { maximum: 2 } }] },
      [{ items: { allOf: [{ minimum: 1 }, { maximum: 2 }] } }],
    ],
    [
      "members",
      {
        allOf: [
          { properties: { a: true, b: { minimum: 1 } } },
          { properties: { a: { minLength: 1 }, b: { maximum: 2 } } },
        ],
      },
      [{ properties: { a: { minLength: 1 }, b: { allOf: [{ minimum: 1 }, { maximum: 2 }] } } }],
    ],
    [
      "members that another part closes out",
      { allOf: [{ properties: { a: true }, additionalProperties: false }, { properties: { b: { minLength: 1 } } }] },
      [{ properties: { a: true, b: false }, additionalProperties: false }],
    ],
    [
      "a union",
      { type: "string", anyOf: [{ minLength: 3 }, { maxLength: 1 }] },
      [
        { type: "string", minLength: 3 },
        { type: "string", maxLength: 1 },
      ],
    ],
  ])("%s", (_, schema, forms) => {
    expect(alternatives(schema)).toEqual(forms);
  });

  test("both ways of a condition", () => {
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, in what is nobody's promise
    const condition = { if: { minimum: 5 }, then: { multipleOf: 5 }, else: { multipleOf: 2 } };
    expect(alternatives({ type: "integer", ...condition })).toEqual([
      { type: "integer", ...condition, minimum: 5, multipleOf: 5 },
      { type: "integer", ...condition, not: { minimum: 5 }, multipleOf: 2 },
    ]);
  });

  test("are read once", () => {
    const schema = { allOf: [{ minimum: 1 }] };
    expect(alternatives(schema)).toBe(alternatives(schema));
  });
});
