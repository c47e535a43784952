import { isObject, type JsonObject } from "../document/validator.ts";
import { createSubstitutes, datePattern, type Originals, part, phonePattern, type Substitutes } from "./substitutes.ts";

/** Records of a deployment, as it answers them: whether they obey the document is not known yet. */
export type Found = {
  readonly customers: readonly JsonObject[];
  readonly paymentProfiles: readonly JsonObject[];
};

/** What a text of a record is; those of `kept` say nothing of a person, and stay where they look as such texts do. */
type Kind = keyof typeof kept | "id" | "name" | "email" | "phone" | "code" | "words" | "label" | "free";

/** How a value is replaced, by its place: a text by its kind, the members of an object by their names, the items of a list. */
type Rule = Kind | { readonly members: Readonly<Record<string, Rule>> } | { readonly items: Rule };

const kept = {
  /** A value of a closed list. */
  constant: /^[A-Z][A-Z0-9]*([_-][A-Z0-9]+)*$/,
  /** A value of an open list. */
  token: /^[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*$/,
  locale: /^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/,
  country: /^[A-Za-z]{2,3}$/,
  currency: /^[A-Za-z]{3}$/,
  time: /^\d[\d:TZtz .+-]*$/,
};

const address: Rule = {
  members: {
    street1: "words",
    street2: "words",
    city: "words",
    state: "words",
    region: "words",
    zip: "code",
    country: "country",
    attention: "name",
  },
};

const user: Rule = { members: { userId: "id", name: "name", role: "constant" } };

const customer: Rule = {
  members: {
    customerId: "id",
    customerType: "constant",
    name: "name",
    contact: { members: { email: "email", msisdn: "phone" } },
    identity: "code",
    preferredLocale: "locale",
    humanReadableId: "id",
    billing: {
      members: {
        method: "constant",
        currency: "currency",
        email: "email",
        address,
        defaultPaymentProfileId: "id",
      },
    },
    users: { items: user },
    contactPersonUserId: "id",
    contactPerson: user,
    shipping: { members: { name: "name", address, msisdn: "phone", instructions: "words" } },
    createdAt: "time",
    updatedAt: "time",
  },
};

const paymentProfile: Rule = {
  members: {
    paymentProfileId: "id",
    type: "token",
    status: "constant",
    customerId: "id",
    createdAt: "time",
    provider: "token",
    displayName: "label",
    expiresAt: "time",
    billingDetails: { members: { name: "name", email: "email", address } },
  },
};

const wordsOf = (text: string) => new Set(text.split(" "));

/** Words that stay: what kind of company it is, */
const legalForms = wordsOf("ab ltd llc inc gmbh plc aps corp limited");
/** what kind of means of payment, */
const cardWords = wordsOf(
  "visa mastercard amex american express discover maestro jcb unionpay paypal klarna swish sepa apple google pay " +
    "card credit debit direct mandate bank account corporate ending ends in with",
);
/** and what begins an address of a page. */
const schemes = wordsOf("http https www");

/** Records in which stand-ins are in the place of personal details. */
export type StandIns = Found & {
  /** What an identifier of the originals has become. */
  idOf(original: string): string;
};

/**
 * Replaces what tells of a person by stand-ins that follow from the seed: the same original by the same one, wherever it is, of the
 * same format, with its oddities such as blanks, letter case and accents. Members that the document does not name, and metadata,
 * keep their names and the types of their values.
 */
export async function withStandIns({ customers, paymentProfiles }: Found, seed: number): Promise<StandIns> {
  const { base, en, Faker } = await import("@faker-js/faker");
  const texts = { parts: new Set<string>(), ids: new Set<string>() };
  const collect = collector(texts);
  for (const record of customers) replaced(record, customer, collect);
  for (const record of paymentProfiles) replaced(record, paymentProfile, collect);
  const substitutes = createSubstitutes(new Faker({ locale: [en, base], seed }), texts);
  const replace = replacer(substitutes, texts);
  return {
    customers: customers.map((record) => replaced(record, customer, replace) as JsonObject),
    paymentProfiles: paymentProfiles.map((record) => replaced(record, paymentProfile, replace) as JsonObject),
    idOf: (original) => substitutes.id(original),
  };
}

/** What is done to the values of a record. */
type Work = {
  text(text: string, kind: Kind): string;
  number(value: number): number;
  /** The name of a member that the document does not name. */
  name(name: string): string;
};

function replaced(value: unknown, rule: Rule, work: Work): unknown {
  if (typeof value === "string") return work.text(value, typeof rule === "string" ? rule : "free");
  if (typeof value === "number") return work.number(value);
  if (Array.isArray(value)) {
    const items = typeof rule === "object" && "items" in rule ? rule.items : "free";
    return value.map((item) => replaced(item, items, work));
  }
  if (!isObject(value)) return value;
  const members = typeof rule === "object" && "members" in rule ? rule.members : {};
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isKnown = Object.hasOwn(members, name);
      return [isKnown ? name : work.name(name), replaced(member, isKnown ? members[name]! : "free", work)];
    }),
  );
}

function isKept(text: string, kind: Kind): boolean {
  return Object.hasOwn(kept, kind) && kept[kind as keyof typeof kept].test(text.trim());
}

/** Notes what is to be replaced. */
function collector({ parts, ids }: { parts: Set<string>; ids: Set<string> }): Work {
  const note = (text: string) => {
    for (const [one] of text.toLowerCase().matchAll(part)) parts.add(one);
  };
  return {
    text(text, kind) {
      if (isKept(text, kind)) return text;
      if (kind === "id") ids.add(text.toLowerCase());
      else note(text);
      if (kind === "phone" || kind === "code") parts.add(text.toLowerCase().replace(/[^\p{L}\p{Nd}]/gu, ""));
      return text;
    },
    number(value) {
      note(`${value}`);
      return value;
    },
    name: (name) => name,
  };
}

function replacer(substitutes: Substitutes, { ids }: Originals): Work {
  const { id, code, phone, words, date, number } = substitutes;

  function free(text: string): string {
    if (ids.has(text.trim().toLowerCase())) return text.replace(text.trim(), id);
    if (datePattern.test(text)) return date(text);
    return phonePattern.test(text) ? phone(text) : words(text, schemes);
  }

  return {
    text(text, kind) {
      if (isKept(text, kind)) return text;
      if (kind === "id") return id(text);
      if (kind === "code") return code(text);
      if (kind === "phone") return text.includes("@") ? words(text) : phone(text);
      if (kind === "name") return words(text, legalForms);
      if (kind === "label") return words(text, cardWords);
      return kind === "email" || kind === "words" ? words(text) : free(text);
    },
    number,
    // Names of members are names of kinds, but some deployments keep records by address or number.
    name: (name) => (/@|\d{5}/.test(name) || ids.has(name.toLowerCase()) ? free(name) : name),
  };
}
