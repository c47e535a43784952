import { describe, expect, test } from "vitest";
import { linesOf, parseText } from "../../src/document/load.ts";
import { SpecError } from "../../src/document/spec-error.ts";

describe("a text is read as YAML 1.2 or JSON", () => {
  test.each<[string, string, unknown]>([
    ["YAML", "a: [1, b]\n", { a: [1, "b"] }],
    ["JSON", '{"a": [1, "b"]}', { a: [1, "b"] }],
    ["JSON behind a byte order mark", '\uFEFF{"a": 1}', { a: 1 }],
    ["YAML behind a byte order mark, with other line ends", "\uFEFFa: 1\r\nb: 2\r\n", { a: 1, b: 2 }],
    ["YAML that begins with a brace", "{a: 1, b: [2]} # so\n", { a: 1, b: [2] }],
    ["merge keys", "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n", { x: { a: 1, b: 2 }, y: { a: 1, b: 3 } }],
    ["statuses without quotes", "200: {a: 2024-01-15}\n", { 200: { a: "2024-01-15" } }],
    ["words that YAML 1.1 took for truth", "a: [no, on, y]\n", { a: ["no", "on", "y"] }],
  ])("%s", (_, text, value) => {
    expect(parseText(text, "a text")).toEqual(value);
  });

  test("an anchor may be used any number of times", () => {
    const lines = Array.from({ length: 500 }, (_, index) => `k${index}: *one\n`);
    expect(parseText(`one: &one {a: 1}\n${lines.join("")}`, "a text")).toMatchObject({ k499: { a: 1 } });
  });

  test("but not expand to what no memory holds", () => {
    const rows = Array.from(
      { length: 9 },
      (_, index) => `r${index + 1}: &r${index + 1} [${Array(9).fill(`*r${index}`)}]\n`,
    );
    expect(() => parseText(`r0: &r0 [x]\n${rows.join("")}`, "laughs.yaml")).toThrow(
      new SpecError("laughs.yaml has aliases that expand to more than 5000000 values."),
    );
  });

  test("and not hold itself", () => {
    expect(() => parseText("a: &a\n  b: *a\n", "loop.yaml")).toThrow(SpecError);
  });
});

describe("a broken text is named by its line and the reason", () => {
  test.each<[string, string, string, RegExp]>([
    [
      "YAML that is never closed",
      "open.yaml",
      "a: 1\nb: {c: 2\nd:\n",
      /^open\.yaml:[34]:\d+ is neither YAML nor JSON: ./,
    ],
    [
      "two members of one name",
      "twice.yaml",
      "a: 1\nb: 2\na: 3\n",
      /^twice\.yaml:3:1 is neither YAML nor JSON: .*unique/,
    ],
    ["JSON", "cut.json", '{\n  "a": 1,\n  "b" 2\n}', /^cut\.json:3:7 is no JSON/],
    ["JSON that only breaks off", "end.json", '{\n  "a": [1,', /^end\.json:2:11 is no JSON/],
    ["an alias of nothing", "none.yaml", "a: *b\n", /^none\.yaml.* is neither YAML nor JSON: .*\bb\b/],
  ])("%s", (_, name, text, message) => {
    expect(() => parseText(text, name)).toThrow(SpecError);
    expect(() => parseText(text, name)).toThrow(message);
  });
});

test("the line of a place is that of its name, or of what is nearest around it", () => {
  const line = linesOf("paths:\n  /a:\n    get:\n      tags:\n        - x\n        - y\n  200: z\n");
  expect(line([])).toBe(1);
  expect(line(["paths", "/a", "get"])).toBe(3);
  expect(line(["paths", "/a", "get", "tags", 1])).toBe(6);
  expect(line(["paths", "/a", "post", "tags"])).toBe(2);
  expect(line(["paths", "200"])).toBe(7);
});
