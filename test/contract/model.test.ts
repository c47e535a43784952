import { describe, expect, test } from "vitest";
import { connectGuest, modelCases } from "../../contracts/index.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { run } from "../../src/contract/run.ts";
import { createFetchTransport } from "../../src/contract.ts";
import { createMock } from "../../src/index.ts";
import { type Behaviour, createDeployment } from "../deployment/deployment.ts";
import { faults } from "../deployment/faults.ts";
import { clockOf } from "../mock.ts";

const spec = loadSpec();

async function played(behaviour: Partial<Behaviour>, seed: number, path?: string) {
  const { fetch, world } = createDeployment({ pause: async () => {}, ...behaviour });
  const { cases } = await run({
    spec,
    cases: modelCases({ seed, sequences: 10, path }),
    transport: createFetchTransport(fetch),
    baseUrl: "http://deployment.test",
    guest: connectGuest({ customer: world.customer }),
    apiKey: { value: world.keys.primary, shell: '"$CONNECT_API_KEY"' },
    sleep: async () => {},
  });
  return cases[0]!;
}

test("agrees with the mock, also while its clock moves", async () => {
  const mock = createMock({ apiKeys: ["model-key"] });
  const report = await run({
    spec,
    cases: modelCases({ seed: 3, sequences: 20 }),
    transport: createFetchTransport(mock.fetch),
    baseUrl: "http://mock.test",
    guest: connectGuest({ customer: "cus-0001-business-email" }),
    apiKey: { value: "model-key", shell: '"$CONNECT_API_KEY"' },
    clock: clockOf(mock, "model-key"),
  });
  expect(report.cases.map(({ outcome, findings }) => [outcome, findings])).toEqual([
    ["held", []],
    ["held", []],
  ]);
});

describe("tells a broken deployment by a short sequence that shows it", () => {
  test.each([
    "late-retry-puts-a-back-into-force",
    "replay-executes-again",
    "mismatch-executes",
    "every-fourth-write-lost",
  ])("%s", async (id) => {
    const { outcome, findings } = await played(faults.find((fault) => fault.id === id)!.behaviour, 5);
    expect(outcome).toBe("broken");
    expect(findings.at(-1)?.message).toMatch(/after the sequence \(seed 5\) 1\. \w+/);
    expect(findings.at(-1)?.message.match(/\d+\. /g)?.length).toBeLessThanOrEqual(8);
    const { seed, path } = findings.at(-1)!.repeat!;
    const again = await played(faults.find((fault) => fault.id === id)!.behaviour, seed, path);
    // What counts its writes counts otherwise where there are fewer.
    if (id === "every-fourth-write-lost") return;
    expect(again.findings.map(({ message, repeat }) => ({ message, repeat }))).toEqual(
      findings.map(({ message, repeat }) => ({ message, repeat })),
    );
    expect(again.exchanges!.length).toBeLessThanOrEqual(12);
  });
});
