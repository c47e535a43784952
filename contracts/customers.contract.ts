import {
  accepted,
  conflict,
  type Exchange,
  equal,
  holds,
  isObject,
  type JsonObject,
  memberOf,
  type RequestPlan,
  refused,
  type Statement,
  stated,
  type Undo,
} from "../src/contract/kit.ts";
import { emailInvoice, usersOf, withoutTimes } from "./samples.ts";
import { assumed, type ConnectCase, type ConnectScene, customerPath, documented, type Topic } from "./scene.ts";

const pageClaim =
  "Lists: query `limit` (1..1000, default 100) and `offset` (>= 0, default 0); body {items, pagination}.";

const cases: ConnectCase[] = [
  documented({
    id: "customers/read",
    title: "A customer is read by its id",
    claim: "The unique identifier for the customer.",
    reads: true,
    async run({ read, customer }) {
      equal((await read()).customerId, customer, "customerId");
    },
  }),
  documented({
    id: "customers/read-twice",
    title: "Two reads without a write between them answer the same customer",
    claim: "A read changes nothing.",
    reads: true,
    async run({ read }) {
      const first = withoutTimes(await read());
      equal(withoutTimes(await read()), first, "customer");
    },
  }),
  documented({
    id: "customers/read-unknown",
    title: "A customer that does not exist is not answered",
    claim: "The unique identifier for the customer.",
    reads: true,
    async run({ send }) {
      refused(await send({ method: "GET", path: "/customers/understudy-no-such-customer" }));
    },
  }),
  documented({
    id: "customers/read-nearly-this-one",
    title: "An id that is nearly the customer's does not answer the customer",
    claim: "The unique identifier for the customer.",
    reads: true,
    async run({ send, customer }) {
      for (const id of [`${customer}x`, customer.slice(0, -1)]) {
        const answer = await send({ method: "GET", path: `/customers/${encodeURIComponent(id)}` });
        // It may be another customer's, or, cut to nothing, no id at all.
        if (answer.status < 300 && memberOf(answer.json, "customerId") === customer) refused(answer);
      }
    },
  }),
  assumed({
    id: "customers/read-unknown-is-404",
    title: "A customer that does not exist is answered 404",
    claim: "Statuses in use: 404 (inferred).",
    reads: true,
    async run({ send }) {
      refused(await send({ method: "GET", path: "/customers/understudy-no-such-customer" }), 404);
    },
  }),
  documented({
    id: "customers/unknown-query-parameter",
    title: "A read with a query parameter that nobody documented is served, or refused, but does not fail",
    claim: "Statuses in use: 200, 400; a client's request is no failure of the server.",
    reads: true,
    async run({ send, customer }) {
      const answer = await send({ method: "GET", path: `/customers/${encodeURIComponent(customer)}?understudy=1` });
      if (answer.status >= 300) refused(answer);
    },
  }),
  documented({
    id: "customers/list",
    title: "The list of customers is a page of items with its pagination",
    claim: pageClaim,
    reads: true,
    async run({ send }) {
      const answer = await send({ method: "GET", path: "/customers" });
      holds(Array.isArray(accepted(answer).items), "the page should have items", answer, {
        at: "body.items",
        expected: "an array",
      });
    },
  }),
  documented({
    id: "customers/list-defaults",
    title: "A list without parameters begins at 0 and holds at most 100 items",
    claim: pageClaim,
    reads: true,
    async run({ send, skip }) {
      const answer = await send({ method: "GET", path: "/customers" });
      const page = pageOf(answer, skip);
      equal(page.pagination.limit, 100, "pagination.limit", answer);
      equal(page.pagination.offset, 0, "pagination.offset", answer);
      holds(page.items.length <= 100, "the page should hold at most 100 items", answer, {
        at: "body.items",
        expected: "at most 100",
        received: page.items.length,
      });
    },
  }),
  documented({
    id: "customers/list-limit",
    title: "A list with limit=1 holds one item at most, and says so",
    claim: pageClaim,
    reads: true,
    async run({ send, skip }) {
      const answer = await send({ method: "GET", path: "/customers?limit=1" });
      const page = pageOf(answer, skip);
      equal(page.pagination.limit, 1, "pagination.limit", answer);
      holds(page.items.length === Math.min(1, Number(page.pagination.total)), "the page should hold one item", answer, {
        at: "body.items",
        expected: 1,
        received: page.items.length,
      });
    },
  }),
  documented({
    id: "customers/list-largest-limit",
    title: "A list with limit=1000 is served",
    claim: pageClaim,
    reads: true,
    async run({ send, skip }) {
      const answer = await send({ method: "GET", path: "/customers?limit=1000" });
      equal(pageOf(answer, skip).pagination.limit, 1000, "pagination.limit", answer);
    },
  }),
  documented({
    id: "customers/list-offset",
    title: "A list with offset=1 begins with the second item",
    claim: pageClaim,
    reads: true,
    async run({ send, skip }) {
      const two = pageOf(await send({ method: "GET", path: "/customers?limit=2" }), skip);
      if (Number(two.pagination.total) < 2) skip("the target shows fewer than two customers");
      equal(two.items.length, 2, "the number of items with limit=2");
      const answer = await send({ method: "GET", path: "/customers?limit=2&offset=1" });
      const second = pageOf(answer, skip);
      equal(second.pagination.total, two.pagination.total, "pagination.total", answer);
      equal(second.pagination.offset, 1, "pagination.offset", answer);
      equal(
        memberOf(second.items[0], "customerId"),
        memberOf(two.items[1], "customerId"),
        "items.0.customerId",
        answer,
      );
    },
  }),
  documented({
    id: "customers/list-past-the-end",
    title: "A list whose offset is the total is an empty page",
    claim: pageClaim,
    reads: true,
    async run({ send, skip }) {
      const { total } = pageOf(await send({ method: "GET", path: "/customers?limit=1" }), skip).pagination;
      const answer = await send({ method: "GET", path: `/customers?offset=${total}` });
      equal(pageOf(answer, skip).items.length, 0, "the number of items", answer);
    },
  }),
  documented({
    id: "customers/list-total",
    title: "The total counts all customers, not those of the page",
    claim: pageClaim,
    reads: true,
    async run({ send, skip }) {
      const answer = await send({ method: "GET", path: "/customers?limit=1000" });
      const all = pageOf(answer, skip);
      if (all.items.length < 1000) equal(all.pagination.total, all.items.length, "pagination.total", answer);
      const one = await send({ method: "GET", path: "/customers?limit=1" });
      equal(pageOf(one, skip).pagination.total, all.pagination.total, "pagination.total", one);
    },
  }),
  documented({
    id: "customers/list-holds-the-customer",
    title: "The customer stands in the list as it is read alone",
    claim: "GET /customers lists customers.",
    async run({ establish, send, read, customer, skip }) {
      await establish(emailInvoice());
      const alone = await read();
      for (let offset = 0; ; offset += 1000) {
        const answer = await send({ method: "GET", path: `/customers?limit=1000&offset=${offset}` });
        const page = pageOf(answer, skip);
        const found = page.items.find((item) => item.customerId === customer);
        if (found) {
          equal(withoutTimes(found), withoutTimes(alone), "customer", answer);
          return;
        }
        holds(page.items.length > 0, "the list should hold the customer", answer, {
          at: "body.items",
          expected: customer,
          received: "(absent)",
        });
        if (offset >= 9000) skip("the target has over 10,000 customers");
      }
    },
  }),
  documented({
    id: "customers/list-repeats-no-customer",
    title: "No customer stands in a page twice",
    claim: "The unique identifier for the customer.",
    reads: true,
    async run({ send, skip }) {
      const answer = await send({ method: "GET", path: "/customers?limit=50" });
      const ids = pageOf(answer, skip).items.map(({ customerId }) => customerId);
      equal(ids, [...new Set(ids)], "the ids of the page", answer);
    },
  }),
  ...["limit=0", "limit=1001", "limit=-1", "limit=ten", "offset=-1", "offset=x"].map((query) =>
    assumed({
      id: `customers/list-refuses-${query.replace("=", "-").replace(".", "-").replace("--", "-minus-")}`,
      title: `A list with ${query} is refused with 400`,
      claim: "`limit` is 1..1000 and `offset` >= 0; what happens outside of that is our choice.",
      reads: true,
      async run({ send }) {
        refused(await send({ method: "GET", path: `/customers?${query}` }), 400);
      },
    }),
  ),
  documented({
    id: "customers/list-never-over-1000",
    title: "A list with limit=100000 is refused or holds at most 1000 items",
    claim: pageClaim,
    reads: true,
    async run({ send }) {
      const answer = await send({ method: "GET", path: "/customers?limit=100000" });
      if (answer.status >= 300) return refused(answer);
      const { items } = accepted(answer);
      holds(Array.isArray(items) && items.length <= 1000, "the page should hold at most 1000 items", answer);
    },
  }),
  ...[
    { id: "name", of: (customer: JsonObject) => String(customer.name) },
    { id: "part-of-the-name", of: (customer: JsonObject) => String(customer.name).slice(1, 5) },
    { id: "email", of: (customer: JsonObject) => memberOf(customer, "contact.email") },
  ].map(({ id, of }) =>
    assumed({
      id: `customers/filter-by-${id}`,
      title: `A filter by the customer's ${id.replaceAll("-", " ")} finds it`,
      claim: "`filter` is free text on name or e-mail (inferred).",
      reads: true,
      async run({ send, read, customer, skip }) {
        const text = of(await read());
        if (text === undefined) skip("the customer has none");
        const answer = await send({
          method: "GET",
          path: `/customers?limit=1000&filter=${encodeURIComponent(String(text))}`,
        });
        const found = pageOf(answer, skip).items.map(({ customerId }) => customerId);
        holds(found.includes(customer), "the filtered list should hold the customer", answer, {
          at: "body.items",
          expected: customer,
          received: found,
        });
      },
    }),
  ),
  documented({
    id: "customers/filter-of-odd-letters",
    title: "A filter of odd letters is served or refused, but the target does not fail",
    claim: "A client's request is no failure of the server.",
    reads: true,
    async run({ send }) {
      for (const text of ["%", "(", "[a", "\\", "'", "\u0000", "å", "*+?"]) {
        const answer = await send({ method: "GET", path: `/customers?filter=${encodeURIComponent(text)}` });
        if (answer.status >= 300) refused(answer);
      }
    },
  }),
  assumed({
    id: "customers/filter-leaves-out",
    title: "A filter that fits nobody answers an empty page",
    claim: "`filter` is free text on name or e-mail (inferred).",
    reads: true,
    async run({ send, skip }) {
      const answer = await send({ method: "GET", path: "/customers?filter=understudy-no-such-name" });
      const page = pageOf(answer, skip);
      equal(page.items.length, 0, "the number of items", answer);
      equal(page.pagination.total, 0, "pagination.total", answer);
    },
  }),
  // First of the users' cases: a target that loses others than the one meant has none left to lose after the first removal.
  documented({
    id: "customers/user-removed-alone",
    title: "Adding and removing a user leaves the other users, the billing and the name as they were",
    claim: "POST /customers/{customerId}/users: userId; DELETE /customers/{customerId}/users?userId=.",
    async run(scene) {
      const { send, customer, read, given } = scene;
      const asRead = async () => {
        const found = await read();
        const { users: _, ...rest } = withoutTimes(found);
        return { rest, others: othersThan(found, given.user) };
      };
      const before = await asRead();
      const userId = await ownUser(scene);
      const added = await asRead();
      equal(added.rest, before.rest, "the customer but for its users, after the addition");
      equal(added.others, before.others, "the other users, after the addition");
      await send(removal(customer, userId));
      const removed = await asRead();
      equal(removed.rest, before.rest, "the customer but for its users, after the removal");
      equal(removed.others, before.others, "the other users, after the removal");
    },
  }),
  documented({
    id: "customers/user-added",
    title: "A user who is added is answered, and shown with the customer",
    claim: "POST /customers/{customerId}/users: userId, role; answers the user.",
    async run(scene) {
      const { send, customer, read } = scene;
      const userId = await ownUser(scene);
      await send(removal(customer, userId));
      const answer = await send(addition(customer, { userId, role: "MANAGER" }));
      equal(accepted(answer).userId, userId, "userId", answer);
      equal(roleOf(accepted(answer), "MANAGER"), "MANAGER", "role", answer);
      const customerAfter = await read();
      if (!Array.isArray(customerAfter.users)) return;
      const shown = userOf(customerAfter, userId);
      equal(shown?.userId, userId, "the user with the customer");
      equal(roleOf(shown, "MANAGER"), "MANAGER", "the role that the customer shows");
    },
  }),
  documented({
    id: "customers/user-role-is-member",
    title: "A user who is added without a role is a MEMBER",
    claim: "role (default `MEMBER`).",
    async run(scene) {
      const { send, customer } = scene;
      const userId = await ownUser(scene);
      await send(removal(customer, userId));
      const answer = await send(addition(customer, { userId }));
      equal(roleOf(accepted(answer), "MEMBER"), "MEMBER", "role", answer);
    },
  }),
  documented({
    id: "customers/user-removed",
    title: "A user who is removed is no longer shown with the customer, and the answer is empty",
    claim: "DELETE /customers/{customerId}/users?userId=: empty answer.",
    async run(scene) {
      const { send, customer, read } = scene;
      const userId = await ownUser(scene);
      const answer = await send(removal(customer, userId));
      holds(answer.status < 300, "the user should be removed", answer, {
        at: "status",
        expected: "2xx",
        received: answer.status,
      });
      equal(answer.text, "", "the body", answer);
      equal(userOf(await read(), userId), undefined, "the user with the customer");
    },
  }),
  documented({
    id: "customers/user-id-is-required",
    title: "An addition and a removal without a userId are refused and change nothing",
    claim: "userId is required; userId is a required query parameter.",
    async run(scene) {
      const { send, customer, read } = scene;
      const before = usersOf(await read());
      refused(await send(addition(customer, { role: "MEMBER" })));
      refused(await send({ method: "DELETE", path: usersPath(customer) }));
      equal(usersOf(await read()), before, "the users");
    },
  }),
  documented({
    id: "customers/user-replay-of-a-removal",
    title: "A removal repeated under its key is answered as before, and not carried out again",
    claim: "Same key, identical request: the kept answer is returned and nothing is executed again; also on a DELETE.",
    async run(scene) {
      const { send, customer, read, freshKey } = scene;
      const userId = await ownUser(scene);
      const request = removal(customer, userId, freshKey());
      const first = await send(request);
      accepted(await send(addition(customer, { userId })));
      const again = await send(request);
      equal([again.status, again.text], [first.status, first.text], "the repeated answer", again);
      const customerAfter = await read();
      if (!Array.isArray(customerAfter.users)) return;
      holds(userOf(customerAfter, userId) !== undefined, "the user should still be there", again, {
        at: "users",
        expected: "the user who was added after the removal",
        received: "nobody",
      });
    },
  }),
  documented({
    id: "customers/user-replay-with-another-role",
    title: "Another addition under a used key is a mismatch",
    claim: "Same key, other request: 409 `idempotency_key_mismatch`.",
    async run(scene) {
      const { send, customer, freshKey } = scene;
      const userId = await ownUser(scene);
      await send(removal(customer, userId));
      const key = freshKey();
      accepted(await send(addition(customer, { userId, role: "MEMBER" }, key)));
      conflict(await send(addition(customer, { userId, role: "ADMIN" }, key)), "idempotency_key_mismatch");
    },
  }),
  assumed({
    id: "customers/user-unknown-is-404",
    title: "A user who is not associated cannot be removed",
    claim: "A user who is not associated is not found (assumed).",
    async run({ send, customer }) {
      refused(await send(removal(customer, "understudy-no-such-user")), 404);
    },
  }),
  assumed({
    id: "customers/user-updated-at-advances",
    title: "updatedAt advances with a user who is removed",
    claim: "`updatedAt` advances on every executed write (assumed).",
    async run(scene) {
      const { send, customer, read, skip } = scene;
      const userId = await ownUser(scene);
      const before = (await read()).updatedAt;
      if (typeof before !== "string") skip("the target shows no updatedAt");
      await send(removal(customer, userId));
      const after = (await read()).updatedAt;
      holds(Date.parse(String(after)) > Date.parse(String(before)), "updatedAt should advance", undefined, {
        at: "updatedAt",
        expected: `later than ${before}`,
        received: after,
      });
    },
  }),
];

/** The users but one. */
function othersThan(customer: JsonObject, userId: string): readonly unknown[] {
  return usersOf(customer).filter((user) => user.userId !== userId);
}

function userOf(customer: JsonObject, userId: unknown): JsonObject | undefined {
  return usersOf(customer).find((user) => user.userId === userId);
}

/** The role that a user is shown with, which need not be shown: then the role expected. */
function roleOf(user: unknown, expected: string): unknown {
  return memberOf(user, "role") ?? expected;
}

/**
 * A user whom the run has added, as a MEMBER: never one who was there before it, whose name and place nothing could bring back. A
 * target may know its users and refuse another.
 */
async function ownUser({ send, read, customer, given, skip }: ConnectScene): Promise<string> {
  const userId = given.user;
  if (userOf(await read(), userId)) await send(removal(customer, userId));
  const answer = await send(addition(customer, { userId }));
  if ([400, 403, 404, 405, 409, 422].includes(answer.status))
    skip(`the target refuses to add the user ${userId} (${answer.status}); name one that it knows with --user`);
  accepted(answer);
  return userId;
}

function usersPath(customer: string, userId?: string): string {
  return `${customerPath(customer)}/users${userId === undefined ? "" : `?userId=${encodeURIComponent(userId)}`}`;
}

function addition(customer: string, json: unknown, key?: string): RequestPlan {
  const headers = key === undefined ? {} : { "X-Idempotency-Key": key };
  return { method: "POST", path: usersPath(customer), json, headers };
}

function removal(customer: string, userId: string, key?: string): RequestPlan {
  const headers = key === undefined ? {} : { "X-Idempotency-Key": key };
  return { method: "DELETE", path: usersPath(customer, userId), headers };
}

/** The users of a customer are made what they were: who was added is removed, who was removed or changed is added. */
const undoUsers: Undo = {
  operations: ["addCustomerUser", "removeCustomerUser"],
  what: ({ customerId = "" }) => `the users of customer ${customerId}`,
  how: "users that were added are removed, those that were removed are added in their role; updatedAt advances",
  async capture({ send }, { customerId = "" }) {
    const { status, json } = await send({ method: "GET", path: customerPath(customerId) });
    if (status === 404) return null;
    if (!isObject(json) || status > 299) throw new Error(`reading it was answered ${status}`);
    return usersOf(json).map(({ userId, role }) => ({ userId, ...(role === undefined ? {} : { role }) }));
  },
  async restore(visit, path, captured) {
    const { customerId = "" } = path;
    const before = Array.isArray(captured) ? captured.filter(isObject) : [];
    const now = await this.capture(visit, path);
    const there = Array.isArray(now) ? now.filter(isObject) : [];
    const same = (one: JsonObject) => (other: JsonObject) =>
      other.userId === one.userId && (one.role === undefined || other.role === one.role);
    for (const { userId } of there)
      if (!before.some((one) => one.userId === userId)) await visit.send(removal(customerId, String(userId)));
    for (const user of before) if (!there.some(same(user))) await visit.send(addition(customerId, user));
    const after = await this.capture(visit, path);
    const left = Array.isArray(after) ? after.filter(isObject) : [];
    const isAsBefore = left.length === before.length && before.every((user) => left.some(same(user)));
    if (isAsBefore) return undefined;
    const wanted = JSON.stringify(before);
    return {
      message: `The users of customer ${customerId} could not be put back; they were ${wanted}.`,
      irremovable: false,
    };
  },
};

/** The page of an answer. Later copies of the reference page by cursor: then the case cannot be decided. */
export function pageOf(
  answer: Exchange,
  skip: (reason: string) => never,
): { items: readonly JsonObject[]; pagination: JsonObject } {
  const { items, pagination } = accepted(answer);
  const members = isObject(pagination) ? Object.keys(pagination) : Object.keys(accepted(answer));
  if (members.some((name) => /cursor/i.test(name))) skip("the target pages by cursor, which is documented later");
  holds(Array.isArray(items), "the page should have items", answer, {
    at: "body.items",
    expected: "an array",
    received: items,
  });
  holds(isObject(pagination), "the page should have its pagination", answer, {
    at: "body.pagination",
    expected: "an object",
    received: pagination,
  });
  return { items: items.filter(isObject), pagination };
}

const statements: Statement[] = [
  stated.documented(
    "Times are RFC 3339 in UTC with Z, dates YYYY-MM-DD: every answer is held against the document.",
    "customers/read",
    "payment-profiles/read",
  ),
  stated.documented(
    "Identifiers are plain strings, no UUIDs.",
    "billing/profile",
    "payment-profiles/read",
    "customers/read",
  ),
  stated.documented(
    "Lists take limit (1 to 1000, 100 by default) and offset (0 by default) and answer items and pagination.",
    "customers/list*",
  ),
  stated.documented("GET /customers/{customerId} answers the customer.", "customers/read*"),
  stated.documented("GET /customers answers the customers, page by page.", "customers/list*"),
  stated.documented(
    "POST /customers/{customerId}/users associates a user and answers the user.",
    "customers/user-added*",
  ),
  stated.documented("The role of a user is MEMBER unless the request says otherwise.", "customers/user-role-*"),
  stated.documented("DELETE /customers/{customerId}/users?userId= ends the association.", "customers/user-removed*"),
  stated.documented("userId is required, in either.", "customers/user-id-*"),
  stated.documented("A repeated request on users is carried out once.", "customers/user-replay-*"),
  stated.assumed(
    "A user who is not associated is not found; updatedAt advances.",
    "customers/user-unknown-*",
    "customers/user-updated-at-*",
  ),
  stated.inferred("filter is free text on name or e-mail.", "customers/filter-*"),
];

/** What is known of reading customers, and the cases that decide it. */
export const customers: Topic = {
  cases,
  statements,
  undos: [undoUsers],
  identifiers: {
    customerId: (given) => given.customer,
    userId: ({ user }) => user,
  },
};
