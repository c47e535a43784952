import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateFixtures } from "../../src/connect/generate-fixtures.ts";
import { withStandIns } from "../../src/connect/stand-ins.ts";
import type { JsonObject } from "../../src/document/validator.ts";
import { distinctive, leftOf, personalIn, shapeOf } from "./distinctive.ts";

/** A customer of nothing but what every customer has and what is given. */
function customer(given: JsonObject): JsonObject {
  return { customerId: "cus-7001", customerType: "CONSUMER", name: "Wilhelmina", contact: {}, ...given };
}

/** What becomes of some customers. */
async function standInsOf(customers: readonly JsonObject[], seed = 1) {
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a record, it says with `expect`
  return (await withStandIns({ customers, paymentProfiles: [] }, seed)).customers as any[];
}

describe("a world full of values that are found nowhere else", () => {
  test("has many of them", () => {
    expect(personalIn(distinctive).length).toBeGreaterThan(100);
    expect(personalIn(distinctive)).toEqual(expect.arrayContaining(["quillon", "zebedee", "46705550182", "xanthippe"]));
  });

  test.each([1, 2, 3, 4, 5])("keeps none of them, nor a part of one, with seed %i", async (seed) => {
    const { customers, paymentProfiles } = await withStandIns(distinctive, seed);
    expect(leftOf(distinctive, JSON.stringify({ customers, paymentProfiles }))).toEqual([]);
  });

  test("keeps its structure: members, lists, types, and all that tells of nobody", async () => {
    const { customers, paymentProfiles } = await withStandIns(distinctive, 1);
    expect(shapeOf({ customers, paymentProfiles })).toEqual(shapeOf(distinctive));
    const [before, after] = [distinctive.customers[0]!, customers[0]!];
    for (const name of ["customerType", "preferredLocale", "createdAt", "updatedAt"])
      expect(after[name]).toBe(before[name]);
    expect(after).toMatchObject({
      billing: { method: "PAPER_INVOICE", currency: "SEK", autoPay: true, address: { country: "SE" } },
      users: [{ role: "ADMIN" }, { role: "MEMBER" }],
    });
    expect(paymentProfiles[0]).toMatchObject({
      type: "CARD",
      status: "ACTIVE",
      provider: "STRIPE",
      createdAt: "2024-06-03T14:05:27.650Z",
      expiresAt: "2049-08-31",
    });
  });
});

describe("formats are kept", () => {
  test.each([
    [
      "an e-mail address",
      { contact: { email: "wilhelmina.orr@orr.co.uk" } },
      /^[a-z]+\.[a-z]{3}@[a-z]{3}\.[a-z]{2}\.example$/,
    ],
    [
      "a plus in one",
      { contact: { email: "orrin+invoices2024@gmail.com" } },
      /^[a-z]+\+[a-z]+[1-9]\d{3}@[a-z]+\.example$/,
    ],
    ["a blank behind one", { contact: { email: "orrin@Gmail.com " } }, /^[a-z]+@[A-Z][a-z]+\.example $/],
    ["one in capitals", { contact: { email: "ORRIN@GMAIL.COM" } }, /^[A-Z]+@[A-Z]+\.EXAMPLE$/],
    ["a Swedish number", { contact: { msisdn: "+46705550182" } }, /^\+46[1-9]\d{8}$/],
    ["a number with blanks", { contact: { msisdn: "+46 (0)70-555 01 82" } }, /^\+46 \(0\)\d\d-\d{3} \d\d \d\d$/],
    ["a number of long ago", { contact: { msisdn: "0046705550182" } }, /^0046[1-9]\d{8}$/],
    ["a number without country", { contact: { msisdn: "070-5550182" } }, /^0[1-9]\d-\d{7}$/],
    ["a Finnish number", { contact: { msisdn: "+358401234567" } }, /^\+358[1-9]\d{8}$/],
    ["zeros at the beginning", { identity: "00170-1", contact: {} }, /^00[1-9]\d\d-\d$/],
    ["an identity", { identity: "19720114-2386" }, /^[1-9]\d{7}-\d{4}$/],
    ["an identity with letters", { identity: "SE556677889901" }, /^[A-Z]{2}\d{12}$/],
    ["a postal code", { billing: { address: { zip: "SW1A 1AA" } } }, /^[A-Z]{2}\d[A-Z] \d[A-Z]{2}$/],
    ["an abbreviation", { billing: { address: { state: "MA" } } }, /^[A-Z]{2}$/],
    ["a house", { billing: { address: { street1: "18 Quarry Lane" } } }, /^[1-9]\d [A-Z][a-z]+ [A-Z][a-z]+$/],
    ["blanks around and within", { name: " Wilhelmina  Orrin " }, /^ [A-Z][a-z]+ {2}[A-Z][a-z]+ $/],
    ["an umlaut", { name: "Jürgen" }, /^(?=.*[à-ÿ])[A-Z][a-zß-ÿ]+$/],
    ["an umlaut at the beginning", { name: "Östberg" }, /^[À-Þ][a-z]+$/],
    ["an umlaut of two", { name: "Ju\u0308rgen" }, /^[A-Z][a-z]*\u0308[a-z]*$/],
    ["another alphabet", { name: "Наталья" }, /^[А-Я][а-яѐ-џ]{6}$/],
    ["signs and emoji", { name: "«Wilhelmina» 🎷 O'Rourke" }, /^«[A-Z][a-z]+» 🎷 [A-Z]'[A-Z][a-z]+$/u],
    ["a company", { name: "Wilhelmina & Orrin GmbH" }, /^[A-Z][a-z]+ & [A-Z][a-z]+ GmbH$/],
    ["a name of 40 letters", { name: "W".repeat(40) }, /^[A-Z]{40}$/],
    ["an empty text", { name: "" }, /^$/],
  ])("%s", async (_, given, want) => {
    const [made] = await standInsOf([customer(given)]);
    const [path] = pathsIn(given);
    const at = (record: unknown) => path!.reduce((value, name) => (value as JsonObject)[name], record);
    expect(at(made)).toMatch(want);
    if (at(given) !== "") expect(at(made)).not.toBe(at(given));
  });

  test.each([
    ["cus-0001-orrin", /^cus-\d{4}-[a-z]{5}$/],
    ["pay_90817263", /^pay_[1-9]\d{7}$/],
    ["f47ac10b-58cc-4372-a567-0e02b2c3d479", /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/],
    ["29A-BY3Z-X78", /^[1-9]\d[A-F]-[A-F][G-Z]\d[G-Z]-[G-Z]\d\d$/],
    ["orrin@gmail.com", /^[a-z]+@[a-z]+\.example$/],
  ])("those of the identifier %s", async (customerId, want) => {
    const [made] = await standInsOf([customer({ customerId })]);
    expect(made.customerId).toMatch(want);
    expect(made.customerId).not.toBe(customerId);
  });

  test("a name in front of an identifier is no prefix", async () => {
    const [made] = await standInsOf([customer({ customerId: "jim-0042", name: "Jim" })]);
    expect(made.customerId).toMatch(/^[a-z]{3}-\d{4}$/);
    expect(made.customerId).not.toMatch(/^jim/);
  });

  test("metadata keeps its names and the types of its values", async () => {
    const metadata = { plan: "gold", seats: 12, rate: -0.25, vip: true, none: null, since: "1987-03-14", tags: ["x1"] };
    const [made] = await standInsOf([customer({ metadata })]);
    expect(made.metadata).toEqual({
      plan: expect.stringMatching(/^[a-z]+$/),
      seats: expect.any(Number),
      rate: expect.any(Number),
      vip: true,
      none: null,
      since: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      tags: [expect.stringMatching(/^[a-z]\d$/)],
    });
    expect(`${made.metadata.seats} ${made.metadata.rate}`).toMatch(/^[1-9]\d -0\.\d\d$/);
    for (const name of ["plan", "seats", "rate", "since", "tags"] as const)
      expect(made.metadata[name]).not.toEqual(metadata[name]);
  });

  test("a member that the document does not name is replaced, and its name too where it is an address or a number", async () => {
    const [made] = await standInsOf([
      customer({ loyalty: { tier: "PLATINUM", "orrin@gmail.com": 1, "46705550182": 2 } }),
    ]);
    expect(JSON.stringify(made.loyalty)).not.toMatch(/platinum|orrin|gmail|46705550182/i);
    expect(Object.keys(made.loyalty).sort()).toEqual(
      [expect.stringMatching(/^\d{11}$/), expect.stringMatching(/^[a-z]+@[a-z]+\.example$/), "tier"].sort((a, b) =>
        a === "tier" ? 1 : b === "tier" ? -1 : 0,
      ),
    );
  });

  test("a text that is not what its member is for is no reason to keep it", async () => {
    const [made] = await standInsOf([
      customer({ customerType: "Wilhelmina Orrin", preferredLocale: "of Wilhelmina", createdAt: "when Orrin came" }),
    ]);
    expect(JSON.stringify(made)).not.toMatch(/wilhelmina|orrin/i);
  });
});

/** The ways to the texts in a value. */
function pathsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value === "string") return [path];
  return Object.entries(value as object).flatMap(([name, member]) => pathsIn(member, [...path, name]));
}

describe("relations are kept", () => {
  test("one person is one person, wherever and however written", async () => {
    const [one, other] = await standInsOf([
      customer({
        name: "Orrin Quillon",
        contact: { email: "Orrin@quillon.com", msisdn: "+46705550182" },
        shipping: { name: "ORRIN QUILLON ", msisdn: "+46 70-555 01 82" },
      }),
      customer({ customerId: "cus-7002", name: "Xanthippe Quillon", contact: { email: "orrin@quillon.com" } }),
    ]);
    const [first, last] = one.name.split(" ");
    expect(one.contact.email).toBe(`${first}@${last.toLowerCase()}.example`);
    expect(one.shipping.name).toBe(`${first} ${last} `.toUpperCase());
    expect(one.shipping.msisdn.replace(/[ -]/g, "")).toBe(one.contact.msisdn);
    expect(other.name.split(" ")[1]).toBe(last);
    expect(other.contact.email).toBe(one.contact.email.toLowerCase());
  });

  test("identifiers lead to the same records, from metadata too", async () => {
    const { customers, paymentProfiles, idOf } = await withStandIns(
      {
        customers: [
          customer({ billing: { defaultPaymentProfileId: "pay-1" }, metadata: { card: "pay-1", parent: "cus-7002" } }),
          customer({ customerId: "cus-7002" }),
        ],
        paymentProfiles: [{ paymentProfileId: "pay-1", customerId: "cus-7001" }],
      },
      1,
    );
    const [one, other] = customers;
    const [{ paymentProfileId, customerId }] = paymentProfiles as [JsonObject];
    expect(customerId).toBe(one!.customerId);
    expect(one).toMatchObject({
      billing: { defaultPaymentProfileId: paymentProfileId },
      metadata: { card: paymentProfileId, parent: other!.customerId },
    });
    expect(idOf("cus-7001")).toBe(customerId);
  });

  test("what is two stays two, also where identifiers are dense", async () => {
    const found = await generateFixtures(400, 3);
    const dense = Array.from({ length: 10 }, (_, index) => customer({ customerId: `cus-000${index}` }));
    const customers = [...found.customers, ...dense] as JsonObject[];
    const made = await standInsOf(customers);
    for (const read of [(one: JsonObject) => one.customerId, (one: JsonObject) => (one.contact as JsonObject).msisdn])
      expect(new Set(made.map(read)).size).toBe(new Set(customers.map(read)).size);
    const originals = new Set(customers.map(({ customerId }) => customerId));
    expect(made.filter(({ customerId }) => originals.has(customerId))).toEqual([]);
  });
});

test("the same seed makes the same stand-ins, and another seed others", async () => {
  const made = (seed: number) => withStandIns(distinctive, seed).then((one) => JSON.stringify(one));
  expect(await made(7)).toBe(await made(7));
  expect(await made(8)).not.toBe(await made(7));
});

test("a stand-in does not follow from its original, which could then be found by trying", async () => {
  const [alone] = await standInsOf([customer({ name: "Quillon" })]);
  const [, second] = await standInsOf([
    customer({ name: "Xanthippe" }),
    customer({ customerId: "c", name: "Quillon" }),
  ]);
  expect(second.name).not.toBe(alone.name);
});

test("whatever a deployment answers is replaced by values of the same types", async () => {
  const text = fc.oneof(
    ...[fc.string({ unit: "binary" }), fc.emailAddress(), fc.uuid()],
    fc.constantFrom("@", "a@", "@b", "..@..", "+", "00", "+46", "", "1e5", "2024-13-99", "2024-01-01T99:99:99.5Z"),
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof({ depthSize: "small" }, text, fc.double({ noNaN: true }), fc.boolean(), tie("list"), tie("object")),
    list: fc.array(tie("json")),
    object: fc.dictionary(
      fc.constantFrom("name", "email", "zip", "users", "billing", "__proto__", "more"),
      tie("json"),
    ),
  }));
  const record = fc.record({ customerId: json, name: json, contact: json, billing: json, identity: json, users: json });
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 3 }), async (records) => {
      const customers = JSON.parse(JSON.stringify(records));
      const made = await standInsOf(customers);
      expect(shapeOf(JSON.parse(JSON.stringify(made)))).toEqual(shapeOf(customers));
    }),
    { numRuns: 100 },
  );
});

test("a text of a hundred thousand letters takes no minutes", async () => {
  const [letters, dots, blob] = ["w".repeat(100_000), "a.".repeat(50_000), "aB3".repeat(20_000)];
  const [made] = await standInsOf([customer({ name: letters, identity: blob, contact: { email: dots } })]);
  expect([made.name.length, made.identity.length, made.contact.email.length]).toEqual([100_000, 60_000, 100_000]);
}, 10_000);
