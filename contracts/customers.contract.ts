import {
  accepted,
  type Exchange,
  equal,
  holds,
  isObject,
  type JsonObject,
  memberOf,
  refused,
  type Statement,
  stated,
} from "../src/contract.ts";
import { emailInvoice, withoutTimes } from "./samples.ts";
import { assumed, type ConnectCase, documented, type Topic } from "./scene.ts";

const pageClaim =
  "Lists: query `limit` (1..1000, default 100) and `offset` (>= 0, default 0); body {items, pagination}.";

const cases: ConnectCase[] = [
  documented({
    id: "customers/read",
    title: "A customer is read by its id",
    claim: "The unique identifier for the customer.",
    async run({ read, customer }) {
      equal((await read()).customerId, customer, "customerId");
    },
  }),
  documented({
    id: "customers/read-twice",
    title: "Two reads without a write between them answer the same customer",
    claim: "A read changes nothing.",
    async run({ read }) {
      const first = withoutTimes(await read());
      equal(withoutTimes(await read()), first, "customer");
    },
  }),
  documented({
    id: "customers/read-unknown",
    title: "A customer that does not exist is not answered",
    claim: "The unique identifier for the customer.",
    async run({ send }) {
      refused(await send({ method: "GET", path: "/customers/understudy-no-such-customer" }));
    },
  }),
  documented({
    id: "customers/read-nearly-this-one",
    title: "An id that is nearly the customer's does not answer the customer",
    claim: "The unique identifier for the customer.",
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
    async run({ send }) {
      refused(await send({ method: "GET", path: "/customers/understudy-no-such-customer" }), 404);
    },
  }),
  documented({
    id: "customers/unknown-query-parameter",
    title: "A read with a query parameter that nobody documented is served, or refused, but does not fail",
    claim: "Statuses in use: 200, 400; a client's request is no failure of the server.",
    async run({ send, customer }) {
      const answer = await send({ method: "GET", path: `/customers/${encodeURIComponent(customer)}?understudy=1` });
      if (answer.status >= 300) refused(answer);
    },
  }),
  documented({
    id: "customers/list",
    title: "The list of customers is a page of items with its pagination",
    claim: pageClaim,
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
    async run({ send, skip }) {
      const answer = await send({ method: "GET", path: "/customers?limit=1000" });
      equal(pageOf(answer, skip).pagination.limit, 1000, "pagination.limit", answer);
    },
  }),
  documented({
    id: "customers/list-offset",
    title: "A list with offset=1 begins with the second item",
    claim: pageClaim,
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
      async run({ send }) {
        refused(await send({ method: "GET", path: `/customers?${query}` }), 400);
      },
    }),
  ),
  documented({
    id: "customers/list-never-over-1000",
    title: "A list with limit=100000 is refused or holds at most 1000 items",
    claim: pageClaim,
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
    async run({ send, skip }) {
      const answer = await send({ method: "GET", path: "/customers?filter=understudy-no-such-name" });
      const page = pageOf(answer, skip);
      equal(page.items.length, 0, "the number of items", answer);
      equal(page.pagination.total, 0, "pagination.total", answer);
    },
  }),
];

/** The page of an answer. Later copies of the reference page by cursor: then the case cannot be decided. */
function pageOf(
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
  stated.inferred("filter is free text on name or e-mail.", "customers/filter-*"),
];

/** What is known of reading customers, and the cases that decide it. */
export const customers: Topic = { cases, statements };
