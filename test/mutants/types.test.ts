import { expect, test, vi } from "vitest";
import { withHeader } from "../deployment/alter.ts";
import { clean, json } from "../deployment/behaviour.ts";
import type { Behaviour } from "../deployment/deployment.ts";
import { routeOf } from "../deployment/operations.ts";
import { variants } from "../deployment/variants.ts";
import { settle, world } from "../deployment/world.ts";
import { casesThat, runAgainst, storyOf } from "./run-against.ts";
import { suiteNames, suites } from "./suites.ts";

vi.setConfig({ testTimeout: 180_000 });

/** Decides what the reference leaves open as the document assumes it, where the clean deployment decides otherwise. */
const obliging: Partial<Behaviour> = {
  checks: {
    ...clean.checks,
    ...Object.fromEntries(
      ["street1", "city", "zip"].map((part) => [
        `address ${part} filled`,
        ({ change }) =>
          Object(change.address)[part] === ""
            ? { message: `${part} is empty.`, code: "INVALID_VALUE", property: `address.${part}` }
            : undefined,
      ]),
    ),
  },
  refuse(refusal) {
    const answer = clean.refuse(refusal);
    const { details, ...body } = JSON.parse(answer.body);
    if (refusal.kind === "locked") return withHeader(answer, "Retry-After", "1");
    const suggested = details?.map((detail: object) => ({ ...detail, suggestion: "See the reference." }));
    return { ...answer, body: JSON.stringify({ ...body, details: suggested }) };
  },
  answer(answer, call) {
    const known = ["DELETE", "GET", "POST", "PUT"].filter(
      (method) => routeOf({ ...call, method }).operation !== "none",
    );
    if (answer.status !== 404 || known.length === 0 || known.includes(call.method)) return answer;
    const refused = json(405, { message: "Not with this method.", code: "method_not_allowed" });
    return withHeader(refused, "Allow", known.join(", "));
  },
};

test("the deployment has an identity, a contact person and payment profiles of open kinds to show", () => {
  const { customers, profiles } = settle(world);
  const customer = customers.get(world.customer)!;
  expect(customer.identity).toEqual(expect.any(String));
  expect(customer.users).toContainEqual(customer.contactPerson);
  expect(profiles.get(world.secondProfile)).toMatchObject({
    customerId: world.customer,
    type: "SEPA",
    provider: "ADYEN",
  });
});

test.each(suiteNames)(
  "where all that is open is decided as we do, the %s suite finds nothing at all",
  async (suite) => {
    const report = await runAgainst(obliging, { cases: suites[suite](1) });
    expect(casesThat(report, "broken").map(storyOf)).toEqual([]);
    expect(casesThat(report, "differs").map(storyOf)).toEqual([]);
    expect(report.summary.held).toBeGreaterThan(0);
  },
);

/** The variants of how things are shown, which touch none of our assumptions. */
const typed =
  /^(profile-(type|provider)|identity-of|contact-email|contact-person-without|card-holder|addresses-with|locale|customers-without-optional|extra-fields(?!-in-errors)|members-in|users-in)-/;

test.each(variants.filter(({ id }) => typed.test(id)))("nor does it mind $id", async ({ behaviour }) => {
  const report = await runAgainst({
    ...obliging,
    ...behaviour,
    answer: async (given, call, desk) => {
      const answer = await obliging.answer!(given, call, desk);
      return behaviour.answer ? behaviour.answer(answer, call, desk) : answer;
    },
  });
  expect(casesThat(report, "broken").map(storyOf)).toEqual([]);
  expect(casesThat(report, "differs").map(storyOf)).toEqual([]);
});
