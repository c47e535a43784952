import { expect, test } from "vitest";
import { identifiers, cases as written } from "../../../contracts/index.ts";
import { verify } from "../../../src/commands/verify.ts";
import { loadSpec } from "../../../src/connect/spec.ts";
import { generatedCases } from "../../../src/contract/generated/cases.ts";
import { runAgainst } from "../../mutants/run-against.ts";

const spec = loadSpec();

test("a run tells what it has seen of the document, and why it could not see the rest", async () => {
  const generated = generatedCases(spec, { examples: 4, seed: 1, identifiers: Object.keys(identifiers) });
  const { coverage } = await runAgainst(
    {},
    { cases: [...written.filter(({ id }) => /unknown-|missing-/.test(id)), ...generated] },
  );
  const update = coverage.operations.find(({ operationId }) => operationId === "updateCustomerBilling")!;
  expect(update.statuses).toMatchObject({ 200: expect.any(Number), 400: expect.any(Number), 415: expect.any(Number) });
  expect(update.missing).toEqual(expect.arrayContaining(["429", "500"]));
  expect(update.hidden).toMatchObject({
    500: "it is a fault of the server",
    429: "a guest sends no burst",
    412: "a guest names no condition",
  });
  const rule = coverage.rules!.find(({ at, keyword }) => at === "body.email" && keyword === "format")!;
  expect(rule.valid).toBeGreaterThan(0);
  expect(rule.invalid).toBeGreaterThan(0);
  // This deployment takes an empty postal code, so nothing shows that it refuses one.
  expect(coverage.rules!.find(({ at, keyword }) => at === "body.address.zip" && keyword === "minLength")!.invalid).toBe(
    0,
  );
  expect(coverage.percent).toBeGreaterThan(80);
  expect(coverage.percent).toBeLessThan(100);
});

test("less of it is seen by fewer cases, and --min-coverage minds", async () => {
  const said: string[] = [];
  const code = await verify(
    { timeout: 5, filter: "payment-profiles/", minCoverage: 90, generated: false },
    { write: () => {} },
    false,
    (message) => said.push(message),
  );
  expect(code).toBe(1);
  expect(said.join()).toMatch(/^The run has seen [\d.]+% of the document; --min-coverage wants 90%\.$/);
});
