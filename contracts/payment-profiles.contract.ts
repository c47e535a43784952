import {
  accepted,
  contains,
  type Exchange,
  equal,
  holds,
  isObject,
  type JsonObject,
  refused,
  type Statement,
  stated,
} from "../src/contract/kit.ts";
import { emailInvoice } from "./samples.ts";
import { assumed, type ConnectCase, type ConnectScene, documented, type Topic } from "./scene.ts";

const listPath = (customer: string) => `/payment-profiles?customerId=${encodeURIComponent(customer)}`;

const cases: ConnectCase[] = [
  documented({
    id: "payment-profiles/list",
    title: "The list of a customer's payment profiles holds only its own",
    claim: "GET /payment-profiles?customerId= lists the customer's payment profiles; {items}, no paging.",
    reads: true,
    async run({ send, customer }) {
      const answer = await send({ method: "GET", path: listPath(customer) });
      for (const profile of itemsOf(answer)) equal(profile.customerId, customer, "items.customerId", answer);
    },
  }),
  documented({
    id: "payment-profiles/list-holds-the-profile",
    title: "The list holds the customer's profile",
    claim: "GET /payment-profiles?customerId= lists the customer's payment profiles.",
    needs: ["paymentProfile"],
    reads: true,
    async run({ send, customer, given }) {
      const answer = await send({ method: "GET", path: listPath(customer) });
      const ids = itemsOf(answer).map(({ paymentProfileId }) => paymentProfileId);
      holds(ids.includes(given.paymentProfile), "the list should hold the profile", answer, {
        at: "body.items",
        expected: given.paymentProfile,
        received: ids,
      });
    },
  }),
  documented({
    id: "payment-profiles/list-of-another-customer",
    title: "The list of another customer holds none of this customer's profiles",
    claim: "GET /payment-profiles?customerId= lists that customer's payment profiles.",
    needs: ["otherCustomer"],
    reads: true,
    async run({ send, given }) {
      const answer = await send({ method: "GET", path: listPath(given.otherCustomer) });
      for (const profile of itemsOf(answer)) equal(profile.customerId, given.otherCustomer, "items.customerId", answer);
    },
  }),
  documented({
    id: "payment-profiles/list-needs-customer",
    title: "A list without customerId is refused",
    claim: "customerId is required.",
    reads: true,
    async run({ send }) {
      refused(await send({ method: "GET", path: "/payment-profiles" }));
    },
  }),
  documented({
    id: "payment-profiles/read",
    title: "A payment profile is read by its id, as it stands in the list",
    claim: "GET /payment-profiles/{paymentProfileId} answers the PaymentProfile.",
    needs: ["paymentProfile"],
    reads: true,
    async run({ send, customer, given }) {
      const answer = await send({
        method: "GET",
        path: `/payment-profiles/${encodeURIComponent(given.paymentProfile)}`,
      });
      const profile = accepted(answer);
      equal(profile.paymentProfileId, given.paymentProfile, "paymentProfileId", answer);
      equal(profile.customerId, customer, "customerId", answer);
      const listed = itemsOf(await send({ method: "GET", path: listPath(customer) })).find(
        (item) => item.paymentProfileId === given.paymentProfile,
      );
      const { type, status, createdAt } = listed ?? {};
      contains(profile, { type, status, createdAt }, "profile", answer);
    },
  }),
  documented({
    id: "payment-profiles/read-unknown",
    title: "A payment profile that does not exist is not answered",
    claim: "GET /payment-profiles/{paymentProfileId} answers the PaymentProfile of that id.",
    reads: true,
    async run({ send }) {
      refused(await send({ method: "GET", path: "/payment-profiles/understudy-no-such-profile" }));
    },
  }),
  assumed({
    id: "payment-profiles/read-unknown-is-404",
    title: "A payment profile that does not exist is answered 404",
    claim: "Statuses in use: 404 (inferred).",
    reads: true,
    async run({ send }) {
      refused(await send({ method: "GET", path: "/payment-profiles/understudy-no-such-profile" }), 404);
    },
  }),
  documented({
    id: "payment-profiles/list-of-nobody",
    title: "The list of a customer that does not exist holds nothing",
    claim: "GET /payment-profiles?customerId= lists that customer's payment profiles.",
    reads: true,
    async run({ send }) {
      const answer = await send({ method: "GET", path: listPath("understudy-no-such-customer") });
      if (answer.status >= 300) return refused(answer);
      equal(itemsOf(answer).length, 0, "the number of items", answer);
    },
  }),
  assumed({
    id: "payment-profiles/expires-with-its-day",
    title:
      "A profile is as it was until the day of its expiresAt has ended in UTC, then EXPIRED, and no default any more",
    claim: "`expiresAt` date, status `EXPIRED`; that the one follows from the other is assumed.",
    needs: ["clock", "paymentProfile"],
    async run(scene) {
      const { given, update, skip } = scene;
      const before = await profileOf(scene);
      const end = Date.parse(`${before.expiresAt}T00:00:00Z`) + day;
      const now = await timeThere(scene);
      if (!(end > now + hour)) skip("the profile has no expiresAt that lies ahead");
      // An hour on either side, for a target without a `Date` may have another clock than this machine.
      const moves = [end - now - hour, 2 * hour];
      let moved = 0;
      try {
        for (const [index, ms] of moves.entries()) {
          await given.clock(ms);
          moved += ms;
          const isOver = index === 1;
          const profile = await profileOf(scene);
          equal(profile.status, isOver ? "EXPIRED" : before.status, "status");
          equal((await listedProfile(scene))?.status, profile.status, "the status in the list");
          const answer = await update({ ...emailInvoice(), defaultPaymentProfileId: given.paymentProfile });
          if (isOver) refused(answer, 400);
          else accepted(answer);
        }
      } finally {
        await given.clock(-moved);
      }
    },
  }),
];

const hour = 3_600_000;
const day = 24 * hour;

/** What time it is at the target, by the `Date` of an answer; here where it has none. */
async function timeThere({ send, given }: ConnectScene<"paymentProfile">): Promise<number> {
  const answer = await send({ method: "GET", path: `/payment-profiles/${encodeURIComponent(given.paymentProfile)}` });
  const told = Date.parse(answer.headers.date ?? "");
  return Number.isNaN(told) ? Date.now() : told;
}

async function profileOf({ send, given }: ConnectScene<"paymentProfile">): Promise<JsonObject> {
  return accepted(await send({ method: "GET", path: `/payment-profiles/${encodeURIComponent(given.paymentProfile)}` }));
}

/** The payment profile as it stands in the list of its customer. */
async function listedProfile({
  send,
  customer,
  given,
}: ConnectScene<"paymentProfile">): Promise<JsonObject | undefined> {
  const items = itemsOf(await send({ method: "GET", path: listPath(customer) }));
  return items.find(({ paymentProfileId }) => paymentProfileId === given.paymentProfile);
}

function itemsOf(answer: Exchange): readonly JsonObject[] {
  const { items } = accepted(answer);
  holds(Array.isArray(items), "the answer should have items", answer, {
    at: "body.items",
    expected: "an array",
    received: items,
  });
  return items.filter(isObject);
}

const statements: Statement[] = [
  stated.documented(
    "GET /payment-profiles lists the payment profiles of the customer that it is asked for.",
    "payment-profiles/list*",
  ),
  stated.documented("GET /payment-profiles/{paymentProfileId} answers the payment profile.", "payment-profiles/read*"),
  stated.assumed(
    "A payment profile whose expiresAt has passed is EXPIRED, and no default any more.",
    "payment-profiles/expires-*",
  ),
];

/** What is known of payment profiles, and the cases that decide it. */
export const paymentProfiles: Topic = {
  cases,
  statements,
  identifiers: { paymentProfileId: (given) => given.paymentProfile },
};
