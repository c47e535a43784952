import { describe, expect, test } from "vitest";
import { compare } from "../../../src/document/diff/diff.ts";
import type { JsonObject } from "../../../src/document/spec.ts";
import { narrowings, notApplicable, places, table } from "./oasdiff.ts";

function verdict(was: unknown, is: unknown): string {
  const changes = compare(was as JsonObject, structuredClone(is) as JsonObject);
  if (changes.length === 0) return "same";
  return changes.some(({ breaking }) => breaking) ? "breaking" : "harmless";
}

describe("what another differ checks", () => {
  const numbered = table.map((row, index) => ({ ...row, name: `${row.id} (${index})` }));

  test.each(numbered)("$name", ({ was, is, ours }) => {
    expect(verdict(was, is)).toBe(ours);
    expect([verdict(was, was), verdict(is, is)]).toEqual(["same", "same"]);
  });

  test("a reason stands where we disagree, and nowhere else", () => {
    const odd = table.filter(({ level, ours, because }) => {
      const agreed = (level === "INFO") === (ours !== "breaking");
      return agreed !== (because === undefined);
    });
    expect(odd.map(({ id }) => id)).toEqual([]);
  });

  test("each check is either in the table or told why it is not", () => {
    const [here, away] = [new Set(table.map(({ id }) => id)), Object.values(notApplicable).flat()];
    expect(away.filter((id) => here.has(id))).toEqual([]);
    expect(new Set(away).size).toBe(away.length);
    expect(here.size + away.length).toBe(509);
  });
});

describe("a narrower schema", () => {
  test.each(narrowings.map(([wide, narrow]) => [JSON.stringify(narrow), wide, narrow] as const))(
    "%s",
    (_, wide, narrow) => {
      const { request, answer } = places;
      expect({
        request: verdict(request(wide), request(narrow)),
        "request, undone": verdict(request(narrow), request(wide)),
        answer: verdict(answer(wide), answer(narrow)),
        "answer, undone": verdict(answer(narrow), answer(wide)),
      }).toEqual({
        request: "breaking",
        "request, undone": "harmless",
        answer: "harmless",
        "answer, undone": "breaking",
      });
    },
  );
});
