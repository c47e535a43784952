import { describe, expect, test } from "vitest";
import type { CaseResult } from "../../../src/contract/report/report.ts";
import { createProgress, describeRun } from "../../../src/contract/report/terminal.ts";
import { lateList } from "../../../src/document/late.ts";
import { reportOf, result, results } from "./sample-report.ts";

describe("the story of a run", () => {
  test("tells of what broke and differs, what was not decided and why, and the verdict", () => {
    expect(describeRun(reportOf(results), { color: false })).toMatchInlineSnapshot(`
      "✗ Title of billing/broken
        billing/broken, documented: Claim of billing/broken
        status is not as it should be
          expected  409
          received  200
          curl -sS -i -X PUT 'http://target.example/customers/cus-1/billing' -H 'X-API-Key: '"$CONNECT_API_KEY"
        the <target> failed & said "no"

      ≠ Title of billing/differs
        billing/differs, assumed: Claim of billing/differs
        billing is not as it should be
          expected  {"method":"EMAIL_INVOICE"}
          received  (absent)
          curl -sS -i -X PUT 'http://target.example/customers/cus-1/billing' -H 'X-API-Key: '"$CONNECT_API_KEY"

      Not decided:
        - the target has no clock that can be moved: idempotency/no-clock, idempotency/no-clock-either
        - no second API key is known: idempotency/no-key

      http://target.example does not conform to Connect API 0.1.0.
      6 cases: 1 held, 1 broken, 1 differs, 3 skipped; 37 requests in 4.2 s
      "
    `);
  });

  test("says of how many cases its verdict speaks", () => {
    const skipped = result("a/two", { outcome: "skipped", reason: "no clock" });
    const story = (cases: CaseResult[]) => describeRun(reportOf(cases), { color: false });
    expect(story([result("a/one"), skipped])).toContain("conforms to Connect API 0.1.0, as far as 1 of 2 cases tell.");
    expect(story([skipped])).toContain("No case could be decided; this says nothing of the target.");
  });

  test("tells once what is so of many operations", () => {
    const skipped = (id: string, operation: string) =>
      result(id, { outcome: "skipped", operation, reason: `no request of ${operation} is accepted, a target of it` });
    const story = describeRun(reportOf([skipped("g/one", "a"), skipped("g/two", "b")]), { color: false });
    expect(story).toContain("  - no request of an operation is accepted, an operation target of it: g/one\n");
    expect(story).toContain("  - no request of an operation is accepted, a target of it: g/two\n");
  });

  test("keeps what a target answers from moving the cursor", () => {
    const findings = [{ message: "wrong", received: "\u001b[2J\u0007", curl: "", weight: "broken" as const }];
    const story = describeRun(reportOf([result("a/one", { outcome: "broken", findings })]), { color: false });
    expect(story).toContain("received  \\u001b[2J\\u0007");
  });

  test("of a target that conforms is its verdict", () => {
    expect(describeRun(reportOf([result("billing/held")]), { color: false })).toMatchInlineSnapshot(`
      "http://target.example conforms to Connect API 0.1.0.
      1 case: 1 held; 37 requests in 4.2 s
      "
    `);
  });

  test("says that what differs is left open, unless it decides", () => {
    const differing = results.filter(({ outcome }) => outcome === "differs");
    expect(describeRun(reportOf(differing), { color: false })).toContain(
      "http://target.example conforms to Connect API 0.1.0. What differs is left open by the reference; --strict counts it.\n",
    );
    expect(describeRun(reportOf(differing, { strict: true }), { color: false })).toContain(
      "http://target.example does not conform to Connect API 0.1.0.\n",
    );
  });

  test("says what was left behind", () => {
    const leftBehind = { message: "Customer cus-1 had no billing before the run.", irremovable: true };
    expect(describeRun(reportOf([result("billing/held")], { leftBehind }), { color: false })).toMatch(
      /^Customer cus-1 had no billing before the run\.\n\nhttp:/,
    );
  });

  test("cuts what is very long", () => {
    const long = "x".repeat(2_000);
    const finding = {
      message: "m",
      expected: long,
      received: { long },
      curl: `curl ${long}`,
      weight: "broken" as const,
    };
    const story = describeRun(reportOf([result("billing/long", { outcome: "broken", findings: [finding] })]), {
      color: false,
    });
    expect(Math.max(...story.split("\n").map((line) => line.length))).toBeLessThan(650);
  });

  test("tells a cause of many cases once, then the cases with a cause of their own", () => {
    const common = {
      ...{ message: "the answer does not match", at: "body.colour", keyword: "pattern", expected: "a capital" },
      ...{ received: "red", place: "/components/schemas/Colour/pattern", curl: "curl 1", weight: "broken" as const },
    };
    const own = { message: "one is two", curl: "", weight: "broken" as const };
    const names = ["a", "b", "c", "d", "e"];
    const many = names.map((name) => result(`paint/${name}`, { outcome: "broken", findings: [common] }));
    const both = result("paint/both", { outcome: "broken", findings: [common, own] });
    expect(describeRun(reportOf([...many, both]), { color: false })).toMatchInlineSnapshot(`
      "✗ 6 cases: body.colour should be a capital
        document  #/components/schemas/Colour/pattern
        Title of paint/a (paint/a)
        Title of paint/b (paint/b)
        Title of paint/c (paint/c)
        and 3 more
          expected  a capital
          received  red
          curl 1

      ✗ Title of paint/both
        paint/both, documented: Claim of paint/both
        one is two
        and what a cause above says

      http://target.example does not conform to Connect API 0.1.0.
      6 cases: 6 broken; 37 requests in 4.2 s
      "
    `);
  });

  test("is of a bounded length, and says what it leaves out and how to see it", () => {
    const wrong = (message: string) => ({
      message,
      received: "x".repeat(5_000),
      curl: "c".repeat(5_000),
      weight: "broken" as const,
    });
    const cases = Array.from({ length: 900 }, (_, n) =>
      result(`a/n-${n}`, {
        outcome: "broken",
        findings: [wrong(`own ${n}`), ...Array.from({ length: 9 }, (_, m) => wrong(`shared ${n % 50} ${m}`))],
      }),
    );
    const skipped = Array.from({ length: 900 }, (_, n) =>
      result(`b/n-${n}`, { outcome: "skipped", reason: `${n % 100}` }),
    );
    const story = describeRun(reportOf([...cases, ...skipped], { seed: 7 }), { color: false });
    expect(story.split("\n").length).toBeLessThan(400);
    expect(story.length).toBeLessThan(100_000);
    expect(story).toContain(
      "And 430 more causes, 880 more cases with a cause of their own. understudy verify --filter ID --seed 7 runs one case again",
    );
    expect(story).toContain("and 80 more");
  });

  test("is painted only where that is wanted", () => {
    expect(describeRun(reportOf(results), { color: false })).not.toContain("\u001b");
    expect(describeRun(reportOf(results), { color: true })).toContain("\u001b[31m✗ Title of billing/broken\u001b[39m");
  });
});

describe("the progress of a run", () => {
  function progressOf(cases: readonly CaseResult[], terminal: { isTTY?: boolean; columns?: number } = {}): string {
    let text = "";
    const progress = createProgress(
      { ...terminal, write: (part) => (text += part) },
      { color: false, cases: lateList(cases), operations: 0 },
    );
    for (const item of cases) progress.onCase(item);
    progress.end();
    return text;
  }

  test("is a line for each topic, with a sign for each case", () => {
    expect(progressOf([...results, result("idempotency/known", { outcome: "deviates" })])).toMatchInlineSnapshot(`
      "  billing           ✓✗≠  1 held, 1 broken, 1 differs
        idempotency       ---~  1 deviates, 3 skipped
      "
    `);
  });

  test("breaks a long line", () => {
    const many = Array.from({ length: 120 }, (_, n) => result(`billing/n-${n}`));
    expect(progressOf(many)).toMatchInlineSnapshot(`
      "  billing           ✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓
                          ✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓
                          ✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓  120 held
      "
    `);
  });

  test("of very many cases is cut", () => {
    const many = progressOf(Array.from({ length: 5_000 }, (_, n) => result(`a/n-${n}`)))
      .trimEnd()
      .split("\n");
    expect(many).toHaveLength(13);
    expect(many.at(-1)?.trim()).toBe("...  5000 held");
  });

  test("says how much time is left, once that can be told and is worth it", () => {
    let [time, text] = [0, ""];
    const terminal = { isTTY: true, columns: 80, write: (part: string) => (text = part) };
    const progress = createProgress(terminal, {
      color: false,
      cases: lateList(Array(100)),
      operations: 0,
      now: () => time,
    });
    const after = (ms: number) => {
      time += ms;
      progress.onCase(result("billing/n"));
      return /of 100(.*?) {2}/.exec(text)?.[1];
    };
    expect([after(1_000), after(1_000), after(10_000)]).toEqual(["", ", about 2 min left", ", about 6 min left"]);
    for (let n = 0; n < 40; n++) after(0);
    expect(after(0)).toBe(", about 20 s left");
    for (let n = 0; n < 40; n++) after(0);
    expect(after(0)).toBe("");
  });

  test("says how far it is by operations as long as not all cases are made", () => {
    let [time, text] = [0, ""];
    const terminal = { isTTY: true, write: (part: string) => (text = part) };
    const cases = lateList(new Set(["a", "b", "c"]));
    const progress = createProgress(terminal, { color: false, cases, operations: 5, now: () => time });
    progress.onCase(result("billing/a"));
    expect(text).toContain("  1 cases  Title");
    for (const operation of ["one", "two"]) {
      time += 20_000;
      progress.onCase({ ...result("generated/a"), operation });
    }
    expect(text).toContain("  3 cases, operation 2 of 5, about 80 s left  Title");
  });

  test("says what it waits for, on a line of its own", () => {
    const written: string[] = [];
    const terminal = { isTTY: true, write: (part: string) => written.push(part) };
    createProgress(terminal, { color: false, cases: lateList([]), operations: 0 }).onWait(
      "Waiting 58 s: the target limits requests",
    );
    expect(written.join("")).toBe("\r\u001B[2K  Waiting 58 s: the target limits requests\n");
  });

  test("of no cases is nothing", () => {
    expect(progressOf([])).toBe("");
  });

  test("shows the case under way on a terminal, cut to its width, and wipes it away", () => {
    const shown = progressOf([result("billing/a"), result("billing/b")], { isTTY: true, columns: 24 });
    expect(shown).toBe(
      "\r\u001b[2K  1 of 2  Title of bill\r\u001b[2K  2 of 2  Title of bill\r\u001b[2K  billing           ✓✓  2 held\n",
    );
  });
});
