// Creating customers, and changing them.

import { omit } from "../alter.ts";
import { type Answer, type Behaviour, type Call, clean, type Desk, json } from "../behaviour.ts";
import { routeOf } from "../operations.ts";
import type { Customer } from "../world.ts";
import { breaking, type Fault } from "./fault.ts";

const createRow =
  "POST /customers creates the customer that was sent, under an id of its own, and answers the whole of it";
const updateRow =
  "PUT /customers/{customerId} changes what was sent, touches nothing that no request names, and answers the whole customer";
const typeRow = "What is sent of a customer is of the types of the reference";
const keyRow =
  "Same key, identical request: one customer is created, one change carried out, and the kept answer returned";
const inferredRow = "A creation is answered 201; customerType, name and contact are required";
const assumedRow = "Of a customer to create or change, what breaks our rules is refused with 400 and changes nothing";

const creates = (call: Call) => routeOf(call).operation === "createCustomer";
const updates = (call: Call) => routeOf(call).operation === "updateCustomer";

/** Drafts customers with a change. */
function drafting(
  change: (customer: Customer, desk: Desk, sent: Record<string, unknown>) => Customer,
): Behaviour["draft"] {
  return (desk, sent, billing) => change(clean.draft(desk, sent, billing), desk, sent);
}

/** Rewrites the successful answers of an operation. */
function answering(
  of: (call: Call) => boolean,
  change: (body: Customer, desk: Desk) => unknown,
  status?: number,
): Behaviour["answer"] {
  return (answer: Answer, call, desk) =>
    of(call) && answer.status < 300
      ? { ...answer, status: status ?? answer.status, body: JSON.stringify(change(JSON.parse(answer.body), desk)) }
      : answer;
}

/** Finds nothing wrong with some properties of a customer; of one code alone where it is told. */
function lenient(of: (call: Call) => boolean, pattern: RegExp, only?: string): Behaviour["objections"] {
  return (details, call) =>
    details.filter(
      ({ property = "", code }) => !of(call) || !pattern.test(property) || (only !== undefined && code !== only),
    );
}

export const customerFaults: Fault[] = [
  ...breaking("documented", createRow, {
    "created-is-not-stored": { enrol: () => {} },
    "created-under-another-id": {
      enrol: (desk, customer) => clean.enrol(desk, { ...customer, customerId: `${customer.customerId}x` }),
    },
    "created-answered-without-id": { answer: answering(creates, (body) => omit(body, "customerId")) },
    "created-answered-as-its-id-alone": { answer: answering(creates, ({ customerId }) => ({ customerId })) },
    "created-answered-as-another": {
      answer: answering(creates, (_, { customers, world }) => customers.get(world.customer)),
    },
    "created-with-the-id-of-the-first": {
      draft: drafting((customer, { world }) => ({ ...customer, customerId: world.unbilledCustomer })),
    },
    "created-without-billing": { draft: drafting((customer) => omit(customer, "billing")) },
    "created-without-users": { draft: drafting((customer) => ({ ...customer, users: [] })) },
    "created-without-metadata": { draft: drafting((customer) => omit(customer, "metadata")) },
    "created-as-a-consumer": { draft: drafting((customer) => ({ ...customer, customerType: "CONSUMER" })) },
    "created-stored-in-capitals": {
      enrol: (desk, customer) => clean.enrol(desk, { ...customer, name: customer.name.toUpperCase() }),
    },
  }),
  ...breaking("documented", updateRow, {
    "change-not-stored": { store: (desk, after, before) => clean.store(desk, { ...after, name: before.name }, before) },
    "change-answers-the-customer-of-before": {
      revise: (before, change) => ({ ...clean.revise(before, change), before }) as Customer,
      answer: answering(updates, (body) => ("before" in body ? body.before : body)),
      present: (customer) => customer,
      store: (desk, after, before) => clean.store(desk, omit(after, "before"), before),
    },
    "change-answers-what-was-sent": {
      answer: (answer, call) => (updates(call) && answer.status < 300 ? json(200, JSON.parse(`${call.body}`)) : answer),
    },
    "change-loses-users": { revise: (before, change) => ({ ...clean.revise(before, change), users: [] }) },
    "change-loses-metadata": { revise: (before, change) => omit(clean.revise(before, change), "metadata") },
    "change-makes-unknown-customers": {
      firstLook(call, desk) {
        const { operation, id } = routeOf(call);
        if (operation !== "updateCustomer" || desk.customers.has(id)) return undefined;
        const customer = { ...clean.draft(desk, JSON.parse(`${call.body}`), undefined), customerId: id };
        clean.enrol(desk, { ...customer, customerType: "CONSUMER", contact: {} });
        return json(200, desk.customers.get(id));
      },
    },
    "change-of-billing-within-ignored": {
      revise: (before, change) => clean.revise(before, omit(change, "billing")),
    },
    "change-touches-another-customer": {
      store(desk, after, before) {
        clean.store(desk, after, before);
        const other = desk.customers.get(desk.world.foreignCustomer);
        if (other && after.name !== before.name) clean.store(desk, { ...other, name: after.name }, other);
      },
    },
  }),
  ...breaking("documented", typeRow, {
    "created-with-any-type": { objections: lenient(creates, /^customerType$/) },
    "created-with-any-name": { objections: lenient(creates, /^name$/) },
    "changed-to-any-name": { objections: lenient(updates, /^name$/) },
    "billing-within-by-any-method": { objections: lenient(creates, /^billing\.(method|address)$/) },
  }),
  ...breaking("documented", keyRow, {
    "created-twice-under-a-key": {
      async replay(visit) {
        if (creates(visit.call)) await visit.execute();
        return clean.replay(visit);
      },
    },
    "creation-reads-no-key": { readsKey: (call) => clean.readsKey(call) && !creates(call) },
    "creation-under-a-used-key-replayed": {
      mismatch: (visit) => (creates(visit.call) && visit.record.answer ? visit.record.answer : clean.mismatch(visit)),
    },
    "change-executed-again": {
      replay: async (visit) => (updates(visit.call) ? visit.execute() : clean.replay(visit)),
    },
    "change-and-creation-keys-apart-by-method": {
      slot: (key, call, caller) => `${call.path} ${clean.slot(key, call, caller)}`,
    },
  }),
  ...breaking("inferred", inferredRow, {
    "created-answered-200": { answer: answering(creates, (body) => body, 200) },
    "created-without-a-name": {
      objections: lenient(creates, /^name$/, "FIELD_REQUIRED"),
      draft: drafting((one) => ({ ...one, name: one.name ?? "" })),
    },
    "created-without-a-contact": {
      objections: lenient(creates, /^contact$/, "FIELD_REQUIRED"),
      draft: drafting((one) => ({ ...one, contact: one.contact ?? {} })),
    },
  }),
  ...breaking("assumed", assumedRow, {
    "created-with-unknown-fields": { objections: lenient(creates, /^understudy/) },
    "created-with-the-id-of-the-client": {
      objections: lenient(creates, /^customerId$/),
      draft: drafting((customer, _, { customerId }) =>
        typeof customerId === "string" ? { ...customer, customerId } : customer,
      ),
    },
    "created-with-unruly-billing": { objections: lenient(creates, /^billing\.(email|address|autoPay)$/) },
    "created-with-the-card-of-another": { objections: lenient(creates, /^billing\.defaultPaymentProfileId$/) },
    "created-with-a-contact-person-who-is-no-user": { objections: lenient(creates, /^contactPersonUserId$/) },
    "change-replaces-the-customer": {
      revise: ({ customerId, customerType, users, metadata, contact, createdAt, updatedAt, ...before }, change) => {
        const { humanReadableId, contactPersonUserId, contactPerson, name } = before;
        const kept = { customerId, customerType, contact, createdAt, updatedAt, name };
        return {
          ...kept,
          ...(users && { users }),
          ...(metadata && { metadata }),
          ...(humanReadableId && { humanReadableId }),
          ...(contactPersonUserId && { contactPersonUserId }),
          ...(contactPerson && { contactPerson }),
          ...change,
        };
      },
    },
    "changed-with-unknown-fields": { objections: lenient(updates, /^understudy/) },
    "changed-with-unruly-billing": { objections: lenient(updates, /^billing\./) },
    "change-does-not-advance-updated-at": {
      store: (desk, after, before) =>
        clean.store(desk, after.name === before.name ? after : { ...after, updatedAt: before.updatedAt }, before),
    },
  }),
];
