import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cases } from "../../contracts/index.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { createFileRecovery, type Recovery } from "../../src/contract/recovery.ts";
import { createFetchTransport, type JsonObject, run } from "../../src/contract.ts";
import { type Behaviour, createDeployment } from "../deployment/deployment.ts";
import { faults } from "../deployment/faults.ts";
import { onWindows } from "../needs.ts";

const spec = loadSpec();

/** A recovery that remembers in this test alone. */
function memory(pending?: JsonObject): Recovery & { held(): JsonObject | undefined } {
  let held = pending;
  return {
    pending: () => held,
    save: (found) => {
      held = found;
    },
    clear: () => {
      held = undefined;
    },
    held: () => held,
  };
}

async function judged(behaviour: Partial<Behaviour>, recovery: Recovery, only = "billing/email-invoice") {
  const deployment = createDeployment({ pause: async () => {}, ...behaviour });
  const { customer, keys } = deployment.world;
  const told: string[] = [];
  const report = await run({
    spec,
    cases: cases.filter(({ id }) => id === only),
    transport: createFetchTransport(deployment.fetch),
    baseUrl: "http://deployment.test",
    customer,
    apiKey: { value: keys.primary, shell: '"$CONNECT_API_KEY"' },
    recovery,
    onRecovered: (left) => told.push(left?.message ?? "all"),
    sleep: async () => {},
  });
  return { report, told, billing: deployment.customers.get(customer)?.billing };
}

const earlier = {
  customerId: "any",
  billing: { method: "EMAIL_INVOICE", email: "before@marlowe.example", currency: "EUR" },
};

describe("a run", () => {
  test("first puts back what an earlier one left, and then leaves it so", async () => {
    const recovery = memory(earlier);
    const { report, told, billing } = await judged({}, recovery);
    expect(report.summary.held).toBe(1);
    expect(told).toEqual(["all"]);
    expect(billing).toMatchObject(earlier.billing);
    expect(recovery.held()).toBeUndefined();
  });

  test("judges a target that cannot be put back, and still owes it what the earlier run found", async () => {
    const { behaviour } = faults.find(({ id }) => id === "email-plus-tag-removed")!;
    const owed = { ...earlier, billing: { ...earlier.billing, email: "before+tag@marlowe.example" } };
    const recovery = memory(owed);
    const { report, told } = await judged(behaviour, recovery);
    expect(report.summary.broken).toBe(1);
    expect(told[0]).toContain("could not be put back");
    expect(recovery.held()).toMatchObject({ billing: owed.billing });
  });

  test("that writes nothing saves nothing", async () => {
    const saved: JsonObject[] = [];
    const recovery = { ...memory(), save: (found: JsonObject) => saved.push(found) };
    await judged({}, recovery, "customers/read");
    expect(saved).toEqual([]);
  });
});

test("a file of its own for each target and customer, for the user alone, gone once cleared", () => {
  const environment = { UNDERSTUDY_RECOVERY: mkdtempSync(join(tmpdir(), "understudy-recovery-")) };
  const recovery = createFileRecovery("http://a.test", "one", environment);
  expect(recovery.pending()).toBeUndefined();
  recovery.save(earlier);
  expect(recovery.pending()).toEqual(earlier);
  // Windows keeps no such bits: what lies in a user's folder is the user's.
  if (!onWindows) expect(statSync(recovery.file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(recovery.file, "utf8"))).toEqual({
    baseUrl: "http://a.test",
    customer: "one",
    found: earlier,
  });
  expect(createFileRecovery("http://b.test", "one", environment).pending()).toBeUndefined();
  recovery.clear();
  expect(recovery.pending()).toBeUndefined();
});
