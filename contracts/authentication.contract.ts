import { accepted, equal, memberOf, type RequestPlan, refused, type Statement, stated } from "../src/contract/kit.ts";
import { emailInvoice, withoutTimes } from "./samples.ts";
import { assumed, type ConnectCase, documented, type Topic } from "./scene.ts";

const claim = "An API key that grants access to the Connect API.";
const unknownKey = { value: "understudy-no-such-key", shell: "'understudy-no-such-key'" };
const readCustomer = (customer: string): RequestPlan => ({
  method: "GET",
  path: `/customers/${encodeURIComponent(customer)}`,
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are for a shell
/** Keys that are nearly the run's own: what a comparison gets wrong that looks at a part of the key only. */
const nearly = [
  {
    name: "a-key-cut-short",
    title: "The key without its last character",
    key: (key: string) => key.slice(0, -1),
    shell: '"${CONNECT_API_KEY%?}"',
  },
  {
    name: "a-key-cut-in-front",
    title: "The key without its first character",
    key: (key: string) => key.slice(1),
    shell: '"${CONNECT_API_KEY#?}"',
  },
  {
    name: "a-key-with-more",
    title: "The key with a character more",
    key: (key: string) => `${key}x`,
    shell: '"${CONNECT_API_KEY}x"',
  },
  {
    name: "a-key-in-other-case",
    title: "The key in other letter case",
    key: otherCase,
    shell: "\"$(printf %s \"$CONNECT_API_KEY\" | tr 'a-zA-Z' 'A-Za-z')\"",
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above

const cases: ConnectCase[] = [
  documented({
    id: "authentication/read-needs-key",
    title: "A read without a key is refused",
    claim,
    reads: true,
    async run({ send, customer }) {
      refused(await send({ ...readCustomer(customer), apiKey: null }));
    },
  }),
  documented({
    id: "authentication/write-needs-key",
    title: "A write without a key is refused and changes nothing",
    claim,
    async run({ establish, update, read }) {
      await establish(emailInvoice());
      const before = withoutTimes(await read());
      refused(await update(emailInvoice(), { apiKey: null }));
      equal(withoutTimes(await read()), before, "customer");
    },
  }),
  ...[
    { id: "list-customers", path: () => "/customers" },
    {
      id: "list-payment-profiles",
      path: (customer: string) => `/payment-profiles?customerId=${encodeURIComponent(customer)}`,
    },
  ].map(({ id, path }) =>
    documented({
      id: `authentication/${id}-needs-key`,
      title: `GET ${path("...")} without a key is refused`,
      claim,
      reads: true,
      async run({ send, customer }) {
        refused(await send({ method: "GET", path: path(customer), apiKey: null }));
        refused(await send({ method: "GET", path: path(customer), apiKey: unknownKey }));
      },
    }),
  ),
  documented({
    id: "authentication/get-payment-profile-needs-key",
    title: "A payment profile is not read without a key",
    claim,
    needs: ["paymentProfile"],
    reads: true,
    async run({ send, given }) {
      const path = `/payment-profiles/${encodeURIComponent(given.paymentProfile)}`;
      refused(await send({ method: "GET", path, apiKey: null }));
      refused(await send({ method: "GET", path, apiKey: unknownKey }));
    },
  }),
  documented({
    id: "authentication/token-is-no-key",
    title: "A bearer token does not stand in for a key",
    claim: "An optional Authorization: Bearer may accompany the key.",
    reads: true,
    async run({ send, customer, apiKey }) {
      for (const token of ["understudy", apiKey.value]) {
        const shell = token === apiKey.value ? '"Bearer $CONNECT_API_KEY"' : "'Bearer understudy'";
        refused(
          await send({
            ...readCustomer(customer),
            apiKey: { header: "Authorization", value: `Bearer ${token}`, shell },
          }),
        );
      }
    },
  }),
  documented({
    id: "authentication/kept-answer-needs-key",
    title: "An answer kept under an idempotency key is not given away without an API key",
    claim,
    async run({ update, freshKey }) {
      const [body, key] = [emailInvoice(), freshKey()];
      accepted(await update(body, { key }));
      refused(await update(body, { key, apiKey: null }));
      refused(await update(body, { key, apiKey: unknownKey }));
    },
  }),
  documented({
    id: "authentication/unknown-key",
    title: "A read with an unknown key is refused",
    claim,
    reads: true,
    async run({ send, customer }) {
      refused(await send({ ...readCustomer(customer), apiKey: unknownKey }));
    },
  }),
  documented({
    id: "authentication/write-with-unknown-key",
    title: "A write with an unknown key is refused and changes nothing",
    claim,
    async run({ establish, update, read }) {
      await establish(emailInvoice());
      const before = withoutTimes(await read());
      refused(await update(emailInvoice(), { apiKey: unknownKey }));
      equal(withoutTimes(await read()), before, "customer");
    },
  }),
  documented({
    id: "authentication/empty-key",
    title: "A read with an empty key is refused",
    claim,
    reads: true,
    async run({ send, customer }) {
      refused(await send({ ...readCustomer(customer), apiKey: { value: "", shell: "''" } }));
    },
  }),
  ...nearly.map(({ name, title, key, shell }) =>
    documented({
      id: `authentication/${name}`,
      title: `${title} does not open the same account`,
      claim,
      async run({ apiKey, establish, send, customer, skip }) {
        const value = key(apiKey.value);
        if (value === apiKey.value || value === "") skip("this key has no such neighbour");
        const mark = emailInvoice();
        await establish(mark);
        const answer = await send({ ...readCustomer(customer), apiKey: { value, shell } });
        // Another key may happen to be known, but then it has not got what this one wrote.
        if (answer.status >= 200 && answer.status <= 299 && answer.text.includes(mark.email)) refused(answer);
      },
    }),
  ),
  ...["x-api-key", "X-Api-Key", "X-API-KEY", "x-Api-kEY"].map((header, index) =>
    documented({
      id: `authentication/header-in-any-case-${index + 1}`,
      title: `The key is found in the header "${header}"`,
      claim: "Header names match in any letter case (a newer copy of the reference prints X-Api-Key).",
      reads: true,
      async run({ send, customer, apiKey }) {
        const answer = await send({ ...readCustomer(customer), apiKey: { ...apiKey, header } });
        equal(memberOf(accepted(answer), "customerId"), customer, "customerId", answer);
      },
    }),
  ),
  ...[
    { name: "missing", apiKey: null, title: "A missing key" },
    { name: "unknown", apiKey: unknownKey, title: "An unknown key" },
  ].map(({ name, apiKey, title }) =>
    assumed({
      id: `authentication/${name}-key-is-401`,
      title: `${title} is answered 401`,
      claim: "A request without a known key gets 401; the status is our choice.",
      reads: true,
      async run({ send, customer }) {
        refused(await send({ ...readCustomer(customer), apiKey }), 401);
      },
    }),
  ),
];

function otherCase(key: string): string {
  const upper = key.toUpperCase();
  return upper === key ? key.toLowerCase() : upper;
}

const statements: Statement[] = [
  stated.documented(
    "Every operation needs a known key in X-API-Key.",
    "authentication/*-needs-key",
    "authentication/unknown-key",
    "authentication/write-with-unknown-key",
    "authentication/empty-key",
    "authentication/a-key-*",
  ),
  stated.assumed("Without a known key: 401.", "authentication/missing-key-is-401", "authentication/unknown-key-is-401"),
  stated.documented("Header names match in any letter case.", "*/header-in-any-case*"),
  stated.inferred(
    "An Authorization may accompany the key; it takes part in the idempotency comparison, and is no key itself.",
    "idempotency/other-authorization",
    "authentication/token-is-no-key",
  ),
];

/** What is known of who may call, and the cases that decide it. */
export const authentication: Topic = { cases, statements };
