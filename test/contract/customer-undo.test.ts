import { expect, test } from "vitest";
import { cases, connectGuest, identifiers } from "../../contracts/index.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { generatedCases } from "../../src/contract/generated/cases.ts";
import { verify } from "../../src/contract.ts";
import { createDeployment } from "../deployment/deployment.ts";

const spec = loadSpec();
const ofCustomers = /(create|update)-customer(\/|-(?!billing))/;

/** A run of all that creates and changes customers, against a deployment whose customer has no shipping and no identity. */
async function visit(allowLeftovers: boolean) {
  const deployment = createDeployment({ pause: async () => {} });
  const { customer, keys } = deployment.world;
  const { shipping: _, identity: __, ...plain } = deployment.customers.get(customer)!;
  deployment.customers.set(customer, plain);
  const state = () => [...deployment.customers.values()].map(({ updatedAt: _, ...rest }) => rest);
  const before = state();
  const generated = generatedCases(spec, { examples: 3, seed: 1, identifiers: Object.keys(identifiers) });
  const report = await verify({
    spec,
    guest: connectGuest({ customer }),
    cases: [...cases, ...generated].filter(({ id }) => ofCustomers.test(id)),
    generated: false,
    apiKey: keys.primary,
    target: "http://deployment.test",
    fetch: deployment.fetch,
    allowLeftovers,
    sleep: async () => {},
  });
  expect(report.cases.filter(({ outcome }) => outcome === "broken").map(({ id }) => id)).toEqual([]);
  return { report, before, after: state() };
}

test("a run creates nobody, and leaves the customer as it was: with nothing that it had not", {
  timeout: 60_000,
}, async () => {
  const { report, before, after } = await visit(false);
  expect(after.map(({ billing: _, ...rest }) => rest)).toEqual(before.map(({ billing: _, ...rest }) => rest));
  expect(after[0]!.billing).toMatchObject(before[0]!.billing!);
  const creations = report.cases.filter(({ id }) => /create-customer/.test(id));
  expect(new Set(creations.map(({ reason }) => reason))).toEqual(
    new Set(["it would send POST /customers, and nothing is known that undoes it"]),
  );
  const changes = report.cases.filter(({ id, outcome }) => /update-customer/.test(id) && outcome === "held");
  expect(changes.map(({ id }) => id)).toEqual(
    expect.arrayContaining(["update-customer/name", "update-customer/billing", "generated/update-customer-valid"]),
  );
  expect(changes.length).toBeGreaterThan(30);
});

test("a run that may leave something behind creates customers, and says so", { timeout: 60_000 }, async () => {
  const { report, before, after } = await visit(true);
  const more = after.length - before.length;
  expect(more).toBeGreaterThan(20);
  expect(report.leftBehind?.irremovable).toBe(true);
  expect(report.leftBehind?.message).toMatch(/POST \/customers \(accepted \d+ times\)/);
});
