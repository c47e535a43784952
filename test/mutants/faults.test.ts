import { describe, expect, test, vi } from "vitest";
import { NoCustomer } from "../../src/contract.ts";
import { type Fault, faults } from "../deployment/faults.ts";
import { conditionsOf, unseen } from "./expectations.ts";
import { casesThat, judge } from "./judge.ts";

// Each runs the whole suite against a deployment of its own.
vi.setConfig({ testTimeout: 60_000 });

const documented = faults.filter(({ basis }) => basis === "documented");

describe.concurrent("verify fails a deployment that breaks what is documented", () => {
  test.each(documented.filter(({ id }) => !(id in unseen)))("$id", async (fault: Fault) => {
    const broken = await judge(fault.behaviour, { ...conditionsOf(fault), untilBroken: true }).then(
      (report) => casesThat(report, "broken"),
      (error) => error,
    );
    if (!(broken instanceof NoCustomer)) expect(broken, fault.row).not.toEqual([]);
  });
});

describe.concurrent("verify reports a deployment that differs from what is inferred or assumed", () => {
  const others = faults.filter(({ basis }) => basis !== "documented");
  test.each(others.filter(({ id }) => !(id in unseen)))("$id", async (fault: Fault) => {
    const clean = await cleanOutcomes;
    const report = await judge(fault.behaviour, conditionsOf(fault));
    const changed = report.cases.filter(({ id, outcome }) => outcome !== clean.get(id) && outcome !== "skipped");
    expect(changed, fault.row).not.toEqual([]);
  });
  const cleanOutcomes = judge({}).then((report) => new Map(report.cases.map(({ id, outcome }) => [id, outcome])));
});

test("what cannot be seen is a fault of the catalogue", () => {
  expect(faults.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(unseen)));
});
