import type { JsonObject } from "../../src/document/validator.ts";

/** Members whose values tell of nobody. */
const open = [
  ...["customerType", "preferredLocale", "method", "currency", "country", "role", "status", "type", "provider"],
  ...["createdAt", "updatedAt", "expiresAt"],
];

/** Words that may stay: the beginning of an address, the form of a company, the kind of a card. */
const mayStay = ["https", "gmbh", "visa", "ending"];

/** A world that the document accepts, in which each personal value is found in no other place than its own. */
export const distinctive = {
  customers: [
    {
      customerId: "k93c2d6e-1f0a-4b7e-8a15-3f9d2c70e8b4",
      customerType: "CONSUMER",
      name: "Zebedee  Quillon ",
      contact: { email: "Zebedee.Quillon+faktura@brevpost.quillonia.se", msisdn: "+46705550182" },
      identity: "19720114-2386",
      preferredLocale: "sv-SE",
      humanReadableId: "61C-KT4M-P07",
      billing: {
        method: "PAPER_INVOICE",
        currency: "SEK",
        email: "ZEBEDEE@quillonia.SE",
        address: {
          street1: "Snöfrid Ölands väg 1873",
          street2: "Vindsvåning 4711",
          city: "Härnösandsby",
          state: "Medelpadia",
          region: "Norrlandia",
          zip: "07539",
          country: "SE",
          attention: "Xanthippe-Thistlewood",
        },
        defaultPaymentProfileId: "y1e6b3d8-47a2-4905-bf1c-c82d5e90a7f6",
        autoPay: true,
      },
      users: [
        { userId: "u-220719", name: "Zebedee Quillon", role: "ADMIN" },
        { userId: "thaddeus@wrenfield.net", name: "Thaddeus Wrenfield", role: "MEMBER" },
      ],
      contactPersonUserId: "u-220719",
      contactPerson: { userId: "u-220719", name: "Zebedee Quillon", role: "ADMIN" },
      shipping: {
        name: "Peregrine O'Haversham",
        address: { street1: "99182 Umberleigh Crossing", city: "Puddlemere", zip: "PL82 7XQ", country: "GB" },
        msisdn: "+44 7700 900461",
        instructions: "Ring Bartholomew at 0791-553 8264, or bartholomew@ferncastle.org; beware of Cerberus.",
      },
      createdAt: "2024-02-11T08:14:52.117Z",
      updatedAt: "2025-01-30T16:40:03.902Z",
      metadata: {
        crm: "https://crm.hollowbrook.io/people/zebedee-quillon?geb=19720114",
        segment: "Ultramarine",
        accountNumber: 8826451937,
        discount: 17.625,
        born: "1972-01-14",
        lastSeen: "2019-07-23T21:47:33.412Z",
        phone: "+46 8 5550 1739",
        parent: "kd27f4a9-60b3-4c18-b5e7-0e94c1a8f362",
        nested: [{ nickname: "Zebbo", notes: ["owes Mortimer", null, true] }],
        "thaddeus@wrenfield.net": "Deputy",
        // In YAML another thing, unless it is quoted.
        "<<": { merged: "Marmaduke" },
      },
      // A deployment may answer more than the document says.
      legacyOwner: { fullName: "Cornelius Blackthorn", ssn: "078-05-1120", active: false },
    },
    {
      customerId: "kd27f4a9-60b3-4c18-b5e7-0e94c1a8f362",
      customerType: "BUSINESS",
      name: "Brandybuck & Mühlenhövel GmbH",
      contact: { email: "kontor@brandybuck-muehle.de" },
      identity: "DE813992525",
      billing: { method: "EMAIL_INVOICE", currency: "EUR", email: "rechnung@brandybuck-muehle.de", autoPay: false },
      createdAt: "2024-03-02T10:00:00.000Z",
      updatedAt: "2024-11-19T07:21:45.338Z",
    },
    {
      customerId: "k5b0871c-e2d4-4f39-9c6a-71b8f05ad2e3",
      customerType: "CONSUMER",
      name: "Наталья Воробьёва",
      contact: {},
      createdAt: "2024-05-21T12:30:09.480Z",
    },
  ] as JsonObject[],
  paymentProfiles: [
    {
      paymentProfileId: "y1e6b3d8-47a2-4905-bf1c-c82d5e90a7f6",
      type: "CARD",
      status: "ACTIVE",
      customerId: "k93c2d6e-1f0a-4b7e-8a15-3f9d2c70e8b4",
      createdAt: "2024-06-03T14:05:27.650Z",
      provider: "STRIPE",
      displayName: "Visa ending 90362 of Zebedee",
      expiresAt: "2049-08-31",
      billingDetails: {
        name: "Z. Quillon",
        email: "zebedee.quillon@quillonia.se",
        address: { street1: "Gyllenborgska 6628", city: "Härnösandsby", zip: "07539", country: "SE" },
      },
      metadata: { fingerprint: "Xt5lEy9bQ0pAzW", token: "4929 3813 3266 4295" },
    },
  ] as JsonObject[],
};

/** Every personal value in a world, in lower case: each text as a whole, its words of four letters and more, its rows of five digits and more, mixed ones of six. */
export function personalIn(value: unknown): string[] {
  const texts = textsIn(value).flatMap((text) => [
    text.toLowerCase().trim(),
    text.replace(/\D/g, "").replace(/^\d{1,4}$/, ""),
    // Shorter ones are found by chance.
    ...text
      .toLowerCase()
      .split(/[^\p{L}\p{N}\p{M}]+/u)
      .filter((one) => one.length >= 6),
    ...(text.toLowerCase().match(/\p{L}{4,}|\p{N}{5,}/gu) ?? []),
  ]);
  return [...new Set(texts)].filter((text) => text.length >= 4 && !mayStay.includes(text));
}

/** What is left of the personal values of a world in a text. */
export function leftOf(world: unknown, text: string): string[] {
  const bytes = text.toLowerCase();
  return personalIn(world).filter((one) => bytes.includes(one));
}

function textsIn(value: unknown, name = ""): string[] {
  if (open.includes(name)) return [];
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [`${value}`];
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(item));
  return Object.entries(value ?? {}).flatMap(([own, member]) => [
    ...(own.includes("@") ? [own] : []),
    ...textsIn(member, own),
  ]);
}

/** A value with its texts and numbers told by their type alone, and no name that is an address. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value === "boolean" ? value : typeof value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.includes("@") ? "an address" : name, shapeOf(member)]),
  );
}
