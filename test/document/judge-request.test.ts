import { describe, expect, test } from "vitest";
import { createRequestJudge } from "../../src/document/judge-request.ts";
import { parseSpec } from "../../src/document/spec.ts";

/** What a document with one query parameter of this schema reads, and what it finds wrong. */
function read(schema: string, texts: string[]) {
  const { operations } = parseSpec(`
openapi: 3.1.0
info: { title: Tags, version: "1" }
components: { schemas: { Tag: { type: string }, Tags: { type: array, items: { $ref: "#/components/schemas/Tag" } } } }
paths:
  /tags:
    get:
      parameters: [{ name: tag, in: query, schema: ${schema} }]
      responses: { "204": { description: None. } }
`);
  const nothing = () => undefined;
  const received = { path: nothing, query: () => texts[0], queries: () => texts, header: nothing };
  const { query, violations } = createRequestJudge(operations[0]!)(received, Buffer.alloc(0));
  return { value: query.tag, wrong: violations.map(({ at, keyword }) => `${at} ${keyword}`) };
}

describe("the items of a query parameter are read as their schema speaks of them", () => {
  test.each([
    ["{ type: array, items: { type: string } }", ["1", "true", "a"]],
    ["{ type: [array, 'null'], items: { type: [string, 'null'] } }", ["1", "true", "a"]],
    ["{ $ref: '#/components/schemas/Tags' }", ["1", "true", "a"]],
    ["{ oneOf: [{ type: array, items: { anyOf: [{ type: string }] } }, { type: 'null' }] }", ["1", "true", "a"]],
    ["{ type: array }", ["1", "true", "a"]],
    ["{ type: array, items: { type: integer } }", [1, 20]],
    ["{ type: array, items: { type: boolean } }", [true, false]],
    ["{ type: array, items: { oneOf: [{ type: number }, { type: boolean }] } }", [1.5, true]],
  ])("%s", (schema, value) => {
    expect(read(schema, value.map(String))).toEqual({ value, wrong: [] });
  });

  test("and one that is no such value stays text, for the schema to refuse", () => {
    const { value, wrong } = read("{ type: array, items: { type: integer } }", ["1", "one"]);
    expect(value).toEqual([1, "one"]);
    expect(wrong).toEqual(["query.tag.1 type"]);
  });
});
