import { describe, expect, test, vi } from "vitest";
import { BrokenTarget } from "../../src/contract.ts";
import { type Fault, faults } from "../deployment/faults.ts";
import { conditionsOf, readSeenBy, unseen } from "./expectations.ts";
import { runAgainst } from "./run-against.ts";
import { suiteNames, suites } from "./suites.ts";

vi.setConfig({ testTimeout: 180_000 });

const seenBy = readSeenBy();

describe.concurrent("the case that must see a fault sees it, and says what it must", () => {
  test.each(faults.filter(({ id }) => !(id in unseen)))("$id", async (fault: Fault) => {
    const named = seenBy[fault.id];
    if (!named) throw new Error(`seen-by.json names no case for ${fault.id}: npm run mutants -- --write.`);
    const cases = suites[named.suite](1).filter(({ id }) => id === named.case);
    const report = await runAgainst(fault.behaviour, { ...conditionsOf(fault), cases }).catch((error) => error);
    if (named.case === "") {
      expect(report).toBeInstanceOf(BrokenTarget);
      expect(report.message).toBe(named.message);
      return;
    }
    const [result] = report.cases;
    expect(result?.outcome, `${named.case}: ${fault.row}`).toBe(named.outcome);
    expect(result.findings[0].message).toBe(named.message);
  });
});

test.each(suiteNames)("on the clean twin, no case of the %s suite finds what it finds with a fault", async (suite) => {
  const { cases } = await runAgainst({}, { cases: suites[suite](1) });
  const named = Object.values(seenBy).filter((one) => one.suite === suite && one.case !== "");
  for (const { case: id, message } of named) {
    const clean = cases.find((result) => result.id === id);
    expect(clean, id).toBeDefined();
    expect(clean?.outcome, id).not.toBe("broken");
    expect(clean?.findings.map((finding) => finding.message) ?? [], id).not.toContain(message);
  }
});

test("every fault is either named, or has a reason why nobody sees it", () => {
  expect(faults.map(({ id }) => id).sort()).toEqual([...Object.keys(seenBy), ...Object.keys(unseen)].sort());
});
