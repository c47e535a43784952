import { expect, test } from "vitest";
import { brokenAt } from "../../src/document/broken-json.ts";

// The bar stands where the text stops being JSON.
test.each([
  "|",
  "  |",
  "|x",
  "{|",
  '{"a"|',
  '{"a" |1}',
  '{"a":|}',
  '{"a":1|',
  '{"a":1 |"b":2}',
  '{"a":1,|}',
  '{"a":1}|}',
  "{|a:1}",
  "{|'a':1}",
  "[1|",
  "[1,|]",
  "[|,1]",
  "[1 |2]",
  "[1|}",
  '{"a":[1,{"b":null}|}',
  '{"a": |"breaks off',
  '[|"a bad \\x escape"]',
  '[|"a line\nbreak"]',
  "[0|1]",
  "[1|.]",
  "[|-]",
  "[|tru]",
  "[|NaN]",
  '[true,false,null,-1.5e+3,"\\u00e9\\n",{},[]|',
  "1 |1",
])("%s", (marked) => {
  const json = marked.replace("|", "");
  expect(() => JSON.parse(json)).toThrow(SyntaxError);
  expect(brokenAt(json)).toBe(marked.indexOf("|"));
});

test.each([
  ["brackets", `["${"a".repeat(500_000)}",${"[".repeat(500_000)}`, 1_000_004],
  ["a string that does not end", `["${"a".repeat(1_000_000)}`, 1],
  ["escapes", `["${"\\\\".repeat(500_000)}`, 1],
])("a megabyte of %s costs neither the stack nor much time", (_, long, position) => {
  const start = performance.now();
  expect(brokenAt(long)).toBe(position);
  expect(performance.now() - start).toBeLessThan(2000);
});
