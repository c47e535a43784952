import { expect, test } from "vitest";
import { lateList } from "../../src/document/late.ts";

test("the items of a late list are made when they are asked for, and once", () => {
  let made = 0;
  const list = lateList(
    (function* () {
      while (made < 3) yield made++;
    })(),
  );
  expect([made, list.isWhole()]).toEqual([0, false]);
  expect(list.at(1)).toBe(1);
  expect([made, list.made]).toEqual([2, [0, 1]]);
  expect([[...list], [...list], list.at(3), list.isWhole(), made]).toEqual([[0, 1, 2], [0, 1, 2], undefined, true, 3]);
});

test("a list that is given whole has all its items from the first on", () => {
  const list = lateList(["a", "b"]);
  expect([list.made, list.isWhole(), list.at(1), list.at(2), [...list]]).toEqual([
    ["a", "b"],
    true,
    "b",
    undefined,
    ["a", "b"],
  ]);
});
