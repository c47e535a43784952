import { expect, test } from "vitest";
import { stepsOf } from "../../src/document/pattern.ts";

test.each<[string, number]>([
  ["^a*$", 100],
  ["a*", 10_000],
  ["^a*b*c*$", 1_000_000],
  // Of two branches only one is gone through at a time.
  ["^(a*b|b*a)$", 100],
  ["(x[\\s\\S]*?y|y[\\s\\S]*?x)", 10_000],
  ["^(?:(?:a*|b)c*|d*)$", 10_000],
  ["^[|(]*$", 100],
  ["^(a+)+$", 2 ** 60],
  ["^(a|aa)+$", 2 ** 60],
  ["^((a?)b)+$", 2 ** 60],
])("the steps that a text of 100 letters may cost by %s", (source, steps) => {
  expect(stepsOf(source)(100)).toBe(steps);
});
