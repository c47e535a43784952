import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { cases, connectGuest } from "../../contracts/index.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { RunError } from "../../src/contract/guest.ts";
import { createFileRecovery, type Entry, type Recovery } from "../../src/contract/recovery.ts";
import { run } from "../../src/contract/run.ts";
import { createFetchTransport } from "../../src/contract.ts";
import { type Behaviour, createDeployment, world } from "../deployment/deployment.ts";
import { faults } from "../deployment/faults.ts";
import { onWindows } from "../needs.ts";

const spec = loadSpec();

/** A recovery that remembers in this test alone. */
function memory(...pending: Entry[]): Recovery & { held(): readonly Entry[] } {
  let held: readonly Entry[] = pending;
  return {
    pending: () => held,
    save: (entries) => {
      held = entries;
    },
    clear: () => {
      held = [];
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
    guest: connectGuest({ customer }),
    apiKey: { value: keys.primary, shell: '"$CONNECT_API_KEY"' },
    recovery,
    onRecovered: (left) => told.push(left?.message ?? "all"),
    sleep: async () => {},
  });
  return { report, told, billing: deployment.customers.get(customer)?.billing };
}

const earlier = (email: string): Entry => ({
  operationId: "updateCustomerBilling",
  path: { customerId: world.customer },
  captured: { method: "EMAIL_INVOICE", email, currency: "EUR" },
});

describe("a run", () => {
  test("first puts back what an earlier one left, and then leaves it so", async () => {
    const recovery = memory(earlier("before@marlowe.example"));
    const { report, told, billing } = await judged({}, recovery);
    expect(report.summary.held).toBe(1);
    expect(told).toEqual(["all"]);
    expect(billing).toMatchObject({ email: "before@marlowe.example", currency: "EUR" });
    expect(recovery.held()).toEqual([]);
  });

  test("judges a target that cannot be put back, and still owes it what the earlier run found", async () => {
    const { behaviour } = faults.find(({ id }) => id === "email-plus-tag-removed")!;
    const owed = earlier("before+tag@marlowe.example");
    const recovery = memory(owed);
    const { report, told } = await judged(behaviour, recovery);
    expect(report.summary.broken).toBe(1);
    expect(told[0]).toContain("could not be put back");
    expect(recovery.held()).toEqual([owed]);
  });

  test("says of what no undo is known for any more that it stays", async () => {
    const recovery = memory({ ...earlier("a@b.example"), operationId: "renameCustomer" });
    const { told } = await judged({}, recovery);
    expect(told).toEqual([
      'What renameCustomer wrote could not be put back: nothing is known any more that undoes it. It was {"method":"EMAIL_INVOICE","email":"a@b.example","currency":"EUR"}.',
    ]);
  });

  test("that writes nothing saves nothing", async () => {
    const saved: unknown[] = [];
    const recovery = { ...memory(), save: (entries: readonly Entry[]) => void saved.push(entries) };
    await judged({}, recovery, "customers/read");
    expect(saved).toEqual([]);
  });
});

describe("the recovery file", () => {
  const folders: string[] = [];
  const place = () => {
    const folder = mkdtempSync(join(tmpdir(), "understudy-recovery-"));
    folders.push(folder);
    return { UNDERSTUDY_RECOVERY: folder };
  };
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  test("is one for each target and guest, for the user alone, gone once cleared", () => {
    const environment = place();
    const entry = earlier("a@b.example");
    const recovery = createFileRecovery("http://a.test", "one", environment);
    expect(recovery.pending()).toEqual([]);
    recovery.save([entry]);
    expect(recovery.pending()).toEqual([entry]);
    if (!onWindows) expect(statSync(recovery.file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(recovery.file, "utf8"))).toEqual({
      baseUrl: "http://a.test",
      guest: "one",
      entries: [entry],
    });
    expect(createFileRecovery("http://b.test", "one", environment).pending()).toEqual([]);
    recovery.clear();
    expect(recovery.pending()).toEqual([]);
  });

  test.each([
    ["of an earlier version", '{"baseUrl":"http://a.test","customer":"one","found":{"customerId":"one"}}'],
    ["that was cut short", '{"baseUrl":"http://a.te'],
    ["with an entry of another form", '{"entries":[{"operationId":"x"}]}'],
  ])("is refused by name: one %s", (_, text) => {
    const recovery = createFileRecovery("http://a.test", "one", place());
    recovery.save([]);
    writeFileSync(recovery.file, text);
    expect(() => recovery.pending()).toThrow(
      new RunError(
        `The recovery file ${recovery.file} is none that this version reads. It holds what an earlier run has found at the target and could not put back: put that back by hand, then remove the file.`,
      ),
    );
  });
});
