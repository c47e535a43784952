import { describe, expect, test, vi } from "vitest";
import type { ConnectCase } from "../../contracts/index.ts";
import { type Variant, variants } from "../deployment/variants.ts";
import { casesThat, runAgainst, storyOf } from "./run-against.ts";
import { numberOf, quarterOf, suites } from "./suites.ts";

// Each runs the whole suite against a deployment of its own.
vi.setConfig({ testTimeout: 300_000 });

test("verify passes the clean deployment", async () => {
  const report = await runAgainst({});
  expect(casesThat(report, "broken").map(storyOf)).toEqual([]);
  expect(report.summary.held).toBeGreaterThan(200);
});

describe.concurrent("verify passes a deployment that differs as the documentation lets it", () => {
  test.each(variants)("$id", async ({ id, behaviour, why }: Variant) => {
    const report = await runAgainst(behaviour, { cases: casesFor(id), realTime: id.startsWith("burst-") });
    expect(casesThat(report, "broken").map(storyOf), why).toEqual([]);
  });
});

/** What follows from the document is played in turns, for it is much; `npm run mutants` plays all of it, with ten seeds. */
function casesFor(id: string): readonly ConnectCase[] {
  const written = suites.written();
  if (/^(burst|slow)-/.test(id)) return written;
  const number = numberOf(id);
  const turns = [...suites.generated(number), ...suites.idempotency(number)];
  return [...written, ...quarterOf(turns, number), ...suites.model(11)];
}
