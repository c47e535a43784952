import type { operations } from "../../api.ts";
import { momentOf, timestamp } from "../../document/moment.ts";
import { invalid, notFound } from "../../document/problem.ts";
import { createRandom, pick } from "../../document/sample/random.ts";
import type { Handlers } from "../../mock/handler.ts";
import type { Sandbox } from "../../mock/store/store.ts";
import { type Customer, customersOf, profilesOf } from "../records.ts";
import { updateBilling } from "../rules/billing.ts";
import { changedCustomer, newCustomer } from "../rules/customers.ts";

const hint = "GET /customers lists the customers of this API key.";

/** The operations under the tag `customers`. */
export const customers = {
  async listCustomers({ query }, sandbox) {
    // The document gives both a default.
    const [limit, offset] = [query.limit!, query.offset!];
    const sought = query.filter?.toLowerCase();
    const { items, total } = await customersOf(sandbox).list({
      offset,
      limit,
      where: sought
        ? ({ name, contact }) => `${name}\n${contact.email ?? ""}`.toLowerCase().includes(sought)
        : undefined,
    });
    const sort = { key: "createdAt", direction: "asc" };
    return { status: 200, body: { items: [...items], pagination: { total, limit, offset, sort } } };
  },

  async createCustomer({ body }, sandbox) {
    const customers = customersOf(sandbox);
    const at = timestamp(await sandbox.clock.now());
    const users: Users = [];
    for (const userId of body.userIds ?? [])
      users.push({ userId, name: await nameOf(userId, sandbox), role: "MEMBER" });
    const { total } = await customers.list({ offset: 0, limit: 0 });
    for (let number = total; ; number++) {
      const result = newCustomer(body, { ...identifiersOf(sandbox.seed, number), users, at });
      if ("violations" in result) throw invalid(result.violations);
      if (await customers.add(result.customer)) return { status: 201, body: result.customer };
    }
  },

  async getCustomer({ path }, sandbox) {
    const customer = await customersOf(sandbox).get(path.customerId);
    if (!customer) throw notFound("customer", path.customerId, hint);
    return { status: 200, body: customer };
  },

  async updateCustomer({ path, body }, sandbox) {
    const profiles = await profilesOf(path.customerId, sandbox);
    const now = await sandbox.clock.now();
    const customer = await customersOf(sandbox).update(path.customerId, (stored) => {
      const result = changedCustomer(stored, body, profiles, later(stored.updatedAt, now));
      if ("violations" in result) throw invalid(result.violations);
      return result.customer;
    });
    if (!customer) throw notFound("customer", path.customerId, hint);
    return { status: 200, body: customer };
  },

  async updateCustomerBilling({ path, body }, sandbox) {
    const profiles = await profilesOf(path.customerId, sandbox);
    const now = await sandbox.clock.now();
    const customer = await customersOf(sandbox).update(path.customerId, (stored) => {
      const result = updateBilling(stored.billing, body, profiles);
      if ("violations" in result) throw invalid(result.violations);
      return { ...stored, billing: result.billing, updatedAt: later(stored.updatedAt, now) };
    });
    if (!customer) throw notFound("customer", path.customerId, hint);
    return { status: 200, body: customer };
  },

  async addCustomerUser({ path, body }, sandbox) {
    const { userId, role = "MEMBER" } = body;
    const user = { userId, name: await nameOf(userId, sandbox), role };
    await changeUsers(path.customerId, sandbox, (users) => {
      const isThere = users.some((one) => one.userId === userId);
      return isThere ? users.map((one) => (one.userId === userId ? user : one)) : [...users, user];
    });
    return { status: 200, body: user };
  },

  async removeCustomerUser({ path, query: { userId } }, sandbox) {
    await changeUsers(path.customerId, sandbox, (users) => {
      const others = users.filter((one) => one.userId !== userId);
      if (others.length === users.length)
        throw notFound("user of this customer", userId, "GET the customer to see them.");
      return others;
    });
    return { status: 204, body: undefined };
  },
} satisfies Handlers<operations>;

type Users = NonNullable<Customer["users"]>;

async function changeUsers(customerId: string, sandbox: Sandbox, change: (users: Users) => Users): Promise<void> {
  const now = await sandbox.clock.now();
  const customer = await customersOf(sandbox).update(customerId, (stored) => ({
    ...stored,
    users: change(stored.users ?? []),
    updatedAt: later(stored.updatedAt, now),
  }));
  if (!customer) throw notFound("customer", customerId, hint);
}

/** What a user is called: users are not kept here, so that one whom no customer knows is called by the id. */
async function nameOf(userId: string, sandbox: Sandbox): Promise<string> {
  const knows = ({ users = [] }: Customer) => users.some((one) => one.userId === userId);
  const { items } = await customersOf(sandbox).list({ offset: 0, limit: 1, where: knows });
  return items[0]?.users?.find((one) => one.userId === userId)?.name ?? userId;
}

/** The time of a change: now, but always after the change before it, even while the clock stands still; at the end of 9999 it does. */
function later(before: string | undefined, now: number): string {
  const last = before === undefined ? undefined : momentOf(before);
  return timestamp(last === undefined ? now : Math.max(now, last + 1));
}

/** Identifiers of a customer, of the form of the reference's samples: the same for the same seed and number. */
function identifiersOf(
  seed: number,
  number: number,
): { readonly customerId: string; readonly humanReadableId: string } {
  const random = createRandom(seed ^ Math.imul(number + 1, 0x9e3779b1));
  const made = (form: string) =>
    form.replace(/[#?*]/g, (kind) => pick(random, [...(kind === "#" ? digits : kind === "?" ? letters : hex)]));
  return { customerId: made("cus-****-********"), humanReadableId: made("##?-??#?-?##") };
}

const digits = "0123456789";
const hex = `${digits}abcdef`;
// Without those that are taken for digits on the telephone.
const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ";
