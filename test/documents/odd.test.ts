import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadSpec } from "../../src/index.ts";
import { testMock } from "../mock.ts";
import { createJudge } from "./judge.ts";

const folder = mkdtempSync(join(tmpdir(), "odd-"));
afterAll(() => rmSync(folder, { recursive: true }));

type Answers = Readonly<Record<string, object>>;

const json = (schema: object, more: object = {}) => ({
  description: "",
  content: { "application/json": { schema, ...more } },
});
const document = (responses: Answers, { openapi = "3.1.0", path = "/a", ...more }: Record<string, unknown> = {}) =>
  JSON.stringify({
    openapi,
    info: { title: "Odd", version: "1" },
    ...more,
    paths: { [String(path)]: { get: { responses } } },
  });

const open = (name: string) => ({
  type: "object",
  required: ["kind"],
  properties: { kind: { type: "string" }, [name]: { type: "string" } },
});

const merged = `
openapi: "3.1.0"
info: { title: Odd, version: "1" }
x-shared: &shared
  type: object
  required: [name]
  properties: { name: &text { type: string, minLength: 1 } }
paths:
  /a:
    get:
      responses:
        200:
          description: Found.
          content:
            application/json:
              schema: { <<: *shared, additionalProperties: *text }
`;

/** What is odd, the document, the status of its answer, and the body, which is not always decided. */
type Odd = [what: string, text: string, status: number, body?: string, path?: string];

test.each([
  ["declares nothing but what goes before an answer", document({ 100: { description: "Go on." } }), 200, ""],
  ["declares what goes before an answer first", document({ 103: { description: "" }, 204: { description: "" } }), 204],
  ["declares nothing but failures", document({ 503: { description: "Closed." } }), 503, ""],
  ["declares no answer", document({}), 200, ""],
  ["declares a class of answers", document({ "2XX": json({ const: 1 }) }), 200, "1"],
  ["declares the default alone", document({ default: json({ const: 1 }) }), 200, "1"],
  [
    "requires a member twice",
    document({
      200: json({ type: "object", required: ["a", "b", "a"], properties: { a: { const: 1 }, b: { const: 2 } } }),
    }),
    200,
    '{"a":1,"b":2}',
  ],
  [
    "names a type and a value twice",
    document({ 200: json({ type: ["null", "null"], enum: [null, null] }) }),
    200,
    "null",
  ],
  [
    "says nullable of variants",
    document(
      { 200: json({ anyOf: [{ type: "string" }, { type: "integer" }], nullable: true }, { example: null }) },
      { openapi: "3.0.3" },
    ),
    200,
    "null",
  ],
  [
    "has variants that one value fits together, told apart by a tag",
    document(
      {
        200: json({
          oneOf: [{ $ref: "#/components/schemas/Cat" }, { $ref: "#/components/schemas/Dog" }],
          discriminator: { propertyName: "kind" },
        }),
      },
      { components: { schemas: { Cat: open("purr"), Dog: open("bark") } } },
    ),
    200,
  ],
  [
    "has variants that one value fits together, and no tag",
    document({ 200: json({ oneOf: [open("purr"), { ...open("bark"), required: ["kind", "bark"] }] }) }),
    200,
  ],
  ["has a path with a fragment", document({ 200: json({ const: 1 }) }, { path: "/a#one" }), 200, "1", "/a"],
  ["has a path with a query", document({ 200: json({ const: 1 }) }, { path: "/a?all=true" }), 200, "1", "/a?all=true"],
  ["begins with a byte order mark", `\uFEFF${document({ 200: json({ const: 1 }) })}`, 200, "1"],
  ["is written with anchors and merge keys", merged, 200],
  [
    "holds itself",
    document(
      { 200: json({ $ref: "#/components/schemas/Node" }) },
      {
        components: {
          schemas: {
            Node: { type: "object", required: ["next"], properties: { next: { $ref: "#/components/schemas/Node" } } },
          },
        },
      },
    ),
    500,
  ],
  ["has a pattern that no regular expression is", document({ 200: json({ type: "string", pattern: "(?<" }) }), 200],
  ["answers no JSON", document({ 200: { description: "", content: { "text/*": { schema: { const: "so" } } } } }), 200],
  [
    "declares a body without a schema",
    document({ 200: { description: "", content: { "application/json": {} } } }),
    200,
  ],
] satisfies Odd[])("a document that %s is served", async (...[, text, status, body, path = "/a"]: Odd) => {
  const file = join(folder, text.startsWith("{") ? "odd.json" : "odd.yaml");
  writeFileSync(file, text);
  const spec = loadSpec(file);
  const { mock } = testMock({ spec });
  const answer = await mock.fetch(`http://mock${path}`, { headers: { "X-API-Key": "test_key" } });
  const said = await answer.text();
  expect([answer.status, said]).toEqual([status, body ?? said]);
  if (status >= 400) return;
  const contentType = answer.headers.get("content-type") ?? "";
  const judged = { method: "GET", path: spec.operations[0]!.path, status, contentType, text: said };
  expect(createJudge(file)(judged)).toBeUndefined();
});

test("what an independent judge refuses is told with its reason", () => {
  const file = join(folder, "plain.json");
  writeFileSync(file, document({ 200: json({ type: "object", required: ["a", "a"] }) }));
  const judge = createJudge(file);
  const answer = { method: "GET", path: "/a", status: 200, contentType: "application/json" };
  expect(judge({ ...answer, text: '{"a":1}' })).toBeUndefined();
  expect(judge({ ...answer, text: "{}" })).toContain("must have required property 'a'");
  expect(judge({ ...answer, status: 201, text: "{}" })).toBe("the status 201 is none of 200");
  expect(judge({ ...answer, contentType: "text/plain", text: "" })).toBeUndefined();
  expect(judge({ ...answer, contentType: "text/plain", text: "a" })).toBe(
    "the type text/plain is none of application/json",
  );
});
