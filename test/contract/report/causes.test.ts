import { describe, expect, test } from "vitest";
import type { Finding } from "../../../src/contract/findings.ts";
import { causesOf, isShared } from "../../../src/contract/report/causes.ts";
import type { RecordedExchange } from "../../../src/contract/report/report.ts";
import { result } from "./sample-report.ts";

function violation(given: Partial<Finding>): Finding {
  return {
    ...{
      message: "the answer does not match the document",
      at: "body.colour",
      expected: 'a string that matches "^[A-Z]"',
    },
    ...{
      keyword: "pattern",
      received: "red",
      place: "/components/schemas/Colour/pattern",
      curl: "",
      weight: "differs",
    },
    ...given,
  };
}

function expectation(given: Partial<Finding>): Finding {
  return { message: "colour is not as it should be", at: "colour", curl: "", weight: "broken", ...given };
}

const broken = (id: string, ...findings: Finding[]) => result(id, { outcome: "broken", findings });

/** Each cause as what it says and the cases that it has. */
const told = (...cases: ReturnType<typeof result>[]) =>
  causesOf({ cases }).list.map(({ what, cases }) => [what, cases.map(({ id }) => id)]);

describe("the causes of what was found", () => {
  test("are one for a keyword, wherever and in whatever value it is broken", () => {
    const cases = [
      broken("a/one", violation({})),
      broken(
        "a/two",
        violation({ at: "body.items.3.colour", received: "blue" }),
        violation({ at: "body.items.4.colour" }),
      ),
    ];
    expect(told(...cases)).toEqual([['colour should be a string that matches "^[A-Z]"', ["a/one", "a/two"]]]);
    expect(causesOf({ cases }).list[0]).toMatchObject({ count: 3, place: "/components/schemas/Colour/pattern" });
  });

  test("are one for each member that is missing of an object", () => {
    const required = {
      keyword: "required",
      expected: "present",
      received: undefined,
      place: "/components/schemas/Pet/required",
    };
    const missing = (name: string) => violation({ ...required, at: `body.${name}` });
    expect(told(broken("a/one", missing("name"), missing("kind")), broken("a/two", missing("kind")))).toEqual([
      ["body.kind should be present", ["a/one", "a/two"]],
      ["body.name should be present", ["a/one"]],
    ]);
  });

  test("are one for a status that no operation declares", () => {
    const status = (received: number, operation: string) => {
      const { place: _, ...rest } = violation({ at: "status", keyword: "declared", received });
      return { ...rest, expected: `one that the document declares for ${operation}: 200, 404` };
    };
    expect(
      told(broken("a/one", status(410, "x")), broken("a/two", status(410, "y")), broken("a/c", status(418, "y"))),
    ).toEqual([
      ["it answers 410, which the document does not declare", ["a/one", "a/two"]],
      ["it answers 418, which the document does not declare", ["a/c"]],
    ]);
  });

  test("take in what a case expects otherwise of the same wrong value, and are as weighty as that", () => {
    const { place: _, ...gone } = violation({ at: "status", keyword: "declared", expected: "declared", received: 410 });
    const cases = [
      broken("a/one", violation({}), expectation({ expected: "RED", received: "red" })),
      broken(
        "a/two",
        gone,
        expectation({ message: "should be refused with 404", at: "status", expected: 404, received: "410 {}" }),
      ),
      broken("a/other-value", violation({}), expectation({ expected: "RED", received: "blue" })),
    ];
    expect(causesOf({ cases }).list.map(({ count, weight, cases }) => [count, weight, cases.length])).toEqual([
      [1, "broken", 1],
      [3, "broken", 2],
      [2, "broken", 1],
    ]);
  });

  test("are one for the same sentence of many cases, but for the status that it speaks of", () => {
    const refused = (received: string) =>
      expectation({ message: "should be refused", at: "status", expected: "4xx", received });
    expect(
      told(broken("a/one", refused("200 {1}")), broken("a/two", refused("200 {2}")), broken("a/c", refused("201 "))),
    ).toEqual([
      ["should be refused; it was answered 200", ["a/one", "a/two"]],
      ["should be refused; it was answered 201", ["a/c"]],
    ]);
  });

  test("do not depend on the paths and identifiers of single requests", () => {
    const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    expect(
      told(
        broken("a/one", expectation({ message: `GET /pets/1?x=2 fails with ${id}` })),
        broken("a/two", expectation({ message: `GET /pets/2 fails with ${id.replaceAll("0", "1")}` })),
      ),
    ).toEqual([["GET ... fails with ...", ["a/one", "a/two"]]]);
  });

  test("are of broken and differing cases alone, the weighty first, then those of many cases", () => {
    const wrong = (message: string, weight: Finding["weight"] = "broken") => expectation({ message, weight });
    const known = result("a/known", { outcome: "deviates", findings: [wrong("known")] });
    const differs = ["d", "e", "f"].map((name) =>
      result(`a/${name}`, { outcome: "differs", findings: [wrong("open", "differs")] }),
    );
    const cases = [
      known,
      ...differs,
      broken("a/b", wrong("rare")),
      broken("a/g", wrong("often")),
      broken("a/h", wrong("often")),
    ];
    const { list, ofCase } = causesOf({ cases });
    expect(list.map(({ what }) => what)).toEqual(["often", "rare", "open"]);
    expect(list.map(isShared)).toEqual([true, false, true]);
    expect(ofCase(known)).toEqual([]);
    expect(ofCase(differs[0]!)).toEqual([list[2]]);
  });

  test("are folded by kind and operations where generated cases alone have found them, the worst kind first", () => {
    const generated = (id: string, operation: string, finding: Finding) => ({
      ...broken(id, { ...finding, curl: id }),
      operation,
      exchanges: [{ operationId: operation, curl: id } as RecordedExchange],
    });
    const accepted = (at: string) => violation({ at, place: `/in/${at}`, expected: "4xx", received: "200 to 1" });
    const status = (received: number) => violation({ at: "status", keyword: "declared", place: undefined!, received });
    const missing = (at: string) => violation({ at, place: `/${at}/required`, expected: "present" });
    const cases = [
      generated("g/one", "a", missing("body.name")),
      generated("g/two", "a", missing("body.kind")),
      ...["query.a", "query.b", "query.c", "query.d"].map((at) => generated(`g/${at}`, "a", accepted(at))),
      generated("g/other", "b", accepted("query.z")),
      generated("g/500", "a", status(500)),
      generated("g/503", "a", status(503)),
      generated("g/404", "a", status(404)),
    ];
    const { list, of } = causesOf({ cases });
    expect(list.map(({ kind, what, operations, cases }) => [kind, what, operations, cases.length])).toEqual([
      ["failed", "it fails with 500, 503", ["a"], 2],
      ["accepted", "requests are accepted that break the document, at query.a, query.b, query.c and 1 more", ["a"], 4],
      ["accepted", "the answer does not match the document", ["b"], 1],
      [
        "shape",
        "answers are not as the document describes them: body.name should be present; body.kind should be present",
        ["a"],
        2,
      ],
      ["undeclared", "it answers 404, which the document does not declare", ["a"], 1],
    ]);
    expect(of(cases[0]!.findings[0]!)).toBe(of(cases[1]!.findings[0]!));
    const written = cases.map(({ operation: _, ...item }) => item);
    expect(causesOf({ cases: written }).list).toHaveLength(10);
  });

  test("have the same id in every run, whatever it received", () => {
    const idOf = (finding: Finding) => causesOf({ cases: [broken("a/one", finding)] }).list[0]!.id;
    expect(idOf(violation({ received: "a" }))).toBe(idOf(violation({ received: "b" })));
    expect(idOf(violation({}))).not.toBe(idOf(expectation({})));
    expect(idOf(violation({}))).toMatch(/^[\da-f]{8}$/);
  });

  test("name the operations that showed them", () => {
    const exchange = { operationId: "getPet", curl: "curl 1" } as RecordedExchange;
    const cases = [{ ...broken("a/one", violation({ curl: "curl 1" })), exchanges: [exchange] }];
    expect(causesOf({ cases }).list[0]?.operations).toEqual(["getPet"]);
  });
});
