import { describe, expect, test } from "vitest";
import { jsonAnswer } from "../../src/document/answer.ts";
import { jsonOf } from "../../src/document/exact.ts";
import { parseText } from "../../src/document/load.ts";
import { parseSpec } from "../../src/document/spec.ts";

describe("an integer of a document is written to its last digit", () => {
  test.each([
    ["JSON", '{"id":9223372036854775807,"list":[-9007199254740993,1],"text":"9223372036854775807"}'],
    [
      "JSON with a fraction and an exponent",
      '{"a":12345678901234567.5,"b":12345678901234567e3,"c":0.12345678901234567891,"d":1e-7}',
    ],
    ["JSON with brackets in a text", '{"a":"[1234567890123456789] \\" 1234567890123456789","b":1234567890123456789}'],
  ])("of %s", (_, text) => {
    const value = parseText(text, "a text");
    expect(value).toEqual(JSON.parse(text));
    const exact = text.includes("e3") ? JSON.stringify(JSON.parse(text)) : text;
    expect(jsonOf(value)).toBe(exact);
  });

  test("of YAML, whatever anchors it has", () => {
    const value = parseText("a: &a {id: 9223372036854775807}\nb: *a\n9223372036854775807: 1\n", "a text");
    expect(jsonOf(value)).toContain('"a":{"id":9223372036854775807},"b":{"id":9223372036854775807}');
    expect(value).toMatchObject({ a: { id: 2 ** 63 } });
  });

  test("so that an example is answered as it stands there", () => {
    const get =
      'get: {responses: {200: {description: "", content: {application/json: {example: {id: 9223372036854775807}}}}}}';
    const { operations, document } = parseSpec(`openapi: 3.0.3\ninfo: {}\npaths: {/x: {${get}}}\n`);
    const [example] = operations[0]!.responses.get("200")!.content.get("application/json")!.examples;
    expect(jsonAnswer(200, example).body).toBe('{"id":9223372036854775807}');
    expect(jsonOf(document)).toContain('{"id":9223372036854775807}');
  });

  test("and a value that was changed is written as it is", () => {
    const value = parseText('{"id":9223372036854775807}', "a text") as { id: number };
    expect(jsonOf({ ...value })).toBe('{"id":9223372036854776000}');
    value.id = 7;
    expect(jsonOf(value)).toBe('{"id":7}');
    expect(jsonOf({ a: undefined, b: () => 1 })).toBe("{}");
    expect(jsonOf("\u0000integer:1")).toBe('"\\u0000integer:1"');
  });
});
