// The small tenant that the deployment serves: who its customers are, which cards they own and which keys open it.

export interface Address {
  street1: string;
  city: string;
  zip: string;
  country: string;
  street2?: string;
  state?: string;
  region?: string;
  attention?: string;
}

/** A stored billing configuration; open, because broken behaviours store what they should have refused. */
export interface Billing {
  method?: string;
  currency?: string;
  email?: string;
  address?: Address;
  defaultPaymentProfileId?: string | null;
  autoPay?: boolean;
  [field: string]: unknown;
}

export interface CustomerUser {
  userId: string;
  name: string;
  role: "MEMBER" | "MANAGER" | "ADMIN";
}

export interface Customer {
  customerId: string;
  customerType: "CONSUMER" | "BUSINESS";
  name: string;
  contact: { email?: string; msisdn?: string };
  identity?: string;
  preferredLocale?: string;
  humanReadableId?: string;
  billing?: Billing;
  users?: CustomerUser[];
  contactPersonUserId?: string;
  contactPerson?: CustomerUser;
  shipping?: { name: string; address: Address; msisdn?: string; instructions?: string };
  createdAt: string;
  updatedAt: string;
  metadata?: Record<string, unknown>;
}

export interface PaymentProfile {
  paymentProfileId: string;
  type: string;
  status: "ACTIVE" | "INACTIVE" | "EXPIRED" | "REQUIRES_ACTION";
  customerId: string;
  createdAt: string;
  provider?: string;
  displayName?: string;
  expiresAt?: string;
  billingDetails?: { name?: string; email?: string; address?: Address };
  metadata?: Record<string, unknown>;
}

/** Every id and key of the tenant that a caller may need to know. */
export interface World {
  keys: { primary: string; secondary: string };
  /** E-mail billing, an ACTIVE card, an ACTIVE direct debit of another provider and an EXPIRED card. */
  customer: string;
  /** Another customer, on paper invoices, owner of `foreignProfile`. */
  foreignCustomer: string;
  /** A customer that never had a billing configuration. */
  unbilledCustomer: string;
  /** Twelve more, so that lists have pages. */
  otherCustomers: readonly string[];
  profile: string;
  secondProfile: string;
  expiredProfile: string;
  foreignProfile: string;
  unknownCustomer: string;
  unknownProfile: string;
}

/** The tenant as `createDeployment()` serves it; ids look like UUIDs and are none, as in the reference. */
export const world: World = {
  keys: { primary: "tenant_live_7Qm2vXo9TbLr4WzN", secondary: "tenant_live_hS81dKpYeU3cJf6A" },
  customer: "k93c2d6e-1f0a-4b7e-8a15-3f9d2c70e8b4",
  foreignCustomer: "k5b0871c-e2d4-4f39-9c6a-71b8f05ad2e3",
  unbilledCustomer: "kd27f4a9-60b3-4c18-b5e7-0e94c1a8f362",
  otherCustomers: Array.from({ length: 12 }, (_, n) => `k${1000000 + n * 7919}-8c21-4e5d-a3f6-5d0be7194c${n + 10}`),
  profile: "y1e6b3d8-47a2-4905-bf1c-c82d5e90a7f6",
  secondProfile: "y8f05c2a-b913-46de-8e74-29a6d1f3c0b5",
  expiredProfile: "y40d9e7b-2c68-4a1f-93b5-e6f7180c4da2",
  foreignProfile: "yc7a1f46-d85e-4b20-a9d3-504e8b2f691c",
  unknownCustomer: "k00e5a1d-7b42-4d90-8f3e-b1c6a92d7f08",
  unknownProfile: "y00b9f3c-51ea-4c87-a260-9d4e7f18c3b5",
};

const others: readonly [name: string, type: Customer["customerType"], currency?: string][] = [
  ["Tove Sandberg", "CONSUMER", "SEK"],
  ["Halden Marine Ltd", "BUSINESS", "NOK"],
  ["Priya Raman", "CONSUMER", "USD"],
  ["Ortega & Hijos", "BUSINESS", "EUR"],
  ["Marcin Wolny", "CONSUMER"],
  ["Blue Fjord Logistics", "BUSINESS", "NOK"],
  ["Aiko Tanabe", "CONSUMER", "USD"],
  ["Castellan Hotels", "BUSINESS", "EUR"],
  ["Samuel Okafor", "CONSUMER"],
  ["Greta Lindqvist", "CONSUMER", "SEK"],
  ["Pinecrest Dental", "BUSINESS", "USD"],
  ["Noor Haddad", "CONSUMER", "EUR"],
];

/** The same tenant under other ids, for deployments whose ids have another form. */
export function renameWorld(id: (plain: string) => string): World {
  return {
    keys: world.keys,
    customer: id(world.customer),
    foreignCustomer: id(world.foreignCustomer),
    unbilledCustomer: id(world.unbilledCustomer),
    otherCustomers: world.otherCustomers.map(id),
    profile: id(world.profile),
    secondProfile: id(world.secondProfile),
    expiredProfile: id(world.expiredProfile),
    foreignProfile: id(world.foreignProfile),
    unknownCustomer: id(world.unknownCustomer),
    unknownProfile: id(world.unknownProfile),
  };
}

/** A fresh copy of everything the tenant holds, oldest customer first. */
export function settle(ids: World): { customers: Map<string, Customer>; profiles: Map<string, PaymentProfile> } {
  const customers: Customer[] = [
    {
      customerId: ids.customer,
      customerType: "CONSUMER",
      name: "Ingrid Marlowe",
      contact: { email: "ingrid@marlowe.example", msisdn: "+15550142001" },
      identity: "19720114-2386",
      preferredLocale: "en-US",
      humanReadableId: "61C-KT4M-P07",
      billing: {
        method: "EMAIL_INVOICE",
        currency: "EUR",
        email: "invoices@marlowe.example",
        defaultPaymentProfileId: ids.profile,
        autoPay: true,
      },
      users: [
        { userId: "u-2207", name: "Ingrid Marlowe", role: "ADMIN" },
        { userId: "u-2208", name: "Felix Marlowe", role: "MEMBER" },
      ],
      contactPersonUserId: "u-2207",
      contactPerson: { userId: "u-2207", name: "Ingrid Marlowe", role: "ADMIN" },
      shipping: {
        name: "Ingrid Marlowe",
        address: { street1: "18 Quarry Lane", city: "Natick", zip: "01760", country: "US", state: "MA" },
        msisdn: "+15550142001",
      },
      createdAt: "2024-02-11T08:14:52.117Z",
      updatedAt: "2025-01-30T16:40:03.902Z",
      metadata: { segment: "household", seats: 2, tags: ["fibre"] },
    },
    {
      customerId: ids.foreignCustomer,
      customerType: "BUSINESS",
      name: "Brandt & Cole Architects",
      contact: { email: "office@brandtcole.example" },
      identity: "556677-8899",
      preferredLocale: "sv-SE",
      humanReadableId: "08F-QX2R-M63",
      billing: {
        method: "PAPER_INVOICE",
        currency: "SEK",
        address: {
          street1: "Repslagargatan 4",
          street2: "3 tr",
          city: "Stockholm",
          zip: "11846",
          country: "SE",
          attention: "Accounts payable",
        },
        defaultPaymentProfileId: ids.foreignProfile,
        autoPay: false,
      },
      createdAt: "2024-03-02T10:00:00.000Z",
      updatedAt: "2024-11-19T07:21:45.338Z",
    },
    {
      customerId: ids.unbilledCustomer,
      customerType: "CONSUMER",
      name: "Jonas Weir",
      contact: { msisdn: "+15550142777" },
      createdAt: "2024-05-21T12:30:09.480Z",
      updatedAt: "2024-05-21T12:30:09.480Z",
    },
    ...others.map(([name, customerType, currency], n): Customer => {
      const email = `${(name.toLowerCase().match(/[a-z]+/g) ?? []).join(".")}@post.example`;
      const at = new Date(Date.UTC(2024, 6, 1 + n, 9, n, 30, 40 + n)).toISOString();
      return {
        customerId: ids.otherCustomers[n] ?? "",
        customerType,
        name,
        contact: { email },
        ...(currency && { billing: { method: "EMAIL_INVOICE", currency, email, autoPay: false } }),
        createdAt: at,
        updatedAt: at,
      };
    }),
  ];
  const card = (paymentProfileId: string, customerId: string, displayName: string, expiresAt: string) => ({
    paymentProfileId,
    type: "CARD",
    status: "ACTIVE" as PaymentProfile["status"],
    customerId,
    createdAt: "2024-06-03T14:05:27.650Z",
    provider: "STRIPE",
    displayName,
    expiresAt,
  });
  const profiles: PaymentProfile[] = [
    {
      ...card(ids.profile, ids.customer, "Visa ending 1881", "2031-08-31"),
      billingDetails: { name: "Ingrid Marlowe", email: "ingrid@marlowe.example" },
    },
    {
      ...card(ids.secondProfile, ids.customer, "Mandate ending 3000", "2030-02-28"),
      type: "SEPA",
      provider: "ADYEN",
    },
    { ...card(ids.expiredProfile, ids.customer, "Visa ending 0026", "2023-04-30"), status: "EXPIRED" },
    card(ids.foreignProfile, ids.foreignCustomer, "Corporate card ending 8431", "2029-12-31"),
  ];
  return {
    customers: new Map(customers.map((customer) => [customer.customerId, customer])),
    profiles: new Map(profiles.map((profile) => [profile.paymentProfileId, profile])),
  };
}
