import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  accepted,
  conflict,
  contains,
  type Exchange,
  equal,
  holds,
  isObject,
  type JsonObject,
  type LeftBehind,
  memberOf,
  omit,
  type RequestPlan,
  refused,
  type Statement,
  stated,
  type Undo,
  type Visit,
} from "../src/contract/kit.ts";
import { undoBilling } from "./billing.contract.ts";
import { pageOf } from "./customers.contract.ts";
import { address, besidesBilling, emailInvoice, usersOf, withoutTimes } from "./samples.ts";
import {
  assumed,
  billingOf,
  type ConnectCase,
  type ConnectScene,
  customerPath,
  documented,
  type Topic,
} from "./scene.ts";

const createClaim =
  "POST /customers: 201 Customer; body customerType, name, contact required; billing, userIds, contactPersonUserId, identity, preferredLocale, shipping, metadata; idempotency key.";
const updateClaim =
  "PUT /customers/{customerId}: name, identity, preferredLocale, contact, billing, shipping, all optional; idempotency key.";
const billingClaim = "The billing within a customer follows the rules of a change of billing alone (assumed).";
const replayClaim = "Same key, identical request: the kept answer is returned and nothing is executed again.";
const mismatchClaim = "Same key, other request: 409 `idempotency_key_mismatch`.";
const typeClaim = "The types of the customer's members.";

const shipping = { name: "Dock 4", address, msisdn: "+15551234567", instructions: "Ring twice" };

/** A customer that no other request of the run makes: its name tells it from all others. */
function newcomer(): { customerType: string; name: string; contact: { email: string } } {
  const name = `Understudy ${randomUUID().slice(0, 13)}`;
  return {
    customerType: "CONSUMER",
    name,
    contact: { email: `${name.toLowerCase().replace(" ", "-")}@company.example` },
  };
}

/** Members whose form goes by rules that the reference only speaks of: a number by the country and the type of the customer. */
const formedElsewhere = new Set(["identity"]);

/** A customer is created with one more member, which is then there; a target may show no customer's. */
function keeps(name: string, more: JsonObject): ConnectCase {
  return documented({
    id: `create-customer/keeps-${kebab(name)}`,
    title: `A customer that is created has the ${name} that it was created with`,
    claim: createClaim,
    async run(scene) {
      const answer = await create(scene, { ...newcomer(), ...more });
      if (formedElsewhere.has(name) && isRefusal(answer))
        scene.skip(`the target refuses this ${name} (${answer.status}), whose form the reference does not say`);
      const stored = await scene.read(newId(answer));
      if (stored[name] == null && scene.found[name] == null) scene.skip(`the target shows no customer's ${name}`);
      contains(accepted(answer), more, "customer", answer);
      contains(stored, more, "customer read back");
    },
  });
}

const creations: ConnectCase[] = [
  documented({
    id: "create-customer/answers-the-customer",
    title: "A customer that is created is answered, with an id",
    claim: createClaim,
    async run(scene) {
      const body = newcomer();
      const answer = await create(scene, body);
      contains(accepted(answer), body, "customer", answer);
      newId(answer);
    },
  }),
  documented({
    id: "create-customer/is-read-back",
    title: "A customer that is created is read by the id that was answered, as it was answered",
    claim: createClaim,
    async run(scene) {
      const answer = await create(scene, newcomer());
      const answered = omit(besidesBilling(accepted(answer)), "createdAt");
      contains(besidesBilling(await scene.read(newId(answer))), answered, "customer");
    },
  }),
  documented({
    id: "create-customer/stands-in-the-list",
    title: "A customer that is created stands in the list, once",
    claim: "GET /customers lists customers.",
    async run(scene) {
      const body = newcomer();
      const answer = await create(scene, body);
      equal(await idsListed(scene, body.name), [newId(answer)], "the ids of the customers of this name", answer);
    },
  }),
  ...[
    { identity: "98-7654321" },
    { preferredLocale: "sv-SE" },
    { customerType: "BUSINESS" },
    { contact: { email: "office@company.example", msisdn: "+15551234567" } },
    { shipping },
    { metadata: { segment: "understudy", seats: 2, tags: ["one"] } },
  ].map((more: JsonObject) => keeps(Object.keys(more)[0]!, more)),
  documented({
    id: "create-customer/keeps-billing",
    title: "A customer that is created has the billing that it was created with",
    claim: createClaim,
    async run(scene) {
      const billing = { ...emailInvoice(), currency: "EUR" };
      const answer = await create(scene, { ...newcomer(), billing });
      contains(billingOf(accepted(answer)), billing, "billing", answer);
      contains(billingOf(await scene.read(newId(answer))), billing, "billing read back");
    },
  }),
  documented({
    id: "create-customer/keeps-user-ids",
    title: "A customer that is created has the users and the contact person that it was created with",
    claim: createClaim,
    async run(scene) {
      const { given, read } = scene;
      const answer = await createWithUser(scene, { contactPersonUserId: given.user });
      const customer = await read(newId(answer));
      if (Array.isArray(customer.users)) {
        const ids = usersOf(customer).map(({ userId }) => userId);
        const ours = ids.filter((id) => id === given.user);
        equal(ours, [given.user], "the ids of the users");
      }
      const { contactPersonUserId, contactPerson } = customer;
      equal(contactPersonUserId ?? given.user, given.user, "contactPersonUserId");
      equal(memberOf(contactPerson, "userId") ?? given.user, given.user, "contactPerson.userId");
    },
  }),
  documented({
    id: "create-customer/each-has-an-id",
    title: "Two customers that are created have two ids",
    claim: "The unique identifier for the customer.",
    async run(scene) {
      const body = newcomer();
      const first = newId(await create(scene, body));
      const same = await create(scene, body);
      // A target may want an e-mail address to be one customer's alone.
      const answer = isRefusal(same) ? await create(scene, newcomer()) : same;
      holds(newId(answer) !== first, "the second customer should have an id of its own", answer, {
        at: "customerId",
        expected: `not ${first}`,
        received: first,
      });
    },
  }),
  documented({
    id: "create-customer/touches-no-other",
    title: "A customer that is created leaves the others as they were",
    claim: createClaim,
    async run(scene) {
      const before = withoutTimes(await scene.read());
      newId(await create(scene, { ...newcomer(), shipping, billing: emailInvoice() }));
      equal(withoutTimes(await scene.read()), before, "customer");
    },
  }),
  ...[
    { id: "type-of-another-kind", body: { ...newcomer(), customerType: "PARTNER" } },
    { id: "name-that-is-no-text", body: { ...newcomer(), name: 5 } },
    { id: "contact-that-is-no-object", body: { ...newcomer(), contact: "office@company.example" } },
    { id: "identity-that-is-no-text", body: { ...newcomer(), identity: 987654321 } },
    { id: "user-ids-that-are-no-list", body: { ...newcomer(), userIds: "usr-1" } },
    { id: "metadata-that-is-no-object", body: { ...newcomer(), metadata: "segment" } },
    { id: "billing-by-no-known-method", body: { ...newcomer(), billing: { ...emailInvoice(), method: "FAX" } } },
    { id: "list-in-place-of-a-customer", body: [newcomer()] },
  ].map(({ id, body }) =>
    documented({
      id: `create-customer/refuses-${id}`,
      title: `A customer with a ${id.replaceAll("-", " ")} is refused`,
      claim: typeClaim,
      async run(scene) {
        refused(await create(scene, body));
      },
    }),
  ),
  documented({
    id: "create-customer/replay",
    title: "A creation repeated under its key gets the first answer, and creates nobody",
    claim: replayClaim,
    async run(scene) {
      const body = newcomer();
      const request = creation(body, scene.freshKey());
      const first = mayCreate(scene, await scene.send(request));
      const customerId = newId(first);
      newId(await create(scene, newcomer()));
      for (let round = 0; round < 2; round++) {
        const again = await scene.send(request);
        equal([again.status, again.text], [first.status, first.text], "the repeated answer", again);
      }
      equal(await idsListed(scene, body.name), [customerId], "the ids of the customers of this name");
    },
  }),
  documented({
    id: "create-customer/at-once",
    title: "Of five identical creations at once under a key, one creates a customer",
    claim: replayClaim,
    async run(scene) {
      const body = newcomer();
      const request = creation(body, scene.freshKey());
      const answers = await scene.sendTogether(new Array(5).fill(request));
      for (const answer of answers) mayCreate(scene, answer);
      const made = answers.filter(({ status }) => status < 300).map(newId);
      holds(made.length > 0, "one of the creations should be carried out", answers[0], {
        at: "status",
        expected: "2xx",
        received: answers.map(({ status }) => status),
      });
      equal(await idsListed(scene, body.name), [made[0]], "the ids of the customers of this name");
    },
  }),
  documented({
    id: "create-customer/changed-replay",
    title: "Another creation under a used key is a mismatch, and creates nobody",
    claim: mismatchClaim,
    async run(scene) {
      const [one, other, key] = [newcomer(), newcomer(), scene.freshKey()];
      newId(mayCreate(scene, await scene.send(creation(one, key))));
      conflict(await scene.send(creation(other, key)), "idempotency_key_mismatch");
      equal(await idsNamed(scene, other.name), [], "the ids of the customers of the second name");
    },
  }),
  assumed({
    id: "create-customer/is-201",
    title: "A creation is answered 201",
    claim: "201 Customer (inferred).",
    async run(scene) {
      const answer = await create(scene, newcomer());
      newId(answer);
      equal(answer.status, 201, "status", answer);
    },
  }),
  ...["customerType", "name", "contact"].map((name) =>
    assumed({
      id: `create-customer/needs-${kebab(name)}`,
      title: `A customer without ${name} is refused with 400`,
      claim: "customerType, name, contact are required (inferred).",
      async run(scene) {
        refused(await create(scene, { ...newcomer(), [name]: undefined }), 400);
      },
    }),
  ),
  ...[
    { id: "unknown-field", at: "a field that nobody documented", more: { understudyUnknown: 1 } },
    { id: "id-of-the-client", at: "an id of the client's choice", more: { customerId: "understudy-own-id" } },
    { id: "empty-name", at: "an empty name", more: { name: "" } },
    {
      id: "contact-person-who-is-no-user",
      at: "a contact person who is none of its users",
      more: { contactPersonUserId: "understudy-user" },
    },
  ].map(({ id, at, more }) =>
    assumed({
      id: `create-customer/refuses-${id}`,
      title: `A customer with ${at} is refused with 400, and nobody is created`,
      claim: "Unknown fields are refused, and a refused request changes nothing (assumed).",
      run: (scene) => makesNobody(scene, { ...newcomer(), ...more }),
    }),
  ),
  ...[
    { id: "email-invoice-needs-email", billing: { method: "EMAIL_INVOICE" } },
    { id: "paper-invoice-needs-address", billing: { method: "PAPER_INVOICE" } },
    { id: "auto-pay-needs-profile", billing: { ...emailInvoice(), autoPay: true } },
    { id: "billing-needs-method", billing: { currency: "USD" } },
    { id: "unknown-profile", billing: { ...emailInvoice(), defaultPaymentProfileId: "understudy-no-such-profile" } },
  ].map(({ id, billing }) =>
    assumed({
      id: `create-customer/${id}`,
      title: `A customer whose billing breaks a rule is refused with 400, and nobody is created: ${id.replaceAll("-", " ")}`,
      claim: billingClaim,
      run: (scene) => makesNobody(scene, { ...newcomer(), billing }),
    }),
  ),
  assumed({
    id: "create-customer/profile-of-another",
    title: "A customer that is new cannot pay with another customer's payment profile",
    claim: "A default payment profile is one owned by this customer; that this holds at its creation is assumed.",
    needs: ["paymentProfile"],
    async run(scene) {
      const { paymentProfile: defaultPaymentProfileId } = scene.given;
      await makesNobody(scene, { ...newcomer(), billing: { ...emailInvoice(), defaultPaymentProfileId } });
    },
  }),
  assumed({
    id: "create-customer/first-billing",
    title: "A customer that is created with billing has USD and no automatic payments where it says nothing of them",
    claim: "A customer that had no billing: currency falls back to USD, autoPay to false (assumed).",
    async run(scene) {
      const answer = await create(scene, { ...newcomer(), billing: emailInvoice() });
      contains(billingOf(accepted(answer)), { currency: "USD", autoPay: false }, "billing", answer);
    },
  }),
  assumed({
    id: "create-customer/users-are-members",
    title: "The users of a customer that is created are members",
    claim: "role (default `MEMBER`); that users named at the creation have it is assumed.",
    async run(scene) {
      const answer = await createWithUser(scene, {});
      const user = usersOf(accepted(answer)).find(({ userId }) => userId === scene.given.user);
      equal(memberOf(user, "role") ?? "MEMBER", "MEMBER", "users.0.role", answer);
    },
  }),
  assumed({
    id: "create-customer/times",
    title: "A customer that is created has just been created and changed",
    claim: "createdAt, updatedAt date-time; that they are those of the creation is assumed.",
    async run(scene) {
      const earlier = accepted(await create(scene, newcomer()));
      const answer = await create(scene, newcomer());
      const { createdAt, updatedAt } = accepted(answer);
      if (typeof createdAt !== "string" || typeof updatedAt !== "string") scene.skip("the target shows no times");
      equal(Date.parse(String(updatedAt)), Date.parse(String(createdAt)), "updatedAt", answer);
      const isLater = Date.parse(String(createdAt)) >= Date.parse(String(earlier.createdAt));
      holds(isLater, "createdAt should not lie before that of the customer before", answer, {
        at: "createdAt",
        expected: `${earlier.createdAt} or later`,
        received: createdAt,
      });
    },
  }),
];

/** Another value of a member, of the same form as the one that is there. */
const others: Readonly<Record<string, (value: unknown) => unknown>> = {
  name: (value) => `${value} II`,
  identity: (value) => String(value).replace(/\d/, (digit) => String((Number(digit) + 1) % 10)),
  preferredLocale: (value) => (value === "sv-SE" ? "en-US" : "sv-SE"),
  contact: (value) => ({
    ...Object(value),
    ...(memberOf(value, "email") == null ? {} : { email: newcomer().contact.email }),
  }),
  shipping: (value) => ({ ...Object(value), name: `${memberOf(value, "name")} II` }),
};

const updates: ConnectCase[] = [
  ...Object.entries(others).map(([name, other]) =>
    documented({
      id: `update-customer/${kebab(name)}`,
      title: `Another ${name} of a customer is answered, and read back`,
      claim: updateClaim,
      async run(scene) {
        const { read, skip } = scene;
        const stored = besidesBilling(await read())[name];
        const value = stored === undefined ? undefined : other(stored);
        if (value === undefined || isDeepStrictEqual(value, stored))
          skip(`the customer has no ${name} to change and put back`);
        const answer = await update(scene, { [name]: value });
        if (formedElsewhere.has(name) && isRefusal(answer))
          skip(`the target refuses this ${name} (${answer.status}), whose form the reference does not say`);
        const answered = carriedOut(answer);
        if (answered) contains(answered, { [name]: value }, "customer", answer);
        contains(await read(), { [name]: value }, "customer read back");
      },
    }),
  ),
  documented({
    id: "update-customer/answers-the-whole-customer",
    title: "A change of a customer answers the whole of it, as it is then read",
    claim: "PUT /customers/{customerId} answers the Customer.",
    async run(scene) {
      const answer = await update(scene, await otherName(scene));
      const answered = carriedOut(answer);
      if (!answered)
        return scene.skip("the target answers a change with nothing; that it answers the customer is inferred");
      equal(withoutTimes(answered), withoutTimes(await scene.read()), "customer", answer);
    },
  }),
  documented({
    id: "update-customer/touches-nothing-else",
    title: "A change of a customer leaves its id, type, users, time of creation and metadata as they were",
    claim: "PUT /customers/{customerId}: no request names them.",
    async run(scene) {
      const { found, given, read } = scene;
      const unnamed = (customer: JsonObject) => ({
        ...omit(besidesBilling(customer), ...members, "contactPerson"),
        users: usersOf(customer).filter(({ userId }) => userId !== given.user),
      });
      carriedOut(await update(scene, await otherName(scene)));
      // Since before the first write of the run: what was lost then would not be missed now.
      contains(unnamed(await read()), unnamed(found), "what no request names");
    },
  }),
  documented({
    id: "update-customer/touches-no-other",
    title: "A change of a customer leaves another as it was",
    claim: updateClaim,
    needs: ["otherCustomer"],
    async run(scene) {
      const { read, given } = scene;
      const before = withoutTimes(await read(given.otherCustomer));
      carriedOut(await update(scene, await otherName(scene)));
      equal(withoutTimes(await read(given.otherCustomer)), before, "the other customer");
    },
  }),
  documented({
    id: "update-customer/billing",
    title: "A change of a customer that holds its billing changes that",
    claim: updateClaim,
    async run(scene) {
      const billing = emailInvoice();
      const answer = await update(scene, { billing });
      const answered = carriedOut(answer);
      if (answered) contains(billingOf(answered), billing, "billing", answer);
      contains(billingOf(await scene.read()), billing, "billing read back");
    },
  }),
  documented({
    id: "update-customer/unknown-customer",
    title: "A change of a customer that does not exist is refused, and makes nobody",
    claim: "The unique identifier for the customer.",
    async run({ send }) {
      const path = customerPath("understudy-no-such-customer");
      refused(await send({ method: "PUT", path, json: { name: "Nobody" } }));
      refused(await send({ method: "GET", path }));
    },
  }),
  ...[
    { id: "name-that-is-no-text", body: { name: 5 } },
    { id: "contact-that-is-no-object", body: { contact: "office@company.example" } },
    { id: "list-in-place-of-a-change", body: [{ name: "List" }] },
  ].map(({ id, body }) =>
    documented({
      id: `update-customer/refuses-${id}`,
      title: `A change with a ${id.replaceAll("-", " ")} is refused, and changes nothing`,
      claim: typeClaim,
      run: (scene) => changesNothing(scene, body),
    }),
  ),
  documented({
    id: "update-customer/late-retry",
    title: "A late retry of a change gets its own answer, and the change after it stays in force",
    claim: replayClaim,
    async run(scene) {
      const { send, read, freshKey, customer } = scene;
      const request = change(customer, await otherName(scene), freshKey());
      const first = await there(scene, await send(request));
      carriedOut(first);
      const second = await otherName(scene);
      carriedOut(await update(scene, second));
      const again = await send(request);
      equal([again.status, again.text], [first.status, first.text], "the repeated answer", again);
      contains(await read(), second, "customer");
    },
  }),
  documented({
    id: "update-customer/changed-replay",
    title: "Another change under a used key is a mismatch, and changes nothing",
    claim: mismatchClaim,
    async run(scene) {
      const { send, read, freshKey, customer } = scene;
      const [key, first] = [freshKey(), await otherName(scene)];
      carriedOut(await there(scene, await send(change(customer, first, key))));
      conflict(await send(change(customer, await otherName(scene), key)), "idempotency_key_mismatch");
      contains(await read(), first, "customer");
    },
  }),
  documented({
    id: "update-customer/key-of-a-change-of-billing",
    title: "A change under the key of a change of billing is a mismatch",
    claim: "Another operation under the same key is another request, so it too is a mismatch.",
    async run(scene) {
      const { send, update: updateBilling, freshKey, customer } = scene;
      const key = freshKey();
      const body = await otherName(scene);
      carriedOut(await update(scene, body));
      accepted(await updateBilling(emailInvoice(), { key }));
      conflict(await send(change(customer, body, key)), "idempotency_key_mismatch");
    },
  }),
  assumed({
    id: "update-customer/unknown-customer-is-404",
    title: "A change of a customer that does not exist is answered 404",
    claim: "Statuses in use: 404 (inferred).",
    async run({ send }) {
      const path = customerPath("understudy-no-such-customer");
      refused(await send({ method: "PUT", path, json: { name: "Nobody" } }), 404);
    },
  }),
  assumed({
    id: "update-customer/left-out-members-stay",
    title: "Members that a change leaves out keep their value",
    claim: "Merge of top-level members: what is left out keeps its stored value (assumed).",
    async run(scene) {
      const named = async () => {
        const { name: _, users: __, contactPerson: ___, ...rest } = withoutTimes(await scene.read());
        return rest;
      };
      const before = await named();
      carriedOut(await update(scene, await otherName(scene)));
      equal(await named(), before, "the customer but for its name");
    },
  }),
  assumed({
    id: "update-customer/nothing-to-change",
    title: "A change of nothing is accepted",
    claim: "All members are optional; that none at all is a request is assumed.",
    async run(scene) {
      carriedOut(await update(scene, {}));
    },
  }),
  assumed({
    id: "update-customer/refuses-unknown-field",
    title: "A change of a field that nobody documented is refused with 400, and changes nothing",
    claim: "Unknown fields are refused (assumed).",
    run: (scene) => changesNothing(scene, { understudyUnknown: 1 }, 400),
  }),
  ...[
    { id: "email-invoice-needs-email", billing: { method: "EMAIL_INVOICE" } },
    { id: "paper-invoice-needs-address", billing: { method: "PAPER_INVOICE" } },
    { id: "unknown-profile", billing: { ...emailInvoice(), defaultPaymentProfileId: "understudy-no-such-profile" } },
  ].map(({ id, billing }) =>
    assumed({
      id: `update-customer/${id}`,
      title: `A change whose billing breaks a rule is refused with 400, and changes nothing: ${id.replaceAll("-", " ")}`,
      claim: billingClaim,
      run: async (scene) => changesNothing(scene, { ...(await otherName(scene)), billing }, 400),
    }),
  ),
  assumed({
    id: "update-customer/foreign-profile",
    title: "A change of a customer takes no payment profile of another customer",
    claim: billingClaim,
    needs: ["foreignPaymentProfile"],
    run: (scene) =>
      changesNothing(
        scene,
        { billing: { ...emailInvoice(), defaultPaymentProfileId: scene.given.foreignPaymentProfile } },
        400,
      ),
  }),
  assumed({
    id: "update-customer/updated-at-advances",
    title: "updatedAt advances with a change of a customer",
    claim: "`updatedAt` advances on every executed write (assumed).",
    async run(scene) {
      const { read, skip } = scene;
      const before = (await read()).updatedAt;
      if (typeof before !== "string") skip("the target shows no updatedAt");
      const answer = await update(scene, await otherName(scene));
      carriedOut(answer);
      const { updatedAt } = await read();
      holds(Date.parse(String(updatedAt)) > Date.parse(String(before)), "updatedAt should advance", answer, {
        at: "updatedAt",
        expected: `later than ${before}`,
        received: updatedAt,
      });
    },
  }),
];

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function withKey(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { "X-Idempotency-Key": key };
}

function creation(json: unknown, key?: string): RequestPlan {
  return { method: "POST", path: "/customers", json, headers: withKey(key) };
}

/** Creates a customer; ends the case where the run's key may create none. */
async function create(scene: ConnectScene, body: unknown): Promise<Exchange> {
  return mayCreate(scene, await scene.send(creation(body)));
}

/** An answer to a creation, where the run's key may create customers. */
function mayCreate({ skip }: ConnectScene, answer: Exchange): Exchange {
  if (answer.status === 403) skip("the target lets this API key create no customers (403)");
  return answer;
}

/** Creates a customer whose one user is the run's; ends the case where the target does not know that user. */
async function createWithUser(scene: ConnectScene, more: JsonObject): Promise<Exchange> {
  const { user } = scene.given;
  const answer = await create(scene, { ...newcomer(), userIds: [user], ...more });
  if (isRefusal(answer))
    scene.skip(`the target refuses the user ${user} (${answer.status}); name one that it knows with --user`);
  return answer;
}

function isRefusal({ status }: Exchange): boolean {
  return status >= 400 && status <= 499;
}

/** The id of a customer that has been created. */
function newId(answer: Exchange): string {
  const { customerId } = accepted(answer);
  if (typeof customerId === "string" && customerId !== "") return customerId;
  holds(false, "the answer should have the id of the customer", answer, {
    at: "customerId",
    expected: "a text",
    received: customerId,
  });
  return "";
}

/** The ids of all customers of a name, for as long as a list can be gone through. */
async function idsNamed({ send, skip }: ConnectScene, name: string): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (let offset = 0; ; offset += 1000) {
    const { items } = pageOf(await send({ method: "GET", path: `/customers?limit=1000&offset=${offset}` }), skip);
    found.push(...items.filter((item) => item.name === name).map(({ customerId }) => customerId));
    if (items.length < 1000) return found;
    if (offset >= 9000) skip("the target has over 10,000 customers");
  }
}

/** The ids of the customers of a name, of whom there is one: a list may take a moment to show who is new. */
async function idsListed(scene: ConnectScene, name: string): Promise<readonly unknown[]> {
  for (let round = 1; ; round++) {
    const ids = await idsNamed(scene, name);
    if (ids.length > 0 || round === 10) return ids;
    await scene.wait(200);
  }
}

async function makesNobody(scene: ConnectScene, body: JsonObject): Promise<void> {
  refused(await create(scene, body), 400);
  if (body.name !== "") equal(await idsNamed(scene, String(body.name)), [], "the ids of the customers of this name");
}

function change(customer: string, json: unknown, key?: string): RequestPlan {
  return { method: "PUT", path: customerPath(customer), json, headers: withKey(key) };
}

/** Changes the customer of the run; ends the case where the target has another method for that. */
async function update(scene: ConnectScene, body: unknown): Promise<Exchange> {
  return there(scene, await scene.send(change(scene.customer, body)));
}

/** An answer to a change, where the target has that operation: the reference names no method. */
async function there({ skip }: ConnectScene, answer: Exchange): Promise<Exchange> {
  if ([404, 405, 501].includes(answer.status))
    skip(`the target answers ${answer.status} to PUT of a customer; that this is the method is inferred`);
  if (answer.status === 403) skip("the target lets this API key change no customers (403)");
  return answer;
}

/** The customer that a change answers; `undefined` where it answers nothing, for what it answers is inferred. */
function carriedOut(answer: Exchange): JsonObject | undefined {
  return answer.status < 300 && answer.text === "" ? undefined : accepted(answer);
}

async function changesNothing(scene: ConnectScene, body: unknown, status?: number): Promise<void> {
  const before = withoutTimes(await scene.read());
  refused(await update(scene, body), status);
  equal(withoutTimes(await scene.read()), before, "customer");
}

/** A change to a name that the customer has not had. */
async function otherName({ found }: ConnectScene): Promise<{ name: string }> {
  return { name: `${found.name} ${randomUUID().slice(0, 8)}` };
}

/** What a change can write, beside billing. */
const members = ["name", "identity", "preferredLocale", "contact", "shipping"];

/** What no change takes away again, at any depth; a default payment profile and automatic payments are taken away by another. */
const lasting = new Set(
  [members, "billing method currency address email msisdn instructions".split(" "), Object.keys(address)].flat(),
);

/** A customer is sent again as it was found; what it had not, a change never gives it, for nothing takes that away. */
const undoCustomer: Undo = {
  operations: ["updateCustomer"],
  what: ({ customerId = "" }) => `customer ${customerId}`,
  how: "the members that were found are sent again; one that was not there is never given a value; updatedAt advances",
  async capture(visit, path) {
    const own = await membersThere(visit, path.customerId ?? "");
    return own && { ...own, billing: await undoBilling.capture(visit, path) };
  },
  forbids(captured, body) {
    const more = isObject(captured) && isObject(body) ? addedTo(captured, body) : undefined;
    return more === undefined ? undefined : `give the customer a ${more}, which it has not`;
  },
  async restore(visit, path, captured) {
    const { customerId = "" } = path;
    if (!isObject(captured)) return undefined;
    const { billing, ...before } = captured;
    const left = await putMembersBack(visit, customerId, before);
    const leftOfBilling = await undoBilling.restore(visit, path, billing);
    if (!left || !leftOfBilling) return left ?? leftOfBilling;
    return {
      message: `${left.message} ${leftOfBilling.message}`,
      irremovable: left.irremovable && leftOfBilling.irremovable,
    };
  },
};

async function putMembersBack(visit: Visit, customer: string, before: JsonObject): Promise<LeftBehind | undefined> {
  if (isDeepStrictEqual(await membersThere(visit, customer), before)) return undefined;
  const answer = await visit.send(change(customer, before));
  const after = (await membersThere(visit, customer)) ?? {};
  if (isDeepStrictEqual(after, before)) return undefined;
  const added = Object.keys(after).filter((name) => before[name] === undefined);
  if (isDeepStrictEqual(omit(after, ...added), before)) {
    return {
      message: `Customer ${customer} had no ${added.join(", ")} before the run, and the API has no way to take one away; the rest is as it was.`,
      irremovable: true,
    };
  }
  return {
    message: `Customer ${customer} could not be put back (the target answered ${answer.status}). By hand: ${answer.curl}`,
    irremovable: false,
  };
}

/** A customer as far as a change can write it, but for its billing; `null` where there is none. */
async function membersThere({ send }: Visit, customer: string): Promise<JsonObject | null> {
  const { status, json } = await send({ method: "GET", path: customerPath(customer) });
  if (status === 404) return null;
  if (!isObject(json) || status > 299) throw new Error(`reading it was answered ${status}`);
  const documented = besidesBilling(json);
  return omit(documented, ...Object.keys(documented).filter((name) => !members.includes(name)));
}

/** The first member of a change that would be there for good and is not there yet, as a dotted path; `undefined` where none is. */
function addedTo(stored: JsonObject, sent: JsonObject): string | undefined {
  for (const [name, value] of Object.entries(sent)) {
    if (value === null || !lasting.has(name)) continue;
    const own = stored[name];
    if (own == null) return name;
    const inner = isObject(own) && isObject(value) ? addedTo(own, value) : undefined;
    if (inner !== undefined) return `${name}.${inner}`;
  }
  return undefined;
}

const statements: Statement[] = [
  stated.documented(
    "POST /customers creates a customer and answers the whole of it.",
    "create-customer/answers-*",
    "create-customer/is-read-back",
    "create-customer/stands-*",
    "create-customer/keeps-*",
    "create-customer/each-*",
    "create-customer/touches-*",
  ),
  stated.documented(
    "A customer to create is of the types of the reference.",
    "create-customer/refuses-*-that-*",
    "create-customer/refuses-type-*",
    "create-customer/refuses-billing-*",
    "create-customer/refuses-list-*",
  ),
  stated.documented(
    "A repeated creation creates once.",
    "create-customer/replay",
    "create-customer/at-once",
    "create-customer/changed-replay",
  ),
  stated.inferred(
    "customerType, name and contact are required, and a creation is answered 201.",
    "create-customer/needs-*",
    "create-customer/is-201",
  ),
  stated.assumed(
    "Of a customer to create, unknown fields, an id and an empty name are refused; its contact person is one of its users, who are members.",
    "create-customer/refuses-unknown-*",
    "create-customer/refuses-id-*",
    "create-customer/refuses-empty-*",
    "create-customer/refuses-contact-person-*",
    "create-customer/users-are-members",
    "create-customer/times",
  ),
  stated.assumed(
    "The billing of a customer to create follows the rules of a change of billing; no payment profile is its own yet.",
    "create-customer/email-invoice-*",
    "create-customer/paper-invoice-*",
    "create-customer/auto-pay-*",
    "create-customer/billing-needs-*",
    "create-customer/unknown-profile",
    "create-customer/profile-of-another",
    "create-customer/first-billing",
  ),
  stated.inferred(
    "PUT /customers/{customerId} changes a customer and answers the whole of it.",
    ...Object.keys(others).map((name) => `update-customer/${kebab(name)}`),
    "update-customer/billing",
    "update-customer/answers-*",
    "update-customer/unknown-customer*",
  ),
  stated.documented(
    "A change touches nothing that it does not name, and no other customer.",
    "update-customer/touches-*",
  ),
  stated.documented(
    "A change is of the types of the reference.",
    "update-customer/refuses-*-that-*",
    "update-customer/refuses-list-*",
  ),
  stated.documented(
    "A repeated change is carried out once.",
    "update-customer/late-retry",
    "update-customer/changed-replay",
    "update-customer/key-of-*",
  ),
  stated.assumed(
    "Members that a change leaves out stay, all of them where it names none; unknown fields are refused; updatedAt advances.",
    "update-customer/left-out-*",
    "update-customer/nothing-*",
    "update-customer/refuses-unknown-*",
    "update-customer/updated-at-*",
  ),
  stated.assumed(
    "The billing within a change follows the rules of a change of billing.",
    "update-customer/email-invoice-*",
    "update-customer/paper-invoice-*",
    "update-customer/unknown-profile",
    "update-customer/foreign-profile",
  ),
];

/** What is known of creating and changing customers, and the cases that decide it. */
export const customerWrites: Topic = {
  cases: [...creations, ...updates],
  statements,
  undos: [undoCustomer],
};
