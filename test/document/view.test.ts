import { describe, expect, test } from "vitest";
import { parseSpec, type Spec } from "../../src/document/spec.ts";

const member = (more: object) => ({ type: "string", ...more });
const user = {
  type: "object",
  required: ["id", "name", "password"],
  properties: { id: member({ readOnly: true }), name: member({}), password: member({ writeOnly: true }) },
};

/** A document whose one operation takes and answers a schema. */
function specOf(schema: unknown, schemas: object = {}, openapi = "3.0.3"): Spec {
  const content = { "application/json": { schema } };
  const post = { requestBody: { content }, responses: { 200: { description: "", content } } };
  return parseSpec(JSON.stringify({ openapi, info: {}, paths: { "/": { post } }, components: { schemas } }));
}

/** What is missing from a value as a request, and as an answer. */
function missing({ operations, webhooks }: Spec, value: unknown): [string[], string[]] {
  const { requestBody, responses } = (operations[0] ?? webhooks[0])!;
  const json = "application/json";
  const names = [requestBody!.content.get(json)!, responses.get("200")!.content.get(json)!].map(({ check }) =>
    check(value).map(({ at, keyword }) => (keyword === "required" ? at.replace("body.", "") : `${at} ${keyword}`)),
  );
  return names as [string[], string[]];
}

describe("a request need not have what is readOnly, and an answer not what is writeOnly", () => {
  const all: [string, unknown, object?, string?][] = [
    ["in one schema", user],
    ["in OpenAPI 3.1", user, {}, "3.1.0"],
    ["behind references", { $ref: "#/components/schemas/User" }, { User: user }],
    [
      "where the member says so behind a reference",
      { ...user, properties: { ...user.properties, id: { $ref: "#/components/schemas/Id" } } },
      { Id: member({ readOnly: true }) },
    ],
    [
      "where a part of the member says so",
      { ...user, properties: { ...user.properties, id: { allOf: [member({}), { readOnly: true }] } } },
    ],
    ["where another part requires it", { allOf: [{ required: user.required }, { properties: user.properties }] }],
    [
      "where a part that others share requires it",
      { allOf: [{ $ref: "#/components/schemas/Base" }, { properties: user.properties }] },
      { Base: { type: "object", required: user.required } },
    ],
    [
      "where each alternative requires it",
      { properties: user.properties, oneOf: [{ required: user.required }, false] },
    ],
  ];
  test.each(all)("%s", (_, schema, schemas, openapi) => {
    const spec = specOf(schema, schemas, openapi);
    expect(missing(spec, {}).map((names) => names.filter((name) => !name.endsWith("oneOf")).sort())).toEqual([
      ["name", "password"],
      ["id", "name"],
    ]);
    expect(missing(spec, { id: "1", name: "x", password: "p" })).toEqual([[], []]);
  });

  test("deep inside too, and in itself", () => {
    const schemas = {
      User: {
        ...user,
        properties: { ...user.properties, friends: { type: "array", items: { $ref: "#/components/schemas/User" } } },
      },
    };
    const spec = specOf({ type: "object", additionalProperties: { $ref: "#/components/schemas/User" } }, schemas);
    expect(missing(spec, { a: { name: "x", password: "p", friends: [{ name: "y", password: "p" }] } })).toEqual([
      [],
      ["a.id", "a.friends.0.id"],
    ]);
  });

  test("what a part requires is required wherever it is no part of that", () => {
    const schemas = { Base: { type: "object", required: ["id"] } };
    const whole = {
      allOf: [{ $ref: "#/components/schemas/Base" }, { properties: { id: member({ readOnly: true }) } }],
    };
    const spec = specOf(
      { type: "object", properties: { whole, base: { $ref: "#/components/schemas/Base" } } },
      schemas,
    );
    expect(missing(spec, { whole: {}, base: {} })).toEqual([["base.id"], ["whole.id", "base.id"]]);
  });

  test("a document that marks nothing is the same both ways", () => {
    const { validators } = specOf({ type: "object", required: ["a"] });
    expect(validators.view("request")).toBe(validators.document);
    expect(validators.view("answer")).toBe(validators.document);
  });

  test("what a webhook brings comes from the API", () => {
    const content = { "application/json": { schema: user } };
    const webhooks = { made: { post: { requestBody: { content }, responses: { 200: { description: "", content } } } } };
    const spec = parseSpec(JSON.stringify({ openapi: "3.1.0", info: {}, webhooks }));
    expect(missing(spec, { id: "1", name: "x" })[0]).toEqual([]);
  });
});
