import { describe, expect, test, vi } from "vitest";
import { type Variant, variants } from "../deployment/variants.ts";
import { casesThat, runAgainst, storyOf } from "./run-against.ts";

// Each runs the whole suite against a deployment of its own.
vi.setConfig({ testTimeout: 120_000 });

test("verify passes the clean deployment", async () => {
  const report = await runAgainst({});
  expect(casesThat(report, "broken").map(storyOf)).toEqual([]);
  expect(report.summary.held).toBeGreaterThan(200);
});

describe.concurrent("verify passes a deployment that differs as the documentation lets it", () => {
  test.each(variants)("$id", async ({ id, behaviour, why }: Variant) => {
    const report = await runAgainst(behaviour, { realTime: id.startsWith("burst-") });
    expect(casesThat(report, "broken").map(storyOf), why).toEqual([]);
  });
});
