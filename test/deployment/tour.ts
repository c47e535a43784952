// One long visit to a deployment: what it answers, request by request, as plain data that two visits can be compared by.

import type { Deployment, World } from "./deployment.ts";

export interface Exchanged {
  request: string;
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What a step may say about its request; a body that is no string is sent as JSON. */
export interface Sent {
  body?: unknown;
  headers?: Record<string, string>;
}

export const address = {
  street1: "7 O'Neill & Sons Way, Building Twelve, Door Ä",
  street2: "Floor 2",
  city: "Worcester",
  zip: "01608",
  country: "US",
  state: "MA",
  region: "Central",
  attention: "Accounts",
};

/** A plain sender for one deployment, with the API key unless the headers say otherwise. */
export function sender({ fetch, world }: Deployment) {
  return async (method: string, path: string, { body, headers = {} }: Sent = {}): Promise<Exchanged> => {
    const response = await fetch(
      new Request(`http://deployment.example${path}`, {
        method,
        headers: {
          "X-API-Key": world.keys.primary,
          ...(body !== undefined && { "Content-Type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
    const { "x-request-id": _, date, ...rest } = Object.fromEntries(response.headers);
    return { request: `${method} ${path}`, status: response.status, headers: rest, body: await response.text() };
  };
}

/**
 * Visits everything that a black-box client can reach through `fetch`, always in the same order. Given the steps of an
 * earlier tour, it throws at the first step that differs.
 */
export async function tour(deployment: Deployment, expected?: Exchanged[]): Promise<Exchanged[]> {
  const { world } = deployment;
  const send = sender(deployment);
  const steps: Exchanged[] = [];
  const me = `/customers/${world.customer}`;
  const email = { method: "EMAIL_INVOICE", email: "Pay.Desk+tv@marlowe.company", currency: "USD" };
  const paper = { method: "PAPER_INVOICE", address };
  const full = { ...email, address, defaultPaymentProfileId: world.profile, autoPay: true };

  const note = (step: Exchanged) => {
    const wanted = expected?.[steps.length];
    if (expected && JSON.stringify(step) !== JSON.stringify(wanted)) {
      throw new Error(`Step ${steps.length}, ${step.request}: ${step.status} ${step.body}, not ${wanted?.body}`);
    }
    steps.push(step);
  };
  const see = async (method: string, path: string, sent?: Sent) => note(await send(method, path, sent));
  const put = async (body: unknown, headers?: Record<string, string>, path = me) => {
    await see("PUT", `${path}/billing`, { body, ...(headers && { headers }) });
    await see("GET", path);
  };
  const under = (key: string, body: unknown, headers = {}, path = `${me}/billing`) =>
    see("PUT", path, { body, headers: { "X-Idempotency-Key": key, ...headers } });

  const reads = [
    me,
    "/customers",
    `/payment-profiles?customerId=${world.customer}`,
    `/payment-profiles/${world.profile}`,
  ];
  const { primary } = world.keys;
  const unknownKeys = [
    "",
    "nobody",
    primary.slice(0, -1),
    `${primary}0`,
    primary.toLowerCase(),
    `${primary.slice(0, -2)}zz`,
  ];
  for (const path of reads) {
    await see("GET", path);
    for (const key of unknownKeys) await see("GET", path, { headers: { "X-API-Key": key } });
    await see("GET", path, { headers: { "X-API-Key": "nobody", Authorization: "Bearer token" } });
  }
  await put(full, { "X-API-Key": "nobody" });
  for (const path of [
    `/customers/${world.unknownCustomer}`,
    `/customers/${world.customer.slice(0, -1)}`,
    `/customers/${world.unbilledCustomer}`,
    `/customers/${world.foreignCustomer}`,
    `/payment-profiles/${world.unknownProfile}`,
    `/payment-profiles/${world.secondProfile}`,
    "/payment-profiles",
    "/nothing",
    "/customers?limit=3&offset=2",
    "/customers?limit=3&offset=5",
    "/customers?limit=0",
    "/customers?limit=500",
    "/customers?limit=1001",
    "/customers?offset=99",
    "/customers?offset=-1",
    "/customers?filter=HADDAD",
    "/customers?filter=halden%20marine",
    "/customers?filter=priya.raman@",
    "/customers?filter=(",
  ]) {
    await see("GET", path);
  }

  for (const body of [
    full,
    email,
    { ...full, autoPay: false },
    { ...full, defaultPaymentProfileId: world.secondProfile },
    paper,
    { ...paper, address: { street1: "1 Elm", city: "Ware", zip: "01082", country: "US" } },
    { ...paper, email: email.email },
    { ...email, address },
    { ...full, defaultPaymentProfileId: null, autoPay: undefined },
    { ...email, autoPay: true },
    { ...email, autoPay: false },
    { ...email, defaultPaymentProfileId: world.profile },
    { ...email, defaultPaymentProfileId: null, autoPay: true },
    { ...email, defaultPaymentProfileId: world.secondProfile, autoPay: true },
  ]) {
    await put(body);
  }
  await put({ ...full, currency: "NOK" });
  await put({ ...full, currency: undefined });
  for (const bad of [
    ...["SMS", "email_invoice", "EMAIL_INVOICE ", "EMAIL", ["EMAIL_INVOICE"], 0, null].map((method) => ({ method })),
    ...["nobody", "", " a@b.example ", "a@b", "x a@b.example", 5, ["a@b.example"], null, "<a@b.example>"].map(
      (value) => ({ email: value }),
    ),
    ...["Elm 1", [address], {}, null, 5].map((value) => ({ address: value })),
    ...["street1", "city", "zip", "country"].map((field) => ({ address: { ...address, [field]: undefined } })),
    ...Object.keys(address).map((field) => ({ address: { ...address, [field]: 1608 } })),
    { address: { ...address, country: "usa" } },
    { address: { ...address, planet: "Earth" } },
    ...["usd", "EURO", "", 5, null].map((currency) => ({ currency })),
    ...[
      world.unknownProfile,
      world.foreignProfile,
      world.expiredProfile,
      "",
      5,
      false,
      { paymentProfileId: world.profile },
    ].map((defaultPaymentProfileId) => ({ defaultPaymentProfileId })),
    ...["true", 1, null, "yes"].map((autoPay) => ({ autoPay })),
    { colour: "red" },
  ]) {
    await put({ ...full, ...bad });
  }
  for (const bad of [
    { method: "EMAIL_INVOICE", currency: "GBP" },
    { method: "PAPER_INVOICE", email: "half@way.example" },
    { method: "PAPER_INVOICE", address, email: "nobody" },
    { ...email, defaultPaymentProfileId: world.unknownProfile, autoPay: false },
    { ...paper, defaultPaymentProfileId: world.unknownProfile },
    { method: "EMAIL_INVOICE", email: "nobody", address: { ...address, city: "Half" }, autoPay: false },
    { method: "EMAIL_INVOICE", email: "nobody", defaultPaymentProfileId: null },
    { email: "no@method.example" },
    {},
    [],
    "{",
    "",
    "null",
  ]) {
    await put(bad);
  }
  await put(full, { "Content-Type": "text/plain" });
  await put({ method: "PAPER_INVOICE", address: { ...address, street1: "x".repeat(300) } });
  await put({ ...email, email: `${"long".repeat(14)}@mail.example` });
  await put(email, {}, `/customers/${world.unknownCustomer}`);
  await put({ method: "EMAIL_INVOICE" }, {}, `/customers/${world.unbilledCustomer}`);
  await put({ ...email, currency: undefined }, {}, `/customers/${world.unbilledCustomer}`);
  await put({ method: "PAPER_INVOICE" }, {}, `/customers/${world.foreignCustomer}`);
  await put(paper, {}, `/customers/${world.unbilledCustomer}`);
  await see("GET", "/customers");
  await users(see, me);
  await customers(see, deployment.world, me);

  const text = JSON.stringify(full);
  await under("k1", full);
  await under("k1", full);
  await under("k1", full, { "X-API-Key": "nobody" });
  await under("k2", paper);
  await under("k1", full);
  await see("GET", me);
  for (const key of ["k3", "k4", "k5"]) await under(key, { ...email, email: `${key}@marlowe.example` });
  await under("k2", paper);
  await see("GET", me);
  await under("k1", full, { "User-Agent": "another" });
  await under("k1", full, { Authorization: "Bearer one" });
  await under("k1", full, { "Content-Type": "application/json; charset=utf-8" });
  await under("k1", full, {}, `${me}/billing?again=1`);
  await under("k1", full, {}, `/customers/${world.foreignCustomer}/billing`);
  await under("k1", ` ${text}`);
  await under("k1", text.replaceAll(",", ", "));
  await under("k1", text.replace("Pay.Desk", "pAY.dESK"));
  await under("k1", Object.fromEntries(Object.entries(full).reverse()));
  for (const [field, value] of Object.entries({
    ...full,
    ...paper,
    autoPay: false,
    email: "o@o.example",
    currency: "EUR",
  })) {
    await under("k1", { ...full, [field]: value });
  }
  await under("k1", { ...full, address: { ...address, street1: "8 O'Neill" } });
  await under("k1", { ...full, defaultPaymentProfileId: world.secondProfile });
  await under("k1", full);
  await see("GET", me);
  await under("k1", full, { "X-API-Key": world.keys.secondary });
  await under("r1", { ...email, email: "nobody" });
  await under("r1", { ...email, email: "nobody" });
  await under("r1", email);
  await under("r2", email, {}, `/customers/${world.unknownCustomer}/billing`);
  await under("r2", email, {}, `/customers/${world.unknownCustomer}/billing`);
  await under("r2", email);
  await under("u1", full, { "X-API-Key": "nobody" });
  await under("u1", full);
  for (const [one, other] of [
    [`${"a".repeat(255)}1`, `${"a".repeat(255)}2`],
    [`${"c".repeat(80)}1`, `${"c".repeat(80)}2`],
    ["list,1", "list,2"],
    ["Upper", "uPPER"],
    ["007", "7"],
    ["p.1", "p1"],
    ["with space", "withspace"],
  ] as const) {
    await under(one, email);
    await under(other, paper);
  }
  await under("", email);
  await under("d".repeat(257), email);
  await under("d".repeat(257), paper);
  await under(`${"d".repeat(256)}e`, paper);
  await see("GET", me, { headers: { "X-Idempotency-Key": "g1" } });
  await put(full);
  await see("GET", me, { headers: { "X-Idempotency-Key": "g1" } });
  await see("GET", me, { headers: { "X-Idempotency-Key": "k2" } });

  const twins = [1, 2].map(() =>
    send("PUT", `${me}/billing`, { body: paper, headers: { "X-Idempotency-Key": "twin" } }),
  );
  for (const twin of await Promise.all(twins)) note(twin);
  await under("twin", paper);
  await see("GET", me);
  await see("GET", "/customers");
  return steps;
}

/** Creates customers and changes one, under a key and without. */
async function customers(
  see: (method: string, path: string, sent?: Sent) => Promise<void>,
  { profile, secondProfile, unknownCustomer, foreignCustomer }: World,
  me: string,
) {
  const under = (key: string) => ({ headers: { "X-Idempotency-Key": key } });
  const plain = { customerType: "BUSINESS", name: "Quayside Ltd", contact: { email: "desk@quayside.example" } };
  const email = { method: "EMAIL_INVOICE", email: "pay@quayside.example" };
  for (const [index, body] of [
    plain,
    { ...plain, metadata: { floor: 4 }, identity: "5566", userIds: ["u-2207", "u-1"], contactPersonUserId: "u-1" },
    { ...plain, billing: email },
    { ...plain, customerType: "PARTNER" },
    { ...plain, name: 5 },
    { ...plain, name: undefined },
    { ...plain, contact: undefined },
    { ...plain, understudyUnknown: 1 },
    { ...plain, customerId: "k-own" },
    { ...plain, contactPersonUserId: "u-1" },
    { ...plain, billing: { ...email, method: "FAX" } },
    { ...plain, billing: { method: "EMAIL_INVOICE" } },
    { ...plain, billing: { ...email, defaultPaymentProfileId: profile } },
  ].entries()) {
    await see("POST", "/customers", { body, ...under(`new${index}`) });
    await see("GET", "/customers?limit=100");
  }
  await see("POST", "/customers", { body: plain, ...under("new0") });
  await see("GET", "/customers?limit=100");
  await see("POST", "/customers", { body: { ...plain, name: "Other" }, ...under("new0") });
  await see("PUT", me, { body: { name: "Ingrid II" }, ...under("new0") });
  const changes: unknown[] = [
    { name: "Ingrid III" },
    { contact: { email: "i@marlowe.example" }, preferredLocale: "sv-SE" },
    { billing: email },
    { name: 5 },
    { understudyUnknown: 1 },
    { billing: { method: "EMAIL_INVOICE" } },
    { billing: { ...email, defaultPaymentProfileId: secondProfile } },
  ];
  for (const [index, body] of changes.entries()) {
    await see("PUT", me, { body, ...under(`change${index}`) });
    await see("GET", me);
    await see("GET", `/customers/${foreignCustomer}`);
  }
  await see("PUT", me, { body: changes[0], ...under("change0") });
  await see("GET", me);
  await see("PUT", `/customers/${unknownCustomer}`, { body: { name: "Nobody" } });
  await see("GET", `/customers/${unknownCustomer}`);
}

/** Adds users to a customer and removes them, under a key and without. */
async function users(see: (method: string, path: string, sent?: Sent) => Promise<void>, customer: string) {
  const add = (body: unknown, key?: string) =>
    see("POST", `${customer}/users`, { body, ...(key && { headers: { "X-Idempotency-Key": key } }) });
  const remove = (userId: string, key?: string) =>
    see("DELETE", `${customer}/users?userId=${userId}`, key ? { headers: { "X-Idempotency-Key": key } } : {});
  const steps = [
    () => add({ userId: "u-9001", role: "MANAGER" }, "add"),
    () => add({ userId: "u-9001", role: "ADMIN" }, "add"),
    () => add({ userId: "u-9002" }),
    () => remove("u-9001", "remove"),
    () => add({ userId: "u-9001" }),
    () => remove("u-9001", "remove"),
    () => remove("u-9002"),
    () => remove("u-9001"),
    () => remove("u-9001"),
  ];
  for (const step of steps) {
    await step();
    await see("GET", customer);
  }
}
