import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { createAlternatives } from "../../src/document/schema.ts";
import { toXml } from "../../src/document/xml.ts";
import { parseSpec } from "../../src/index.ts";
import { testMock } from "../mock.ts";

const alternatives = createAlternatives({
  components: { schemas: { Pet: { type: "object", properties: { name: { type: "string" } } } } },
});
const head = '<?xml version="1.0" encoding="UTF-8"?>';

describe("a value as XML", () => {
  test.each<[string, unknown, object, string]>([
    ["is called by its schema", { name: "Rex" }, { $ref: "#/components/schemas/Pet" }, "<Pet><name>Rex</name></Pet>"],
    ["is called as its schema wishes", { a: 1 }, { type: "object", xml: { name: "pet" } }, "<pet><a>1</a></pet>"],
    [
      "has attributes",
      { id: 'a"b', a: true },
      { type: "object", properties: { id: { type: "string", xml: { attribute: true } } } },
      '<response id="a&quot;b"><a>true</a></response>',
    ],
    [
      "repeats the items of a list",
      { tags: ["a", "b"] },
      { type: "object", properties: { tags: { type: "array", items: { type: "string", xml: { name: "tag" } } } } },
      "<response><tag>a</tag><tag>b</tag></response>",
    ],
    [
      "wraps the items of a list",
      { tags: ["a"] },
      {
        type: "object",
        properties: {
          tags: { type: "array", xml: { wrapped: true, name: "all" }, items: { type: "string", xml: { name: "tag" } } },
        },
      },
      "<response><all><tag>a</tag></all></response>",
    ],
    [
      "has a namespace",
      { a: null },
      { type: "object", xml: { name: "pet", prefix: "p", namespace: "http://example.com/p" } },
      '<p:pet xmlns:p="http://example.com/p"><a></a></p:pet>',
    ],
    ["is escaped", { "a b": "<&>" }, { type: "object" }, "<response><a_b>&lt;&amp;&gt;</a_b></response>"],
    [
      "is one element, though it is a list",
      [1, 2],
      { type: "array" },
      "<response><response>1</response><response>2</response></response>",
    ],
  ])("%s", (_, value, schema, text) => {
    expect(toXml(value, schema, alternatives)).toBe(head + text);
    expect(XMLValidator.validate(head + text)).toBe(true);
  });
});

test("an operation that answers XML alone is answered with it", async () => {
  const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
paths:
  /pet:
    get:
      responses:
        "200": { description: One., content: { application/xml: { schema: { type: object, required: [id], properties: { id: { type: integer, minimum: 7, maximum: 7 } }, xml: { name: pet } } } } }
`);
  const { status, headers, text } = await testMock({ spec }).call("GET", "/pet");
  expect([status, headers.get("Content-Type")]).toEqual([200, "application/xml"]);
  expect(new XMLParser().parse(text)).toMatchObject({ pet: { id: 7 } });
});
