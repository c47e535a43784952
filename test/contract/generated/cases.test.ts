import { describe, expect, test, vi } from "vitest";
import { identifiers, cases as written } from "../../../contracts/index.ts";
import { loadSpec } from "../../../src/connect/spec.ts";
import { generatedCases } from "../../../src/contract/generated/cases.ts";
import { verify } from "../../../src/contract.ts";
import { parseSpec } from "../../../src/document/spec.ts";
import { type Behaviour, clean, json, Refusal } from "../../deployment/behaviour.ts";
import { variants } from "../../deployment/variants.ts";
import { casesThat, runAgainst } from "../../mutants/run-against.ts";

vi.setConfig({ testTimeout: 180_000 });

const spec = loadSpec();
const casesOf = (seed: number, examples = 20, path?: string) =>
  generatedCases(spec, {
    ...{ examples, seed, identifiers: Object.keys(identifiers) },
    ...(path === undefined ? {} : { path }),
  });

/** What the generated cases say of a deployment with a fault. */
async function findingsOf(behaviour: Partial<Behaviour>, filter: RegExp) {
  const cases = casesOf(1).filter(({ id }) => filter.test(id));
  const report = await runAgainst(behaviour, { cases });
  return casesThat(report, "broken").flatMap(({ id, findings }) => findings.map((finding) => ({ id, ...finding })));
}

const accident = () => {
  throw new Refusal("crash");
};

/** The body that a `curl` line sends. */
function sentBy(curl: string): unknown {
  return JSON.parse(/--data-raw '(.*)'$/s.exec(curl)?.[1]?.replaceAll("'\\''", "'") ?? "null");
}

test("what says that it only reads does", async () => {
  const reading = casesOf(1, 2).filter(({ reads }) => reads);
  const report = await runAgainst({}, { cases: [...reading, ...written.filter(({ reads }) => reads)] });
  const methods = new Set(report.cases.flatMap(({ exchanges = [] }) => exchanges.map(({ request }) => request.method)));
  expect(methods).toEqual(new Set(["GET"]));
  expect(report.cases.filter(({ reason }) => reason?.includes("only reads"))).toEqual([]);
  expect(reading.length).toBeGreaterThan(20);
});

describe("faults that no written case looks for are found, and shrunk", () => {
  test("an address line of exactly 200 characters fails", async () => {
    const found = await findingsOf(
      {
        prepare: (change) => ((change.address as { street1?: string })?.street1?.length === 200 ? accident() : change),
      },
      /update-customer-billing-valid/,
    );
    expect(found.map(({ message }) => message)).toContain("the target failed with 500");
    const address = { street1: "a".repeat(200), city: "a", zip: "a", country: "US" };
    expect(sentBy(found[0]!.curl)).toMatchObject({ address });
    expect(found[0]!.curl).not.toContain("currency");
  });

  test("more than 300 characters of a name to the attention of fail", async () => {
    const found = await findingsOf(
      {
        prepare: (change) =>
          ((change.address as { attention?: string })?.attention?.length ?? 0) > 300 ? accident() : change,
      },
      /update-customer-billing-valid/,
    );
    const sent = sentBy(found[0]!.curl) as { address: { attention: string } };
    expect(sent.address.attention.length).toBeLessThanOrEqual(302);
  });

  test("the greatest page fails", async () => {
    const found = await findingsOf(
      { firstLook: (call) => (/limit=1000\b/.test(call.query) ? json(500, {}) : undefined) },
      /list-customers-valid/,
    );
    expect(new URL(/'(http[^']+)'/.exec(found[0]!.curl)![1]!).search).toBe("?limit=1000");
  });

  const repeated: [id: string, behaviour: Partial<Behaviour>][] = [
    ["valid", { prepare: (change) => (JSON.stringify(change).length > 250 ? accident() : change) }],
    [
      "refuses-auto-pay-type",
      { prepare: (change) => ("autoPay" in change ? { ...change, autoPay: Boolean(change.autoPay) } : change) },
    ],
  ];
  test.each(repeated)(
    "%s finds the same at the seed and path that it told, and sends little else",
    async (what, behaviour) => {
      const id = `generated/update-customer-billing-${what}`;
      const ran = async (path?: string) => {
        const report = await runAgainst(behaviour, { cases: casesOf(4, 20, path).filter((item) => item.id === id) });
        const [finding] = report.cases[0]!.findings;
        return { report, finding: finding!, sent: sentBy(finding!.curl) };
      };
      const first = await ran();
      expect(first.finding.repeat?.seed).toBe(4);
      const again = await ran(first.finding.repeat?.path);
      expect(again.finding.message).toBe(first.finding.message);
      expect(again.sent).toEqual(first.sent);
      expect(again.report.cases[0]!.findings).toHaveLength(1);
      expect(again.report.requests).toBeLessThan(first.report.requests);
    },
  );

  test("a field is stored though the request is refused", async () => {
    const found = await findingsOf(
      {
        touch(customer, change) {
          if (typeof change.currency === "string" && customer.billing) customer.billing.currency = change.currency;
        },
      },
      /refuses-method-enum/,
    );
    expect(found).toEqual([]);
    const changed = await findingsOf(
      {
        touch(customer, change) {
          if (change.method === "email_invoice" && customer.billing) customer.billing.currency = "XXX";
        },
      },
      /refuses-method-enum/,
    );
    expect(changed.map(({ message }) => message)).toEqual(["a refused request has changed what a read shows"]);
  });

  test("text is taken for truth", async () => {
    const found = await findingsOf(
      {
        prepare: (change) => ("autoPay" in change ? { ...change, autoPay: Boolean(change.autoPay) } : change),
      },
      /refuses-auto-pay-type/,
    );
    expect(found[0]).toMatchObject({
      at: "body.autoPay",
      expected: "4xx",
      place: expect.stringContaining("/autoPay/type"),
    });
  });

  test("a write comes before the key is looked at", async () => {
    const found = await findingsOf({ needsKey: (call) => call.method !== "PUT" }, /update-customer-billing-needs/);
    expect(found.map(({ id }) => id)).toEqual(["generated/update-customer-billing-needs-credentials"]);
  });

  test("the last letter of the key does not matter", async () => {
    const found = await findingsOf(
      { keyMatches: (given, key) => key.startsWith(given) && given.length > 8 },
      /neighbouring/,
    );
    // A list shows what was created as a read shows what was changed.
    expect(found.map(({ id }) => id)).toEqual([
      "generated/list-customers-refuses-neighbouring-credentials",
      "generated/get-customer-refuses-neighbouring-credentials",
    ]);
  });

  test("an operation that never succeeds is broken", async () => {
    const found = await findingsOf(
      { firstLook: (call) => (call.path === "/customers" ? clean.refuse(new Refusal("invalid")) : undefined) },
      /list-customers-valid/,
    );
    expect(found[0]!.message).toMatch(/^none of \d+ valid requests was accepted$/);
  });
});

test("what the schema cannot foresee is counted, and what the document does not name is told", async () => {
  const report = await runAgainst(variants.find(({ id }) => id === "extra-fields-everywhere")!.behaviour, {
    cases: casesOf(1).filter(({ id }) => id === "generated/update-customer-billing-valid"),
  });
  const [result] = report.cases;
  expect(result).toMatchObject({
    outcome: "held",
    exercised: { accepted: expect.any(Number), refused: expect.any(Number) },
  });
  expect(result!.exercised!.refused).toBeGreaterThan(0);
  expect(result!.notes!.join()).toContain("body.billing.revision");
});

test("of valid requests with a member that the target refuses anyway, few are sent", async () => {
  const name = { type: "string", minLength: 1, maxLength: 40 };
  const schema = {
    type: "object",
    required: ["name"],
    properties: { name, nickname: name, town: name, voucher: { type: "string" } },
  };
  const operation = {
    operationId: "addGuest",
    requestBody: { required: true, content: { "application/json": { schema } } },
    responses: { "201": { description: "Added." }, "4XX": { description: "Refused." } },
  };
  const guests = {
    openapi: "3.1.0",
    info: { title: "Guests", version: "1" },
    paths: { "/guests": { post: operation } },
  };
  const document = parseSpec(JSON.stringify(guests));
  const sent: object[] = [];
  const report = await verify({
    spec: document,
    cases: generatedCases(document, { examples: 20, seed: 1 }).filter(({ id }) => id === "generated/add-guest-valid"),
    generated: false,
    allowLeftovers: true,
    async fetch(request) {
      const body = (await request.json()) as object;
      sent.push(body);
      return new Response(null, { status: "voucher" in body ? 422 : 201 });
    },
  });
  expect(report.cases.map(({ outcome }) => outcome)).toEqual(["held"]);
  const vouchers = sent.filter((body) => "voucher" in body).length;
  expect(vouchers).toBeGreaterThan(10);
  expect(vouchers).toBeLessThan(30);
  expect(sent.length).toBeGreaterThan(2 * vouchers);
});

test("the customer is the only one that is written", async () => {
  const written = new Set<string>();
  await runAgainst(
    {
      store(desk, after, before) {
        written.add(after.customerId);
        clean.store(desk, after, before);
      },
    },
    { cases: casesOf(3) },
  );
  expect(written.size).toBe(1);
});
