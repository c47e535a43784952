import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { shippedFixturesUrl } from "#platform";
import { connect } from "../../src/connect/connect.ts";
import type { ConnectFixtures } from "../../src/connect/records.ts";
import { createMock, generateFixtures, loadSpec, parseSpec } from "../../src/index.ts";
import { checkFixtures, FixturesError, readFixtures } from "../../src/mock/fixtures.ts";
import { billingPath, emailInvoice, ids, testMock } from "../mock.ts";

const spec = loadSpec();
const rules = { spec, check: connect.check };
// What the rules accept has the types of the document.
const read = (path: string | URL) =>
  readFixtures(path, ["customers", "paymentProfiles"], rules) as unknown as ConnectFixtures;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fixtures-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function refusal(path: string): string {
  try {
    read(path);
  } catch (error) {
    if (error instanceof FixturesError) return error.message.replaceAll(`${folder}/`, "");
    throw error;
  }
  throw new Error(`${path} was accepted`);
}

const world = `customers:
  - customerId: one
    customerType: BUSINESS
    name: One
    contact: {}
paymentProfiles:
  - paymentProfileId: card
    type: CARD
    status: ACTIVE
    customerId: one
    createdAt: 2026-01-01T00:00:00.000Z
`;

describe("the shipped fixtures", () => {
  const { customers, paymentProfiles } = read(shippedFixturesUrl);

  test("are valid, and tell every story that a client has to know", () => {
    // Here and not at every start.
    expect(checkFixtures(rules, { customers, paymentProfiles })).toEqual([]);
    expect(customers.map(({ customerId }) => customerId)).toEqual([
      "cus-0001-business-email",
      "cus-0002-consumer-paper",
      "cus-0003-consumer-new",
      "cus-0004-business-autopay",
    ]);
    expect(new Set(paymentProfiles.map(({ status }) => status))).toEqual(
      new Set(["ACTIVE", "INACTIVE", "EXPIRED", "REQUIRES_ACTION"]),
    );
    expect(customers.map(({ billing }) => billing?.method)).toEqual([
      "EMAIL_INVOICE",
      "PAPER_INVOICE",
      undefined,
      "EMAIL_INVOICE",
    ]);
  });

  test("hold the profile that the reference itself prints", () => {
    expect(paymentProfiles).toContainEqual(
      expect.objectContaining({ paymentProfileId: "m47ac10b-58cc-4372-a567-0e02b2c3d479", status: "ACTIVE" }),
    );
  });
});

describe("fixtures are read", () => {
  test("from a file, YAML or JSON", () => {
    const yaml = read(write("a.yaml", world));
    const json = read(write("b.json", JSON.stringify(yaml)));
    expect(json).toEqual(yaml);
    expect(yaml.customers).toHaveLength(1);
  });

  test("from all files of a folder, which may speak of each other's records", () => {
    write("b.yaml", world);
    write(
      "a.json",
      JSON.stringify({
        paymentProfiles: [
          {
            paymentProfileId: "other",
            type: "CARD",
            status: "ACTIVE",
            customerId: "one",
            createdAt: "2026-01-01T00:00:00Z",
          },
        ],
      }),
    );
    write("notes.txt", "not fixtures");
    const { paymentProfiles } = read(folder);
    expect(paymentProfiles.map(({ paymentProfileId }) => paymentProfileId)).toEqual(["other", "card"]);
  });

  test("by a mock", async () => {
    const { call } = testMock({ fixtures: write("a.yaml", world) });
    expect((await call("GET", "/customers")).body.pagination.total).toBe(1);
  });
});

test("a snapshot is a file of fixtures", async () => {
  const first = testMock();
  await first.call("PUT", billingPath, { body: emailInvoice });
  const file = write("snapshot.json", (await first.call("GET", "/_understudy/state")).text);
  const second = testMock({ fixtures: file });
  const read = async ({ call }: typeof first) => (await call("GET", `/customers/${ids.business}`)).text;
  expect(await read(second)).toBe(await read(first));
});

describe("fixtures are refused with file, line, place and reason", () => {
  test.each([
    [
      "a wrong value",
      world.replace("BUSINESS", "COMPANY"),
      'a.yaml:3: customers[0].customerType should be "CONSUMER" or "BUSINESS"; received "COMPANY".',
    ],
    [
      "a missing field",
      world.replace("    name: One\n", ""),
      "a.yaml:2: customers[0].name should be present; received nothing.",
    ],
    [
      "two customers of one id",
      world.replace(
        "paymentProfiles",
        "  - { customerId: one, customerType: CONSUMER, name: Two, contact: {} }\npaymentProfiles",
      ),
      'a.yaml:6: customers[1].customerId should be an id of its own; received "one".',
    ],
    [
      "two profiles of one id",
      `${world}  - { paymentProfileId: card, type: CARD, status: ACTIVE, customerId: one, createdAt: 2026-01-01T00:00:00Z }\n`,
      'a.yaml:12: paymentProfiles[1].paymentProfileId should be an id of its own; received "card".',
    ],
    [
      "a profile of nobody",
      world.replace("    customerId: one\n    createdAt", "    customerId: two\n    createdAt"),
      'a.yaml:10: paymentProfiles[0].customerId should be the id of one of the customers; received "two".',
    ],
    [
      "a default profile that is not there",
      world.replace(
        "    contact: {}",
        "    contact: {}\n    billing: { method: EMAIL_INVOICE, defaultPaymentProfileId: none }",
      ),
      'a.yaml:6: customers[0].billing.defaultPaymentProfileId should be the id of a payment profile of this customer; received "none".',
    ],
    [
      "another customer's default profile",
      world.replace(
        "paymentProfiles",
        "  - customerId: two\n    customerType: BUSINESS\n    name: Two\n    contact: {}\n    billing: { method: EMAIL_INVOICE, defaultPaymentProfileId: card }\npaymentProfiles",
      ),
      'a.yaml:10: customers[1].billing.defaultPaymentProfileId should be the id of a payment profile of this customer; received "card".',
    ],
    [
      "automatic payments without a profile",
      world.replace(
        "    contact: {}",
        "    contact: {}\n    billing:\n      method: EMAIL_INVOICE\n      autoPay: true",
      ),
      "a.yaml:8: customers[0].billing.autoPay should be false where billing has no defaultPaymentProfileId; received true.",
    ],
    [
      "a time that is none",
      world.replace("2026-01-01T00:00:00.000Z", "yesterday"),
      'a.yaml:11: paymentProfiles[0].createdAt should be a string in the format "date-time"; received "yesterday".',
    ],
  ])("%s", (_, text, wanted) => {
    expect(refusal(write("a.yaml", text)).split("\n")).toContain(wanted);
  });

  test("in whichever file it stands", () => {
    write("a.yaml", world);
    write("b.json", JSON.stringify({ customers: [{ customerId: "two" }] }, null, 2));
    expect(refusal(folder).split("\n")).toContain("b.json:3: customers[0].name should be present; received nothing.");
  });

  test("no more than 20 at a time", () => {
    const lines = refusal(write("a.json", JSON.stringify({ customers: Array.from({ length: 50 }, () => 1) }))).split(
      "\n",
    );
    expect([lines.length, lines.at(-1)]).toEqual([21, "... and 30 more"]);
  });
});

describe("what is no fixtures at all is refused in a line", () => {
  test.each([
    ["a.yaml", "customers: [", /^a\.yaml:1:13 is neither YAML nor JSON: /],
    ["a.json", "{", /^a\.json:1:2 is no JSON/],
    [
      "a.yaml",
      "- customers",
      /^a\.yaml should hold \{ story, customers: \[\.\.\.\], paymentProfiles: \[\.\.\.\] \}; received \["customers"\]\.$/,
    ],
    ["a.yaml", "people: []", /^a\.yaml should hold /],
    ["a.yaml", "customers: {}", /^a\.yaml should hold /],
  ])("%s holding %j", (name, text, wanted) => {
    expect(refusal(write(name, text))).toMatch(wanted);
  });

  test("a path where nothing is", () => {
    expect(refusal(join(folder, "none"))).toMatch(/^Cannot read the fixtures none: ENOENT/);
  });

  test("a folder without fixtures", () => {
    expect(refusal(folder)).toMatch(/holds no fixtures; they are files that end in \.yaml, \.yml or \.json\.$/);
  });
});

test("a document of another API has no fixtures", async () => {
  const other = parseSpec("openapi: 3.1.0\ninfo: { title: Pets, version: '1' }\npaths: {}");
  const { mock } = testMock({ spec: other });
  expect((await (await mock.sandbox()).snapshot()).records).toEqual({});
});

test("a document of another API that has customers, too, has neither our fixtures nor our rules", async () => {
  const id = { type: "integer", readOnly: true };
  const customer = {
    type: "object",
    required: ["id", "vat"],
    properties: { id, vat: { type: "string", minLength: 1 } },
  };
  const content = { "application/json": { schema: customer } };
  const path = { name: "customerId", in: "path", required: true, schema: { type: "integer" } };
  const item = (name: string) => ({
    get: { operationId: `get${name}`, parameters: [path], responses: { "200": { description: "It.", content } } },
  });
  const list = { "application/json": { schema: { type: "array", items: customer } } };
  const document = {
    openapi: "3.1.0",
    info: { title: "Shop", version: "1" },
    paths: {
      "/customers": {
        get: { operationId: "listCustomers", responses: { "200": { description: "All.", content: list } } },
        post: {
          operationId: "createCustomer",
          requestBody: { required: true, content },
          responses: { "201": { description: "Made.", content } },
        },
      },
      "/customers/{customerId}": item("Customer"),
      "/payment-profiles": { get: { responses: { "200": { description: "All.", content: list } } } },
      "/payment-profiles/{customerId}": item("PaymentProfile"),
    },
  };
  const mock = createMock({ spec: parseSpec(JSON.stringify(document)) });
  const ask = (path: string, init?: RequestInit) => mock.fetch(new Request(`http://shop.test${path}`, init));
  const listed = (await (await ask("/customers")).json()) as object[];
  for (const one of listed) expect(one).toEqual({ id: expect.any(Number), vat: expect.any(String) });
  const headers = { "Content-Type": "application/json" };
  const made = await ask("/customers", { method: "POST", headers, body: '{"vat":"7"}' });
  expect([made.status, await made.json()]).toEqual([201, { id: expect.any(Number), vat: "7" }]);
});

describe("made-up fixtures", () => {
  test("are valid and coherent", async () => {
    const fixtures = await generateFixtures(300, 7);
    expect(checkFixtures(rules, fixtures)).toEqual([]);
    const active = new Set(
      fixtures.paymentProfiles.filter(({ status }) => status === "ACTIVE").map((p) => p.paymentProfileId),
    );
    for (const { billing } of fixtures.customers) {
      if (billing?.method === "EMAIL_INVOICE") expect(billing.email).toBeTruthy();
      if (billing?.method === "PAPER_INVOICE") expect(billing.address).toBeTruthy();
      if (billing?.autoPay) expect(active).toContain(billing.defaultPaymentProfileId);
    }
    expect(new Set(fixtures.customers.map(({ customerType }) => customerType)).size).toBe(2);
  });

  test("are the same for the same seed, at any time, and others for another", async () => {
    const first = await generateFixtures(20, 7);
    expect(await generateFixtures(20, 7)).toEqual(first);
    expect(await generateFixtures(20, 8)).not.toEqual(first);
  });
});
