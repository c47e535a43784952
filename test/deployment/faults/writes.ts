// Section 3: what a billing write stores and answers.

import { merging, omit, preparing, preparingAddress, presentBilling, rewrite, storing } from "../alter.ts";
import { type Behaviour, clean } from "../behaviour.ts";
import type { Address, Billing, Customer } from "../world.ts";
import { breaking, type Fault } from "./fault.ts";

/** Leaves the stored value of a field where the change says otherwise. */
function frozen(field: string): Behaviour["merge"] {
  return merging((merged, stored) => (stored[field] === undefined ? merged : { ...merged, [field]: stored[field] }));
}

/** Also changes some customer other than the one that was written. */
function alsoElsewhere(change: (other: Customer, after: Customer) => Customer): Behaviour["store"] {
  return (desk, after, before) => {
    clean.store(desk, after, before);
    const other = [...desk.customers.values()].find(({ customerId }) => customerId !== after.customerId);
    if (other) clean.store(desk, change(other, after), other);
  };
}

const withAddress = (billing: Billing, change: (address: Address) => object): Billing =>
  billing.address ? { ...billing, address: change(billing.address) as Address } : billing;

const wholeRow = "The answer is the whole Customer with the billing in force";
const persistRow = "The write updates the customer's billing configuration: what was sent is what is read back";

export const writeFaults: Fault[] = [
  ...breaking("documented", wholeRow, {
    "answers-the-billing-only": { reply: (after) => after.billing },
    "answers-the-customer-of-before": { reply: (_, before) => before },
    "answers-the-request": {
      answer: rewrite(["updateCustomerBilling"], (_, call) => JSON.parse(call.body.toString())),
    },
    "answers-an-empty-object": { reply: () => ({}) },
    "answers-null": { reply: () => null },
    "answers-204": {
      answer: (answer, call) =>
        call.method === "PUT" && answer.status === 200 ? { ...answer, status: 204, body: "" } : answer,
    },
    "answers-200-without-body": {
      answer: (answer, call) => (call.method === "PUT" && answer.status === 200 ? { ...answer, body: "" } : answer),
    },
    "answers-without-billing": { reply: (after) => omit(after, "billing") },
    "answers-without-customer-id": { reply: (after) => omit(after, "customerId") },
    "answers-under-customer": { reply: (customer) => ({ customer }) },
    "answers-a-list-of-one": { reply: (after) => [after] },
    "answers-another-customer": {
      answer: rewrite(["updateCustomerBilling"], (body, _, { world }) => ({
        ...body,
        customerId: world.foreignCustomer,
      })),
    },
    "answers-the-change-unmerged": { reply: (after, before) => ({ ...after, billing: { ...before.billing } }) },
    "answers-without-email": { reply: (after) => ({ ...after, billing: omit(after.billing, "email") }) },
    "answers-without-address": { reply: (after) => ({ ...after, billing: omit(after.billing, "address") }) },
    "answers-without-autopay": { reply: (after) => ({ ...after, billing: omit(after.billing, "autoPay") }) },
    "answers-without-profile": {
      reply: (after) => ({ ...after, billing: omit(after.billing, "defaultPaymentProfileId") }),
    },
  }),
  ...breaking("inferred", wholeRow, {
    "answers-201": {
      answer: (answer, call) => (call.method === "PUT" && answer.status === 200 ? { ...answer, status: 201 } : answer),
    },
    "answers-202": {
      answer: (answer, call) => (call.method === "PUT" && answer.status === 200 ? { ...answer, status: 202 } : answer),
    },
    "answers-without-contact": { reply: (after) => omit(after, "contact") },
    "answers-id-and-billing-only": { reply: ({ customerId, billing }) => ({ customerId, billing }) },
    "metadata-lost-on-write": { store: (desk, after, before) => clean.store(desk, omit(after, "metadata"), before) },
    "users-lost-on-write": { store: (desk, after, before) => clean.store(desk, { ...after, users: [] }, before) },
    "created-at-renewed-on-write": {
      store: (desk, after, before) => clean.store(desk, { ...after, createdAt: after.updatedAt }, before),
    },
  }),

  ...breaking("documented", persistRow, {
    "write-not-stored": { store: () => {} },
    "write-stored-once-only": {
      store(desk, after, before) {
        if (!desk.scratch.has(after.customerId)) clean.store(desk, after, before);
        desk.scratch.set(after.customerId, true);
      },
    },
    "write-stored-a-second-later": {
      store(desk, after, before) {
        setTimeout(() => clean.store(desk, after, before), 1000).unref();
      },
    },
    "method-not-stored": { store: storing((billing, before) => ({ ...billing, method: before?.method })) },
    "email-not-stored": { store: storing((billing, before) => ({ ...billing, email: before?.email })) },
    "address-not-stored": { store: storing((billing, before) => ({ ...billing, address: before?.address })) },
    "currency-not-stored": { store: storing((billing, before) => ({ ...billing, currency: before?.currency })) },
    "profile-not-stored": {
      store: storing((billing, before) => ({
        ...billing,
        defaultPaymentProfileId: before?.defaultPaymentProfileId,
      })),
    },
    "autopay-not-stored": { store: storing((billing, before) => ({ ...billing, autoPay: before?.autoPay })) },
    "method-frozen": { merge: frozen("method") },
    "email-frozen": { merge: frozen("email") },
    "currency-frozen": { merge: frozen("currency") },
    "address-frozen": { merge: frozen("address") },
    "profile-frozen": {
      merge: merging((merged, stored, sent) =>
        sent.defaultPaymentProfileId && stored.defaultPaymentProfileId
          ? { ...merged, defaultPaymentProfileId: stored.defaultPaymentProfileId }
          : merged,
      ),
    },
    "autopay-false-ignored": {
      merge: merging((merged, { autoPay }, sent) =>
        sent.autoPay === false && sent.defaultPaymentProfileId !== null
          ? { ...merged, autoPay: autoPay ?? false }
          : merged,
      ),
    },
    "autopay-true-ignored": {
      merge: merging((merged, { autoPay }) => ({ ...merged, autoPay: merged.autoPay === true && autoPay === true })),
    },
    "first-address-lost": {
      merge: merging((merged, { address }) => (address ? merged : omit(merged, "address"))),
    },
    "email-lower-cased": {
      merge: merging((merged) => (merged.email ? { ...merged, email: merged.email.toLowerCase() } : merged)),
    },
    "email-plus-tag-removed": {
      merge: merging((merged) => (merged.email ? { ...merged, email: merged.email.replace(/\+[^@]*/, "") } : merged)),
    },
    "second-street-lost": { merge: merging((merged) => withAddress(merged, (address) => omit(address, "street2"))) },
    "attention-lost": { merge: merging((merged) => withAddress(merged, (address) => omit(address, "attention"))) },
    "state-lost": { merge: merging((merged) => withAddress(merged, (address) => omit(address, "state"))) },
    "region-lost": { merge: merging((merged) => withAddress(merged, (address) => omit(address, "region"))) },
    "zip-turned-into-a-number": {
      merge: merging((merged) => withAddress(merged, (address) => ({ ...address, zip: Number(address.zip) }))),
    },
    "zip-loses-leading-zeros": {
      merge: merging((merged) =>
        withAddress(merged, (address) => ({ ...address, zip: address.zip.replace(/^0+/, "") })),
      ),
    },
    "zip-shown-as-a-number": {
      present: presentBilling((billing) =>
        billing.address ? { ...billing, address: { ...billing.address, zip: Number(billing.address.zip) } } : billing,
      ),
    },
    "city-in-capitals": {
      merge: merging((merged) =>
        withAddress(merged, (address) => ({ ...address, city: String(address.city).toUpperCase() })),
      ),
    },
    "text-stored-html-escaped": {
      merge: merging((merged) =>
        withAddress(merged, (address) => ({
          ...address,
          street1: String(address.street1).replace(/&/g, "&amp;").replace(/'/g, "&#39;").replace(/</g, "&lt;"),
        })),
      ),
    },
    "street-cut-to-35-letters": {
      merge: merging((merged) =>
        withAddress(merged, (address) => ({ ...address, street1: String(address.street1).slice(0, 35) })),
      ),
    },
    "non-ascii-address-fails-with-500": {
      prepare: preparing("address", (address) => {
        if (/[^ -~]/.test(JSON.stringify(address))) throw new Error("Incorrect string value");
        return address;
      }),
    },
    "long-street-fails-with-500": {
      prepare: preparingAddress("street1", (street) => {
        if (street.length > 100) throw new Error("value too long for type character varying(100)");
        return street;
      }),
    },
    "long-email-fails-with-500": {
      prepare: preparing("email", (email) => {
        if (email.length > 50) throw new Error("value too long for type character varying(50)");
        return email;
      }),
    },
    "apostrophe-fails-with-500": {
      prepare(change) {
        if (JSON.stringify(change).includes("'")) throw new Error("syntax error at or near");
        return change;
      },
    },
    "another-key-is-not-executed-soon-after": {
      store(desk, after, before) {
        const last = desk.scratch.get(after.customerId) as number | undefined;
        desk.scratch.set(after.customerId, Date.now());
        if (last === undefined || Date.now() - last > 200) clean.store(desk, after, before);
      },
    },
    "every-fourth-write-lost": {
      store(desk, after, before) {
        const writes = ((desk.scratch.get("writes") as number | undefined) ?? 0) + 1;
        desk.scratch.set("writes", writes);
        if (writes % 4 !== 0) clean.store(desk, after, before);
      },
    },
  }),
  ...breaking("documented", "PUT /customers/{customerId}/billing updates that customer's billing, nothing else", {
    "billing-email-becomes-contact-email": {
      store: (desk, after, before) =>
        clean.store(desk, { ...after, contact: { ...after.contact, email: after.billing?.email ?? "" } }, before),
    },
    "attention-becomes-the-name": {
      store: (desk, after, before) =>
        clean.store(desk, { ...after, name: after.billing?.address?.attention ?? after.name }, before),
    },
    "billing-address-becomes-shipping-address": {
      store(desk, after, before) {
        const address = after.billing?.address;
        const shipping = after.shipping;
        clean.store(desk, address && shipping ? { ...after, shipping: { ...shipping, address } } : after, before);
      },
    },
  }),
  ...breaking(
    "documented",
    "PUT /customers/{customerId}/billing updates that customer's billing, nothing else",
    {
      "another-customer-gets-the-email": {
        store: alsoElsewhere((other, after) => ({
          ...other,
          billing: { ...other.billing, email: after.billing?.email ?? "" },
        })),
      },
      "another-customer-gets-the-billing": {
        store: alsoElsewhere((other, after) => (after.billing ? { ...other, billing: after.billing } : other)),
      },
    },
    "another customer",
  ),
];
