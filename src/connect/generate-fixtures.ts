import type { Faker } from "@faker-js/faker";
import type { ConnectFixtures, Customer, PaymentProfile } from "./records.ts";

/** All times lie around this one, so that the same seed makes the same world at any time. */
const present = Date.parse("2026-01-15T09:30:00.000Z");

const day = 24 * 60 * 60 * 1000;

type Address = NonNullable<NonNullable<Customer["billing"]>["address"]>;

/** So often whoever wants to know is told how many customers there are. */
const toldEach = 1000;

/**
 * Makes up a number of customers with their payment profiles; the same seed makes the same world. `told` hears how many there are, now
 * and then and at the end.
 */
export async function generateFixtures(
  count: number,
  seed: number,
  told: (made: number) => void = () => {},
): Promise<ConnectFixtures> {
  // Loaded at its first use: a mock with fixtures of its own never needs it.
  const { base, en, Faker } = await import("@faker-js/faker");
  const faker = new Faker({ locale: [en, base], seed });
  const customers: Customer[] = [];
  const paymentProfiles: PaymentProfile[] = [];
  for (let number = 1; number <= count; number++) {
    const customerId = `cus-${String(number).padStart(6, "0")}`;
    // One minute apart, the last just before the present.
    const createdAt = present - (count - number + 1) * 60_000 - 400 * day;
    const profiles = profilesOf(faker, customerId, createdAt);
    customers.push(customerOf(faker, customerId, createdAt, profiles));
    paymentProfiles.push(...profiles);
    if (number % toldEach === 0 || number === count) told(number);
  }
  return { customers, paymentProfiles };
}

function customerOf(
  faker: Faker,
  customerId: string,
  createdAt: number,
  profiles: readonly PaymentProfile[],
): Customer {
  const business = faker.datatype.boolean(0.6);
  const [first, last] = [faker.person.firstName(), faker.person.lastName()];
  const name = business ? faker.company.name() : `${first} ${last}`;
  const slug = faker.helpers
    .slugify(name)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const email = business ? `office@${slug}.example` : `${slug}@mail.example`;
  return {
    customerId,
    customerType: business ? "BUSINESS" : "CONSUMER",
    name,
    contact: { email, msisdn: `+1555${faker.string.numeric(7)}` },
    ...(business ? { identity: faker.helpers.replaceSymbols("##-#######") } : {}),
    preferredLocale: "en-US",
    humanReadableId: faker.helpers.replaceSymbols("##?-??#?-?##"),
    // Some have never been billed.
    ...(faker.datatype.boolean(0.9) ? { billing: billingOf(faker, email, profiles) } : {}),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(createdAt + faker.number.int({ min: 0, max: 399 * day })).toISOString(),
  };
}

function billingOf(faker: Faker, email: string, profiles: readonly PaymentProfile[]): NonNullable<Customer["billing"]> {
  const active = profiles.find(({ status }) => status === "ACTIVE");
  const payment = active && faker.datatype.boolean(0.6) ? { defaultPaymentProfileId: active.paymentProfileId } : {};
  const autoPay = "defaultPaymentProfileId" in payment && faker.datatype.boolean(0.7);
  return faker.datatype.boolean(0.7)
    ? { method: "EMAIL_INVOICE", currency: "USD", email, ...payment, autoPay }
    : { method: "PAPER_INVOICE", currency: "USD", address: addressOf(faker), ...payment, autoPay };
}

function addressOf(faker: Faker): Address {
  return {
    street1: faker.location.streetAddress(),
    city: faker.location.city(),
    state: faker.location.state({ abbreviated: true }),
    zip: faker.location.zipCode("#####"),
    country: "US",
  };
}

function profilesOf(faker: Faker, customerId: string, createdAt: number): PaymentProfile[] {
  return Array.from({ length: faker.number.int({ min: 0, max: 3 }) }, (_, index) => {
    const status = faker.helpers.weightedArrayElement([
      { value: "ACTIVE" as const, weight: 6 },
      { value: "EXPIRED" as const, weight: 2 },
      { value: "INACTIVE" as const, weight: 1 },
      { value: "REQUIRES_ACTION" as const, weight: 1 },
    ]);
    // Twenty years on the cards of this world have not expired by themselves.
    const years =
      status === "EXPIRED" ? -faker.number.int({ min: 0, max: 2 }) : 20 + faker.number.int({ min: 1, max: 4 });
    return {
      paymentProfileId: `${customerId.replace("cus", "pay")}-${index + 1}`,
      type: "CARD",
      status,
      customerId,
      createdAt: new Date(createdAt + (index + 1) * day).toISOString(),
      provider: "STRIPE",
      displayName: `${faker.helpers.arrayElement(["Visa", "Mastercard", "Amex"])} ending in ${faker.string.numeric(4)}`,
      expiresAt: new Date(present + years * 365 * day - 15 * day).toISOString().slice(0, 10),
    };
  });
}
