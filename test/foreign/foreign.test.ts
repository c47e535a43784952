import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { verify } from "../../src/commands/connect-verify.ts";
import type { Report } from "../../src/contract.ts";
import { loadSpec } from "../../src/document/spec.ts";
import { createDepot, token } from "./depot.ts";
import { type Fault, faults } from "./faults.ts";

vi.setConfig({ testTimeout: 60_000 });

const spec = loadSpec(fileURLToPath(new URL("depot.openapi.yaml", import.meta.url)));

/** The longest that a run against the depot may take, in milliseconds. */
const longest = 5_000;

/** What a run against the depot finds broken, a line each. */
async function brokenIn(fault: Fault | undefined, seed: number): Promise<readonly string[]> {
  const depot = createDepot(fault);
  const report: Report = await verify({
    spec,
    fetch: depot,
    target: "http://depot.test/v2",
    apiKey: token,
    allowLeftovers: true,
    generated: { seed },
  });
  expect(report.durationMs).toBeLessThan(longest);
  return report.cases
    .filter(({ outcome }) => outcome === "broken")
    .map(({ id, findings }) => `${id}: ${findings.find(({ weight }) => weight === "broken")?.message}`);
}

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
  "with seed %i nothing is broken in a depot without a fault",
  async (seed) => {
    expect(await brokenIn(undefined, seed)).toEqual([]);
  },
);

const names = Object.keys(faults) as Fault[];
/** Every one of them where all are asked for; else every fifth. */
const chosen = process.env.FOREIGN === "all" ? names : names.filter((_, index) => index % 5 === 0);

test.each(chosen)("it is found broken: %s", async (fault) => {
  expect(await brokenIn(fault, 1), faults[fault]).not.toEqual([]);
});
