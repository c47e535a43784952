import { expect, test } from "vitest";
import { deepest, isTooDeep, isTooLarge, parseJson } from "../../src/document/json.ts";

const lists = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

test.each<[string, string, boolean]>([
  ["as many lists as there may be", lists(deepest), false],
  ["one list more", lists(deepest + 1), true],
  ["as many objects", objects(deepest), false],
  ["one object more", objects(deepest + 1), true],
  ["lists that never end", "[".repeat(200_000), true],
  ["lists beside each other", `[${Array.from({ length: 900 }, () => "[]").join()}]`, false],
  ["brackets in a text", JSON.stringify("[{".repeat(900)), false],
  ["brackets behind a quote in a text", JSON.stringify(`"${"[".repeat(900)}\\`), false],
  ["brackets in a text that never ends", `"${"[".repeat(900)}`, false],
  ["brackets behind a text that ends with a backslash", `["\\\\",${lists(deepest)}]`, true],
])("%s", (_, text, isDeep) => {
  expect(isTooDeep(text)).toBe(isDeep);
  if (isDeep) expect(() => parseJson(text)).toThrow(SyntaxError);
});

test("what is read of such a text is what JSON has in it", () => {
  expect(parseJson(objects(deepest))).toEqual(JSON.parse(objects(deepest)));
});

test.each<[string, boolean]>([
  ["1e999", true],
  ["-1E+400", true],
  [`{"a":[1,{"b":${"9".repeat(400)}}]}`, true],
  ["[1.7976931348623157e308]", false],
  ["1e-999", false],
  [`["1e999 ${"9".repeat(400)}"]`, false],
])("whether %s holds a number beyond all numbers: %s", (text, isBeyond) => {
  expect(isTooLarge(text, JSON.parse(text))).toBe(isBeyond);
  if (isBeyond) expect(() => parseJson(text)).toThrow("a number beyond all numbers");
});
