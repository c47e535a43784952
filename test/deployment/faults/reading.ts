// Sections 4 and 5: the reads, their lists and the shape of what they answer.

import { omit, presentBilling, rewrite } from "../alter.ts";
import { type Behaviour, clean, Refusal } from "../behaviour.ts";
import type { Customer, CustomerUser } from "../world.ts";
import { breaking, type Fault } from "./fault.ts";

/** Pages after this change to the query. */
function paging(change: (query: Map<string, string>) => void): Pick<Behaviour, "paginate"> {
  return {
    paginate(all, query) {
      const changed = new Map(query);
      change(changed);
      return clean.paginate(all, new URLSearchParams([...changed]));
    },
  };
}

/** Rewrites the page of customers that would have been answered. */
// biome-ignore lint/suspicious/noExplicitAny: a page of any shape
function page(change: (page: any) => unknown): Pick<Behaviour, "answer"> {
  return { answer: rewrite(["listCustomers"], change) };
}

/** Shows other items than the page has, with the right pagination beside them. */
function showing(items: (all: Customer[], limit: number, offset: number) => Customer[]): Pick<Behaviour, "paginate"> {
  return {
    paginate(all, query) {
      const right = clean.paginate(all, query);
      return { ...right, items: items(all, Number(query.get("limit") ?? 100), Number(query.get("offset") ?? 0)) };
    },
  };
}

/** Presents customers with a change to their contact person. */
function contactPerson(change: (person: CustomerUser) => unknown): Pick<Behaviour, "present"> {
  return {
    present: ({ contactPerson: person, ...customer }) => ({
      ...customer,
      ...(person && { contactPerson: change(person) }),
    }),
  };
}

const listRow =
  "Lists: limit (1..1000, default 100), offset (>= 0, default 0), {items, pagination: {total, limit, offset, sort}}";
const profileRow = "PaymentProfile: paymentProfileId, type, status, customerId, createdAt";
const profilesRow = "GET /payment-profiles?customerId= answers the profiles of that customer, {items}, no paging";
const customerRow = "GET /customers/{customerId} answers that Customer";

export const readingFaults: Fault[] = [
  ...breaking("documented", listRow, {
    "limit-ignored": paging((query) => query.delete("limit")),
    "limit-ignored-but-echoed": showing((all, _, offset) => all.slice(offset)),
    "limit-one-too-many": showing((all, limit, offset) => all.slice(offset, offset + limit + 1)),
    "limit-one-too-few": showing((all, limit, offset) => all.slice(offset, offset + Math.max(1, limit - 1))),
    "limit-capped-at-10": paging((query) => query.set("limit", String(Math.min(10, Number(query.get("limit") ?? 10))))),
    "limit-capped-at-100": paging((query) =>
      query.set("limit", String(Math.min(100, Number(query.get("limit") ?? 100)))),
    ),
    "limit-above-100-refused": {
      paginate(all, query) {
        if (Number(query.get("limit")) > 100) throw new Refusal("invalid");
        return clean.paginate(all, query);
      },
    },
    "default-limit-10": paging((query) => query.set("limit", query.get("limit") ?? "10")),
    "default-limit-50": paging((query) => query.set("limit", query.get("limit") ?? "50")),
    "limit-above-1000-echoed": {
      paginate(all, query) {
        const limit = Number(query.get("limit") ?? 100);
        if (!(limit > 1000)) return clean.paginate(all, query);
        return {
          items: all,
          pagination: { total: all.length, limit, offset: 0, sort: { key: "createdAt", direction: "asc" } },
        };
      },
    },
    "limit-of-zero-echoed": {
      paginate: (all, query) =>
        query.get("limit") === "0"
          ? {
              items: [],
              pagination: { total: all.length, limit: 0, offset: 0, sort: { key: "createdAt", direction: "asc" } },
            }
          : clean.paginate(all, query),
    },
    "offset-ignored": paging((query) => query.delete("offset")),
    "offset-ignored-but-echoed": showing((all, limit) => all.slice(0, limit)),
    "offset-starts-at-one": showing((all, limit, offset) => all.slice(Math.max(0, offset - 1)).slice(0, limit)),
    "offset-counts-pages": showing((all, limit, offset) => all.slice(offset * limit, offset * limit + limit)),
    "offset-after-the-end-fails-with-500": {
      paginate(all, query) {
        if (Number(query.get("offset")) >= all.length) throw new RangeError("offset");
        return clean.paginate(all, query);
      },
    },
    "offset-after-the-end-shows-the-last-page": showing((all, limit, offset) =>
      offset < all.length ? all.slice(offset, offset + limit) : all.slice(-limit),
    ),
    "pages-overlap": {
      paginate: (all, query) => clean.paginate(Number(query.get("offset")) > 0 ? [...all].reverse() : all, query),
    },
    "total-is-the-page-length": page((list) => ({
      ...list,
      pagination: { ...list.pagination, total: list.items.length },
    })),
    "total-one-too-many": page((list) => ({
      ...list,
      pagination: { ...list.pagination, total: list.pagination.total + 1 },
    })),
    "total-is-what-is-left": page((list) => ({
      ...list,
      pagination: { ...list.pagination, total: list.pagination.total - list.pagination.offset },
    })),
    "pagination-missing": page(({ items }) => ({ items })),
    "pagination-as-text": page((list) => ({
      ...list,
      pagination: { ...list.pagination, limit: String(list.pagination.limit), offset: String(list.pagination.offset) },
    })),
    "sort-as-text": page((list) => ({ ...list, pagination: { ...list.pagination, sort: "createdAt:asc" } })),
    "items-called-data": page(({ items, ...rest }) => ({ data: items, ...rest })),
    "items-called-customers": page(({ items, ...rest }) => ({ customers: items, ...rest })),
    "list-as-a-bare-array": page(({ items }) => items),
    "list-by-id": page((list) => ({
      ...list,
      items: Object.fromEntries(list.items.map((customer: Customer) => [customer.customerId, customer])),
    })),
    "list-of-ids": page((list) => ({ ...list, items: list.items.map((customer: Customer) => customer.customerId) })),
    "list-without-customer-id": page((list) => ({
      ...list,
      items: list.items.map((customer: Customer) => omit(customer, "customerId")),
    })),
    "list-with-pages-fails-with-500": {
      paginate(all, query) {
        if (query.has("offset")) throw new TypeError("offset.toInt is not a function");
        return clean.paginate(all, query);
      },
    },
    "list-shows-the-billing-of-yesterday": {
      ...page((list) => ({
        ...list,
        items: list.items.map((customer: Customer) => ({
          ...customer,
          ...(customer.billing && { billing: { ...customer.billing, email: "old@invoices.example" } }),
        })),
      })),
    },
  }),
  ...breaking("assumed", "A limit or offset out of range is refused", {
    "limit-out-of-range-taken-as-default": paging((query) => {
      const limit = Number(query.get("limit") ?? 100);
      if (!(limit >= 1 && limit <= 1000)) query.delete("limit");
    }),
    "negative-offset-taken-as-zero": paging((query) => {
      if (!(Number(query.get("offset") ?? 0) >= 0)) query.delete("offset");
    }),
  }),
  ...breaking("inferred", "filter is free text on name or e-mail", {
    "filter-ignored": { matchesFilter: () => true },
    "filter-on-names-only": {
      matchesFilter: ({ name }, text) => name.toLowerCase().includes(text.toLowerCase()),
    },
    "filter-on-emails-only": {
      matchesFilter: ({ contact }, text) => (contact.email ?? "").toLowerCase().includes(text.toLowerCase()),
    },
    "filter-on-whole-names": {
      matchesFilter: ({ name, contact }, text) => text === "" || name === text || contact.email === text,
    },
    "filter-with-special-letters-fails-with-500": {
      matchesFilter: ({ name, contact }, text) => new RegExp(text, "i").test(`${name} ${contact.email}`),
    },
  }),

  ...breaking("documented", customerRow, {
    "any-customer-id-finds-the-first": {
      findCustomer: (desk, id) => clean.findCustomer(desk, id, {} as never) ?? [...desk.customers.values()][0],
    },
    "unknown-customer-is-an-empty-object": {
      answer: (answer, call) =>
        answer.status === 404 && call.method === "GET" ? { ...answer, status: 200, body: "{}" } : answer,
    },
    "unknown-customer-is-null": {
      answer: (answer, call) =>
        answer.status === 404 && call.method === "GET" ? { ...answer, status: 200, body: "null" } : answer,
    },
    "customer-id-compared-by-prefix": {
      findCustomer: (desk, id) =>
        [...desk.customers.values()].find(({ customerId }) => customerId.slice(0, 8) === id.slice(0, 8)),
    },
    "customer-read-without-billing": { answer: rewrite(["getCustomer"], (customer) => omit(customer, "billing")) },
    "customer-read-in-a-list": { answer: rewrite(["getCustomer"], (customer) => [customer]) },
    "customer-read-from-a-stale-cache": {
      answer: rewrite(["getCustomer"], (customer, _, { scratch }) => {
        if (!scratch.has(customer.customerId)) scratch.set(customer.customerId, customer);
        return scratch.get(customer.customerId);
      }),
    },
    "customer-called-id": {
      present: ({ customerId, ...customer }) => ({ id: customerId, ...customer }),
    },
  }),
  ...breaking("inferred", customerRow, {
    "unknown-customer-created-by-a-read": {
      findCustomer(desk, customerId, call) {
        const at = new Date().toISOString();
        const fresh: Customer = {
          customerId,
          customerType: "CONSUMER",
          name: "",
          contact: {},
          createdAt: at,
          updatedAt: at,
        };
        if (!desk.customers.has(customerId) && call.method === "GET") desk.customers.set(customerId, fresh);
        return desk.customers.get(customerId);
      },
    },
    "unknown-customer-created-by-a-write": {
      findCustomer(desk, customerId, call) {
        const at = new Date().toISOString();
        const fresh: Customer = {
          customerId,
          customerType: "CONSUMER",
          name: "",
          contact: {},
          createdAt: at,
          updatedAt: at,
        };
        if (!desk.customers.has(customerId) && call.method === "PUT") desk.customers.set(customerId, fresh);
        return desk.customers.get(customerId);
      },
    },
    "customer-without-name": { present: (customer) => omit(customer, "name") },
    "customer-without-contact": { present: (customer) => omit(customer, "contact") },
    "customer-without-type": { present: (customer) => omit(customer, "customerType") },
    "billing-without-method": { present: presentBilling((billing) => omit(billing, "method")) },
    "billing-without-currency": { present: presentBilling((billing) => omit(billing, "currency")) },
  }),
  ...breaking("documented", "Customer: the types of its fields", {
    "customer-type-in-lower-case": {
      present: (customer) => ({ ...customer, customerType: customer.customerType.toLowerCase() }),
    },
    "customer-type-unknown": { present: (customer) => ({ ...customer, customerType: "PRIVATE" }) },
    "billing-method-in-lower-case": {
      present: presentBilling((billing) => ({ ...billing, method: billing.method?.toLowerCase() })),
    },
    "billing-method-by-another-name": {
      present: presentBilling((billing) => ({ ...billing, method: billing.method?.replace("_INVOICE", "") })),
    },
    "autopay-shown-as-text": {
      present: presentBilling((billing) => ({ ...billing, autoPay: String(billing.autoPay) })),
    },
    "billing-fields-in-snake-case": {
      present: presentBilling(({ defaultPaymentProfileId, autoPay, ...billing }) => ({
        ...billing,
        default_payment_profile_id: defaultPaymentProfileId,
        auto_pay: autoPay,
      })),
    },
    "profile-shown-as-an-object": {
      present: presentBilling((billing) =>
        billing.defaultPaymentProfileId
          ? { ...billing, defaultPaymentProfileId: { paymentProfileId: billing.defaultPaymentProfileId } }
          : billing,
      ),
    },
    "contact-as-text": { present: (customer) => ({ ...customer, contact: customer.contact.email ?? "" }) },
    "identity-as-an-object": {
      present: ({ identity, ...customer }) => ({
        ...customer,
        ...(identity && { identity: { country: "US", type: "ORGANIZATION_NUMBER", number: identity } }),
      }),
    },
    "identity-as-a-number": {
      present: ({ identity, ...customer }) => ({
        ...customer,
        ...(identity && { identity: Number(identity.replace("-", "")) }),
      }),
    },
    "contact-person-as-text": contactPerson(({ name }) => name),
    "contact-person-without-id": contactPerson((person) => omit(person, "userId")),
    "contact-person-without-name": contactPerson((person) => omit(person, "name")),
    "contact-person-of-another-role": contactPerson((person) => ({ ...person, role: "OWNER" })),
    "user-role-in-lower-case": {
      present: (customer) => ({
        ...customer,
        ...(customer.users && { users: customer.users.map((user) => ({ ...user, role: user.role.toLowerCase() })) }),
      }),
    },
    "user-without-name": {
      present: (customer) => ({
        ...customer,
        ...(customer.users && { users: customer.users.map((user) => omit(user, "name")) }),
      }),
    },
    "locale-with-underscore": {
      present: (customer) => ({
        ...customer,
        ...(customer.preferredLocale && { preferredLocale: customer.preferredLocale.replace("-", "_") }),
      }),
    },
  }),

  ...breaking("documented", profilesRow, {
    "profiles-of-all-customers": { profilesOf: (all) => all },
    "profiles-of-other-customers": { profilesOf: (all, id) => all.filter((profile) => profile.customerId !== id) },
    "only-active-profiles-listed": {
      profilesOf: (all, id) => clean.profilesOf(all, id).filter(({ status }) => status === "ACTIVE"),
    },
    "only-the-first-profile-listed": { profilesOf: (all, id) => clean.profilesOf(all, id).slice(0, 1) },
    "no-profiles-listed": { profilesOf: () => [] },
    "profiles-as-a-bare-array": { answer: rewrite(["listPaymentProfiles"], ({ items }) => items) },
    "profiles-called-data": { answer: rewrite(["listPaymentProfiles"], ({ items }) => ({ data: items })) },
    "profiles-as-ids": {
      answer: rewrite(["listPaymentProfiles"], ({ items }) => ({
        items: items.map((profile: { paymentProfileId: string }) => profile.paymentProfileId),
      })),
    },
    "customer-id-not-required-for-profiles": {
      answer: (answer, call) =>
        answer.status === 400 && call.path === "/payment-profiles"
          ? { ...answer, status: 200, body: '{"items":[]}' }
          : answer,
    },
  }),
  ...breaking("documented", "GET /payment-profiles/{paymentProfileId} answers that PaymentProfile", {
    "any-profile-id-finds-the-first": { findProfile: (all, id) => clean.findProfile(all, id) ?? all[0] },
    "always-the-first-profile": { findProfile: (all) => all[0] },
    "profile-of-the-neighbour": {
      findProfile: (all, id) => all[(all.findIndex((profile) => profile.paymentProfileId === id) + 1) % all.length],
    },
    "profile-read-in-a-list": { answer: rewrite(["getPaymentProfile"], (profile) => ({ items: [profile] })) },
  }),
  ...breaking("documented", profileRow, {
    "profile-without-id": { presentProfile: (profile) => omit(profile, "paymentProfileId") },
    "profile-without-type": { presentProfile: (profile) => omit(profile, "type") },
    "profile-without-status": { presentProfile: (profile) => omit(profile, "status") },
    "profile-without-customer-id": { presentProfile: (profile) => omit(profile, "customerId") },
    "profile-without-created-at": { presentProfile: (profile) => omit(profile, "createdAt") },
    "profile-type-as-a-number": { presentProfile: (profile) => ({ ...profile, type: 1 }) },
    "profile-status-in-lower-case": {
      presentProfile: (profile) => ({ ...profile, status: profile.status.toLowerCase() }),
    },
    "profile-status-unknown": { presentProfile: (profile) => ({ ...profile, status: "VALID" }) },
    "profile-status-as-a-flag": { presentProfile: (profile) => ({ ...profile, status: profile.status === "ACTIVE" }) },
    "profile-created-at-in-seconds": {
      presentProfile: (profile) => ({ ...profile, createdAt: Date.parse(profile.createdAt) / 1000 }),
    },
    "profile-metadata-as-text": { presentProfile: (profile) => ({ ...profile, metadata: "{}" }) },
    "profile-provider-as-an-object": {
      presentProfile: (profile) => ({ ...profile, provider: { name: profile.provider } }),
    },
    "profile-shows-another-owner": {
      presentProfile: (profile) => ({ ...profile, customerId: `${profile.customerId}0` }),
    },
  }),
];
