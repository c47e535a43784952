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
} from "../src/contract.ts";
import { assumed, type ConnectCase, documented, type Topic } from "./scene.ts";

const listPath = (customer: string) => `/payment-profiles?customerId=${encodeURIComponent(customer)}`;

const cases: ConnectCase[] = [
  documented({
    id: "payment-profiles/list",
    title: "The list of a customer's payment profiles holds only its own",
    claim: "GET /payment-profiles?customerId= lists the customer's payment profiles; {items}, no paging.",
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
    async run({ send, given }) {
      const answer = await send({ method: "GET", path: listPath(given.otherCustomer) });
      for (const profile of itemsOf(answer)) equal(profile.customerId, given.otherCustomer, "items.customerId", answer);
    },
  }),
  documented({
    id: "payment-profiles/list-needs-customer",
    title: "A list without customerId is refused",
    claim: "customerId is required.",
    async run({ send }) {
      refused(await send({ method: "GET", path: "/payment-profiles" }));
    },
  }),
  documented({
    id: "payment-profiles/read",
    title: "A payment profile is read by its id, as it stands in the list",
    claim: "GET /payment-profiles/{paymentProfileId} answers the PaymentProfile.",
    needs: ["paymentProfile"],
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
    async run({ send }) {
      refused(await send({ method: "GET", path: "/payment-profiles/understudy-no-such-profile" }));
    },
  }),
  assumed({
    id: "payment-profiles/read-unknown-is-404",
    title: "A payment profile that does not exist is answered 404",
    claim: "Statuses in use: 404 (inferred).",
    async run({ send }) {
      refused(await send({ method: "GET", path: "/payment-profiles/understudy-no-such-profile" }), 404);
    },
  }),
  documented({
    id: "payment-profiles/list-of-nobody",
    title: "The list of a customer that does not exist holds nothing",
    claim: "GET /payment-profiles?customerId= lists that customer's payment profiles.",
    async run({ send }) {
      const answer = await send({ method: "GET", path: listPath("understudy-no-such-customer") });
      if (answer.status >= 300) return refused(answer);
      equal(itemsOf(answer).length, 0, "the number of items", answer);
    },
  }),
];

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
];

/** What is known of payment profiles, and the cases that decide it. */
export const paymentProfiles: Topic = {
  cases,
  statements,
  identifiers: { paymentProfileId: (given) => given.paymentProfile },
};
