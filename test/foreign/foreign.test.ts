import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { verify } from "../../src/commands/connect-verify.ts";
import type { CaseResult } from "../../src/contract.ts";
import { loadSpec } from "../../src/document/spec.ts";
import { createDepot, token } from "./depot.ts";
import { type Fault, faults } from "./faults.ts";

vi.setConfig({ testTimeout: 60_000 });

const spec = loadSpec(fileURLToPath(new URL("depot.openapi.yaml", import.meta.url)));

/** What no standard forbids, or what field servers do that nobody minds: a run tells it and blames nobody. */
const onlyDiffers: readonly Fault[] = [
  "no-allow",
  "put-on-collection-answers-200",
  "key-kept-for-refused",
  "stop-of-no-parcel",
];

/** What a run against the depot finds, a line for each case with an outcome of that kind. */
async function found(
  fault: Fault | undefined,
  seed: number,
  outcome: CaseResult["outcome"],
): Promise<readonly string[]> {
  const report = await verify({
    spec,
    fetch: createDepot(fault),
    target: "http://depot.test/v2",
    apiKey: token,
    allowLeftovers: true,
    generated: { seed },
  });
  return report.cases
    .filter((result) => result.outcome === outcome)
    .map(({ id, findings }) => `${id}: ${findings[0]?.message}`);
}

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])("with seed %i nothing is found in a depot without a fault", async (seed) => {
  expect(await found(undefined, seed, "broken")).toEqual([]);
  if (seed === 1) expect(await found(undefined, seed, "differs")).toEqual([]);
});

const names = Object.keys(faults) as Fault[];
/** Every one of them where all are asked for; else every seventh. */
const chosen = process.env.FOREIGN === "all" ? names : names.filter((_, index) => index % 7 === 0);

test.each(chosen)("it is found: %s", async (fault) => {
  const outcome = onlyDiffers.includes(fault) ? "differs" : "broken";
  expect(await found(fault, 1, outcome), faults[fault]).not.toEqual([]);
});

test("nothing is left in the depot", async () => {
  const depot = createDepot();
  const options = { spec, fetch: depot, target: "http://depot.test/v2", apiKey: token, allowLeftovers: true };
  const report = await verify({ ...options, generated: { seed: 1, examples: 3 } });
  const left = await depot(new Request("http://depot.test/v2/parcels", { headers: { "X-Depot-Token": token } }));
  expect(await left.json()).toEqual({ parcels: [], more: false });
  // What has no removal of its own went with what it stood below.
  expect(report.leftBehind).toBeUndefined();
});
