import fc from "fast-check";
import { expect, test } from "vitest";
import { diffLines, linesOf } from "../../../src/contract/report/line-diff.ts";

const shown = (expected: unknown, received: unknown) =>
  diffLines(linesOf(expected), linesOf(received)).map(({ sign, text }) => sign + text);

test.each([
  ["values", 409, 200, ["-409", "+200"]],
  ["a member", { a: 1, b: 2 }, { a: 1, b: 3 }, [" {", '   "a": 1,', '-  "b": 2', '+  "b": 3', " }"]],
  ["a member that is missing", [1], [], ["-[", "-  1", "-]", "+[]"]],
  ["equal values", { a: 1 }, { a: 1 }, [" {", '   "a": 1', " }"]],
  ["nothing", undefined, "text", ["-(absent)", "+text"]],
])("a difference of %s is told by lines", (_, expected, received, lines) => {
  expect(shown(expected, received)).toEqual(lines);
});

test("both texts can be read back from any difference", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "{", "}"), { maxLength: 12 });
  fc.assert(
    fc.property(text, text, (expected, received) => {
      const lines = diffLines(expected, received);
      const without = (sign: string) => lines.filter((line) => line.sign !== sign).map((line) => line.text);
      expect([without("+"), without("-")]).toEqual([expected, received]);
    }),
  );
});

test("texts of very many lines are laid side by side, in no time", () => {
  const many = Array.from({ length: 2_000 }, (_, n) => `${n}`);
  expect(diffLines(many, many)).toHaveLength(4_000);
});
