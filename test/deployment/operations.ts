// The operations that the deployment has a behaviour for, each a plain function from a call to an answer.

import { type Answer, type BillingChange, type Call, type Desk, type Detail, json, Refusal } from "./behaviour.ts";
import { isRecord } from "./checks.ts";
import { decode, describedCall, faultsOf, operateAsDescribed, shippedDescription } from "./from-document.ts";
import type { Billing, Customer } from "./world.ts";

/** Which operation a call means, and the id in its path. */
export function routeOf(call: Call): { operation: string; id: string } {
  const known: [method: string, path: RegExp, operation: string][] = [
    ["GET", /^\/customers$/, "listCustomers"],
    ["POST", /^\/customers$/, "createCustomer"],
    ["GET", /^\/customers\/([^/]+)$/, "getCustomer"],
    ["PUT", /^\/customers\/([^/]+)$/, "updateCustomer"],
    ["PUT", /^\/customers\/([^/]+)\/billing$/, "updateCustomerBilling"],
    ["GET", /^\/payment-profiles$/, "listPaymentProfiles"],
    ["GET", /^\/payment-profiles\/([^/]+)$/, "getPaymentProfile"],
  ];
  for (const [method, path, operation] of known) {
    const match = path.exec(call.path);
    if (call.method === method && match) return { operation, id: decode(match[1] ?? "") };
  }
  const described = describedCall(shippedDescription(), call);
  return { operation: described?.operation.id ?? "none", id: described?.path.customerId ?? "" };
}

/** Runs the operation of a call; throws a Refusal where it cannot. */
export async function operate(desk: Desk, call: Call): Promise<Answer> {
  const { operation, id } = routeOf(call);
  const query = new URLSearchParams(call.query);
  switch (operation) {
    case "listCustomers":
      return listCustomers(desk, query);
    case "getCustomer":
      return json(200, desk.behaviour.present(customerOf(desk, call, id)));
    case "createCustomer":
      await desk.behaviour.pause();
      return createCustomer(desk, call);
    case "updateCustomer":
      await desk.behaviour.pause();
      return updateCustomer(desk, call, customerOf(desk, call, id));
    case "updateCustomerBilling":
      await desk.behaviour.pause();
      return updateBilling(desk, call);
    case "listPaymentProfiles":
      return listProfiles(desk, call, query);
    case "getPaymentProfile":
      return getProfile(desk, id);
    default: {
      const described = describedCall(desk.description(), call);
      if (!described) throw new Refusal("unknown");
      return operateAsDescribed(desk, call, described);
    }
  }
}

/** The customer with this id, or a refusal. */
export function customerOf(desk: Desk, call: Call, id: string): Customer {
  const customer = desk.behaviour.findCustomer(desk, id, call);
  if (!customer) throw new Refusal("unknown");
  return customer;
}

function listCustomers(desk: Desk, query: URLSearchParams): Answer {
  const { behaviour } = desk;
  const text = query.get("filter") ?? "";
  const found = [...desk.customers.values()].filter((customer) => behaviour.matchesFilter(customer, text));
  const { items, ...rest } = behaviour.paginate(found, query);
  return json(200, { items: items.map(behaviour.present), ...rest });
}

function listProfiles(desk: Desk, call: Call, query: URLSearchParams): Answer {
  const customerId = query.get("customerId");
  if (!customerId) {
    const message = "Say whose payment profiles are wanted.";
    throw new Refusal("invalid", [{ message, code: "FIELD_REQUIRED", property: "customerId" }]);
  }
  customerOf(desk, call, customerId);
  const items = desk.behaviour.profilesOf([...desk.profiles.values()], customerId);
  return json(200, { items: items.map(desk.behaviour.presentProfile) });
}

function getProfile(desk: Desk, id: string): Answer {
  const profile = desk.behaviour.findProfile([...desk.profiles.values()], id);
  if (!profile) throw new Refusal("unknown");
  return json(200, desk.behaviour.presentProfile(profile));
}

/** The body of a billing write as an object, or a refusal. */
export function changeOf(desk: Desk, call: Call): BillingChange {
  const { behaviour } = desk;
  if (!behaviour.acceptsMedia(behaviour.header(call, "Content-Type") ?? "")) throw new Refusal("media");
  const body = behaviour.parse(call);
  if (isRecord(body)) return body;
  throw new Refusal("invalid", [{ message: "The body has to be an object.", code: "INVALID_TYPE" }]);
}

/** Reads a billing change against every rule, without storing anything. */
export function reviewBilling(desk: Desk, call: Call): { customer: Customer; merged: Billing } {
  const { behaviour } = desk;
  const customer = customerOf(desk, call, routeOf(call).id);
  const change = behaviour.prepare(changeOf(desk, call), customer);
  behaviour.touch(customer, change);
  const stored = customer.billing;
  const merged = behaviour.merge(stored, change);
  const usable = (profileId: string) => behaviour.usable(desk.profiles.get(profileId), customer);
  const details = Object.values(behaviour.checks).flatMap((check) => check({ change, stored, merged, usable }) ?? []);
  if (details.length > 0) throw new Refusal("invalid", details);
  return { customer, merged };
}

function updateBilling(desk: Desk, call: Call): Answer {
  const { behaviour } = desk;
  const { customer: before, merged: billing } = reviewBilling(desk, call);
  const after: Customer = { ...before, billing, updatedAt: behaviour.updatedAt(before, behaviour.now()) };
  behaviour.store(desk, after, before);
  desk.executions += 1;
  const shown = behaviour.reply(after, before);
  return json(200, shown === after ? behaviour.present(after) : shown);
}

function createCustomer(desk: Desk, call: Call): Answer {
  const { behaviour } = desk;
  const { body, billing, details } = reviewCustomer(desk, call, undefined);
  const { userIds, contactPersonUserId } = body;
  if (contactPersonUserId !== undefined && !(Array.isArray(userIds) && userIds.includes(contactPersonUserId)))
    details.push({
      message: "The contact person has to be one of the users.",
      code: "INVALID_VALUE",
      property: "contactPersonUserId",
    });
  refuseFor(desk, call, details);
  const customer = behaviour.draft(desk, body, billing);
  behaviour.enrol(desk, customer);
  desk.executions += 1;
  return json(201, behaviour.present(customer));
}

function updateCustomer(desk: Desk, call: Call, before: Customer): Answer {
  const { behaviour } = desk;
  const { body, billing, details } = reviewCustomer(desk, call, before);
  refuseFor(desk, call, details);
  const revised = behaviour.revise(before, { ...body, ...(billing && { billing }) });
  const after: Customer = { ...revised, updatedAt: behaviour.updatedAt(before, behaviour.now()) };
  behaviour.store(desk, after, before);
  desk.executions += 1;
  return json(200, behaviour.present(after));
}

/** Reads a customer to create, or a change of one, against the document and the rules of billing. */
function reviewCustomer(desk: Desk, call: Call, customer: Customer | undefined) {
  const { behaviour } = desk;
  const sent = changeOf(desk, call);
  const described = describedCall(desk.description(), call)?.operation.body;
  const details: Detail[] = described ? faultsOf(described.valid, sent) : [];
  const { billing: change, ...body } = sent;
  if (!isRecord(change)) return { body, billing: undefined, details };
  const stored = customer?.billing;
  const merged = behaviour.merge(stored, change);
  const usable = (profileId: string) =>
    customer !== undefined && behaviour.usable(desk.profiles.get(profileId), customer);
  const wrong = Object.values(behaviour.checks).flatMap((check) => check({ change, stored, merged, usable }) ?? []);
  details.push(...wrong.map((detail) => ({ ...detail, property: `billing.${detail.property}` })));
  return { body, billing: merged, details };
}

function refuseFor(desk: Desk, call: Call, details: readonly Detail[]): void {
  const left = desk.behaviour.objections(details, call);
  if (left.length > 0) throw new Refusal("invalid", left);
}
