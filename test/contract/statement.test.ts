import { expect, test } from "vitest";
import { cases, statements } from "../../contracts/index.ts";
import { decide, mismatches, type Statement } from "../../src/contract/statement.ts";

test("every written case belongs to a statement, and every statement names cases that there are", () => {
  expect(mismatches(statements, cases)).toEqual([]);
});

test("a statement without cases says why nobody can see it", () => {
  const empty = statements.filter((statement) => statement.cases.length === 0);
  expect(empty.filter(({ hidden }) => !hidden)).toEqual([]);
});

test("a name that no case has, and a case that no statement names, are both told", () => {
  const given: Statement[] = [{ text: "It rains.", basis: "documented", cases: ["rain/*", "snow/deep"] }];
  expect(mismatches(given, [{ id: "rain/cats" }, { id: "hail/stones" }])).toEqual(["hail/stones", "snow/deep"]);
});

test("a statement is found as its worst case is, and not decided where none of its cases was", () => {
  const text = "It rains.";
  const given: Statement[] = [
    { text, basis: "documented", cases: ["rain/*"] },
    { text, basis: "assumed", cases: ["rain/cats"] },
    { text, basis: "inferred", cases: ["snow/*"], hidden: "it is summer" },
  ];
  const results = [
    { id: "rain/cats", outcome: "skipped" },
    { id: "rain/dogs", outcome: "differs" },
    { id: "rain/frogs", outcome: "held" },
  ] as const;
  expect(decide(given, results)).toEqual([
    { text, basis: "documented", outcome: "differs", cases: results },
    { text, basis: "assumed", outcome: "skipped", cases: results.slice(0, 1) },
    { text, basis: "inferred", outcome: "skipped", cases: [], hidden: "it is summer" },
  ]);
});
