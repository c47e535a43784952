import {
  accepted,
  conflict,
  contains,
  type Exchange,
  equal,
  errorDetails,
  holds,
  type JsonObject,
  memberOf,
  refused,
  type Statement,
  stated,
} from "../src/contract/kit.ts";
import { address, emailInvoice, freshEmail, paperInvoice, withoutTimes } from "./samples.ts";
import { assumed, billingOf, type ConnectCase, documented, type Topic } from "./scene.ts";

const replayClaim =
  "A unique key to ensure idempotency of requests. If a request with the same key has already been processed, the same result will be returned.";
const mismatchClaim = "Modified requests with the same idempotency keys are rejected with a 409 Conflict status code.";
const identicalClaim =
  "Identical means: method, path and query, body byte for byte, and the headers that matter (Content-Type, Authorization).";
const lengthClaim = "At most 256 characters.";
const lockedClaim = "Same key while the first request is still running: 409 idempotency_key_locked.";
const keptClaim = "Every answer of the executed operation is kept, 2xx, 400 and 404 alike (assumed).";
const hour = 3_600_000;

/** One valid change of each field of a body that is valid before and after it. */
const changes: { field: string; change: (body: JsonObject) => JsonObject }[] = [
  { field: "method", change: (body) => ({ ...body, method: "PAPER_INVOICE" }) },
  { field: "email", change: (body) => ({ ...body, email: freshEmail() }) },
  { field: "address", change: (body) => ({ ...body, address: { ...address, street1: "2 Main Street" } }) },
  { field: "address.street2", change: (body) => ({ ...body, address: { ...address, street2: "Floor 3" } }) },
  { field: "address.zip", change: (body) => ({ ...body, address: { ...address, zip: "01702" } }) },
  { field: "address.attention", change: (body) => ({ ...body, address: { ...address, attention: "Somebody else" } }) },
  {
    field: "address.attention.letter-case",
    change: (body) => ({ ...body, address: { ...address, attention: address.attention.toLowerCase() } }),
  },
  { field: "currency", change: ({ currency: _, ...body }) => body },
  { field: "defaultPaymentProfileId", change: ({ defaultPaymentProfileId: _, ...body }) => body },
  { field: "autoPay", change: ({ autoPay: _, ...body }) => body },
];

/** The same JSON in other bytes. */
const respellings: { id: string; title: string; respell: (text: string) => string }[] = [
  {
    id: "spaced",
    title: "with spaces between its tokens",
    respell: (text) => JSON.stringify(JSON.parse(text), null, 2),
  },
  { id: "line-end", title: "with a line end after it", respell: (text) => `${text}\n` },
  {
    id: "reordered",
    title: "with its members in another order",
    respell: (text) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).reverse())),
  },
  { id: "escaped", title: "with a letter escaped", respell: (text) => text.replace("@", "\\u0040") },
];

const cases: ConnectCase[] = [
  documented({
    id: "idempotency/key-is-optional",
    title: "An update without a key is carried out",
    claim: "Optional header on writes.",
    async run({ update }) {
      const sent = emailInvoice();
      const answer = await update(sent);
      contains(billingOf(accepted(answer)), sent, "billing", answer);
    },
  }),
  documented({
    id: "idempotency/no-key-no-memory",
    title: "Without a key, an identical request is carried out again",
    claim: "Optional header on writes; the key is what ensures idempotency.",
    async run({ update, read }) {
      const first = emailInvoice();
      for (const body of [first, emailInvoice(), first]) accepted(await update(body));
      equal(memberOf(await read(), "billing.email"), first.email, "billing.email read back");
    },
  }),
  documented({
    id: "idempotency/replay-body",
    title: "The identical request under the same key gets the first answer, byte for byte",
    claim: replayClaim,
    async run({ update, freshKey }) {
      const [body, key] = [emailInvoice(), freshKey()];
      const first = await update(body, { key });
      accepted(first);
      for (let round = 0; round < 3; round++) sameAnswer(await update(body, { key }), first);
    },
  }),
  documented({
    id: "idempotency/replay-headers",
    title: "A replay carries the headers of the first answer",
    claim: "The first answer is kept whole: status, headers, body.",
    async run({ update, freshKey }) {
      const [body, key] = [emailInvoice(), freshKey()];
      const first = await update(body, { key });
      accepted(first);
      // What differs between two executed answers may be written by a gateway, anew each time; what does not is the answer's own.
      const other = await update(body, { key: freshKey() });
      const replay = await update(body, { key });
      for (const [name, value] of Object.entries(first.headers)) {
        if (ownedByTheConnection.has(name)) continue;
        if (/idempot|replay|^x-cache|^cache-status|^x-mock|rate-?limit/i.test(name)) continue;
        const varies = other.headers[name] !== value;
        if (varies)
          holds(replay.headers[name] !== undefined, `the replay lacks the header ${name}`, replay, {
            at: `header ${name}`,
            expected: value,
            received: "(absent)",
          });
        else equal(replay.headers[name], value, `header ${name}`, replay);
      }
    },
  }),
  documented({
    id: "idempotency/late-retry",
    title: "A late retry of A after B gets A's answer, and B stays in force",
    claim: "PUT A under k1, PUT B under k2, late retry of A under k1: A's kept answer comes back and B stays in force.",
    async run({ update, freshKey, read }) {
      const [a, b, k1] = [emailInvoice(), emailInvoice(), freshKey()];
      const first = await update(a, { key: k1 });
      accepted(first);
      accepted(await update(b, { key: freshKey() }));
      sameAnswer(await update(a, { key: k1 }), first);
      equal(memberOf(await read(), "billing.email"), b.email, "billing.email read back");
    },
  }),
  documented({
    id: "idempotency/late-retry-after-write-without-key",
    title: "A late retry of A after a write without a key gets A's answer, and the write stays in force",
    claim: replayClaim,
    async run({ update, freshKey, read }) {
      const [a, b, k1] = [emailInvoice(), paperInvoice(), freshKey()];
      const first = await update(a, { key: k1 });
      accepted(first);
      accepted(await update(b));
      sameAnswer(await update(a, { key: k1 }), first);
      contains(billingOf(await read()), b, "billing read back");
    },
  }),
  documented({
    id: "idempotency/late-retry-after-many-keys",
    title: "A retry after thirty other keys still gets the first answer",
    claim: "Keys are expired after 24 hours, and not before.",
    async run({ update, freshKey, read }) {
      const [a, k1] = [emailInvoice(), freshKey()];
      const first = await update(a, { key: k1 });
      accepted(first);
      let last = emailInvoice();
      for (let round = 0; round < 30; round++) {
        last = emailInvoice();
        accepted(await update(last, { key: freshKey() }));
      }
      sameAnswer(await update(a, { key: k1 }), first);
      equal(memberOf(await read(), "billing.email"), last.email, "billing.email read back");
    },
  }),
  documented({
    id: "idempotency/replay-executes-nothing",
    title: "A replay leaves the customer as it is, its time of change too",
    claim: "Same key, identical request: the kept answer is returned and nothing is executed again.",
    async run({ update, freshKey, read }) {
      const [body, key] = [emailInvoice(), freshKey()];
      accepted(await update(body, { key }));
      const before = await read();
      for (let round = 0; round < 3; round++) accepted(await update(body, { key }));
      const after = await read();
      equal(withoutTimes(after), withoutTimes(before), "customer");
      equal(after.updatedAt, before.updatedAt, "updatedAt");
    },
  }),
  documented({
    id: "idempotency/header-in-any-case",
    title: "The key is found in a header of any letter case",
    claim: "Header names match in any letter case.",
    async run({ update, freshKey, read }) {
      const [a, b, key] = [emailInvoice(), emailInvoice(), freshKey()];
      const first = await update(a, { key });
      accepted(first);
      accepted(await update(b));
      for (const name of ["x-idempotency-key", "X-IDEMPOTENCY-KEY", "x-Idempotency-kEY"])
        sameAnswer(await update(a, { headers: { [name]: key } }), first);
      equal(memberOf(await read(), "billing.email"), b.email, "billing.email read back");
    },
  }),

  ...changes.map(({ field, change }) =>
    documented({
      id: `idempotency/changed-${field.replaceAll(".", "-")}`,
      title: `The same key with another ${field} is a conflict, and nothing is carried out`,
      claim: mismatchClaim,
      async run({ update, freshKey, read, skip }) {
        const body = {
          method: "EMAIL_INVOICE",
          email: freshEmail(),
          address,
          currency: "USD",
          defaultPaymentProfileId: null,
          autoPay: false,
        };
        const key = freshKey();
        const first = await update(body, { key });
        if (first.status >= 400 && first.status <= 499) skip("the target does not take all fields in one request");
        accepted(first);
        const before = withoutTimes(await read());
        conflict(await update(change(body), { key }), "idempotency_key_mismatch");
        equal(withoutTimes(await read()), before, "customer");
      },
    }),
  ),
  documented({
    id: "idempotency/changed-request",
    title: "The same key with another request is a conflict, and nothing is carried out",
    claim: mismatchClaim,
    async run({ update, freshKey, read }) {
      const [a, key] = [emailInvoice(), freshKey()];
      accepted(await update(a, { key }));
      const before = withoutTimes(await read());
      for (const other of [emailInvoice(), paperInvoice()])
        conflict(await update(other, { key }), "idempotency_key_mismatch");
      equal(withoutTimes(await read()), before, "customer");
    },
  }),
  documented({
    id: "idempotency/changed-profile",
    title: "The same key with another payment profile is a conflict",
    claim: mismatchClaim,
    needs: ["paymentProfile"],
    async run({ update, freshKey, given, read }) {
      const [body, key] = [emailInvoice(), freshKey()];
      accepted(await update({ ...body, defaultPaymentProfileId: null, autoPay: false }, { key }));
      const before = withoutTimes(await read());
      for (const autoPay of [false, true]) {
        conflict(
          await update({ ...body, defaultPaymentProfileId: given.paymentProfile, autoPay }, { key }),
          "idempotency_key_mismatch",
        );
      }
      equal(withoutTimes(await read()), before, "customer");
    },
  }),
  documented({
    id: "idempotency/conflict-keeps-the-record",
    title: "After a conflict the first request is still answered from its record",
    claim: replayClaim,
    async run({ update, freshKey }) {
      const [a, b, key] = [emailInvoice(), emailInvoice(), freshKey()];
      const first = await update(a, { key });
      accepted(first);
      conflict(await update(b, { key }), "idempotency_key_mismatch");
      sameAnswer(await update(a, { key }), first);
      conflict(await update(b, { key }), "idempotency_key_mismatch");
    },
  }),
  ...respellings.map(({ id, title, respell }) =>
    documented({
      id: `idempotency/byte-for-byte-${id}`,
      title: `The same JSON ${title} is another request`,
      claim: identicalClaim,
      async run({ update, freshKey }) {
        const [text, key] = [JSON.stringify(emailInvoice()), freshKey()];
        accepted(await update(text, { key }));
        conflict(await update(respell(text), { key }), "idempotency_key_mismatch");
      },
    }),
  ),
  documented({
    id: "idempotency/other-query",
    title: "The same key with a query beside it is another request",
    claim: identicalClaim,
    async run({ update, freshKey }) {
      const [body, key] = [emailInvoice(), freshKey()];
      accepted(await update(body, { key }));
      conflict(await update(body, { key, query: "?understudy=1" }), "idempotency_key_mismatch");
    },
  }),
  documented({
    id: "idempotency/other-content-type",
    title: "The same key with another Content-Type is another request",
    claim: identicalClaim,
    async run({ update, freshKey }) {
      const [body, key] = [emailInvoice(), freshKey()];
      accepted(await update(body, { key, headers: { "Content-Type": "application/json" } }));
      conflict(
        await update(body, { key, headers: { "Content-Type": "application/json; charset=utf-8" } }),
        "idempotency_key_mismatch",
      );
    },
  }),
  documented({
    id: "idempotency/other-authorization",
    title: "The same key with another Authorization is another request",
    claim: identicalClaim,
    async run({ update, freshKey, skip }) {
      const [body, key] = [emailInvoice(), freshKey()];
      const first = await update(body, { key, headers: { Authorization: "Bearer understudy-a" } });
      if (first.status === 401 || first.status === 403 || first.status === 400)
        skip("the target knows its users' tokens, and the run has none");
      accepted(first);
      const other = await update(body, { key, headers: { Authorization: "Bearer understudy-b" } });
      if (other.status === 401 || other.status === 403)
        skip("the target knows its users' tokens, and the run has none");
      conflict(other, "idempotency_key_mismatch");
      conflict(await update(body, { key }), "idempotency_key_mismatch");
    },
  }),
  documented({
    id: "idempotency/other-headers-do-not-matter",
    title: "A retry with other headers beside those that matter gets the kept answer",
    claim: identicalClaim,
    async run({ update, freshKey }) {
      const [body, key] = [emailInvoice(), freshKey()];
      const first = await update(body, { key, headers: { "User-Agent": "understudy/1" } });
      accepted(first);
      for (const headers of [
        { "User-Agent": "understudy/2" },
        { "X-Understudy": "retry" },
        { "Accept-Language": "sv" },
      ]) {
        sameAnswer(await update(body, { key, headers }), first);
      }
    },
  }),
  documented({
    id: "idempotency/refused-request-frees-or-keeps-its-key",
    title: "A refused request, sent again under its key, is refused again and no conflict",
    claim: "Same key, identical request: it is neither another request nor still running.",
    async run({ update, freshKey }) {
      const [body, key] = [{ method: "FAX" }, freshKey()];
      refused(await update(body, { key }));
      const again = await update(body, { key });
      refused(again);
      holds(again.status !== 409, "the identical request should be no conflict", again, {
        at: "status",
        expected: "4xx, not 409",
        received: 409,
      });
    },
  }),
  documented({
    id: "idempotency/remembered-for-a-while",
    title: "A key is remembered a second and a half later",
    claim: "Keys are expired after 24 hours, and not before.",
    async run({ update, freshKey, age, read }) {
      const [a, key] = [emailInvoice(), freshKey()];
      const first = await update(a, { key });
      accepted(first);
      await age(1_500);
      const b = emailInvoice();
      accepted(await update(b));
      sameAnswer(await update(a, { key }), first);
      conflict(await update(emailInvoice(), { key }), "idempotency_key_mismatch");
      equal(memberOf(await read(), "billing.email"), b.email, "billing.email read back");
    },
  }),
  documented({
    id: "idempotency/other-customer-gets-no-kept-answer",
    title: "The same key for another customer does not get this customer's answer",
    claim: "Another operation or another customer under the same key is another request, so it too is a mismatch.",
    async run({ update, freshKey }) {
      const [body, key] = [emailInvoice(), freshKey()];
      accepted(await update(body, { key }));
      refused(await update(body, { key, customer: "understudy-no-such-customer" }));
    },
  }),
  documented({
    id: "idempotency/other-customer",
    title: "The same key for another customer is a conflict",
    claim: "Another operation or another customer under the same key is another request, so it too is a mismatch.",
    needs: ["otherCustomer"],
    async run({ update, freshKey, given, skip }) {
      const [body, key] = [emailInvoice(), freshKey()];
      accepted(await update(body, { key }));
      // Another customer is sent nothing that could be carried out. Whether a target looks at the key before it looks at such a
      // body shows on the run's own customer.
      const unfit = { method: "UNDERSTUDY", email: 0, autoPay: "never" };
      const own = await update(unfit, { key });
      refused(own);
      if (own.status !== 409)
        skip("the target judges a body before it looks at the key, so no harmless request can show this");
      conflict(await update(unfit, { key, customer: given.otherCustomer }), "idempotency_key_mismatch");
    },
  }),
  documented({
    id: "idempotency/keys-are-told-apart",
    title: "Two keys are two records",
    claim: "The key must be unique for each distinct operation.",
    async run({ update, freshKey, read }) {
      const [a, b, k1, k2] = [emailInvoice(), emailInvoice(), freshKey(), freshKey()];
      const first = await update(a, { key: k1 });
      const second = await update(b, { key: k2 });
      contains(billingOf(accepted(first)), a, "billing", first);
      contains(billingOf(accepted(second)), b, "billing", second);
      sameAnswer(await update(a, { key: k1 }), first);
      sameAnswer(await update(b, { key: k2 }), second);
      equal(memberOf(await read(), "billing.email"), b.email, "billing.email read back");
    },
  }),
  ...[
    { id: "letter-case", title: "by letter case", one: "-abc", other: "-ABC" },
    { id: "a-hyphen", title: "by a hyphen", one: "-ab", other: "-a-b" },
    { id: "punctuation", title: "by punctuation", one: ".ab", other: ".a:b" },
    { id: "what-follows-a-comma", title: "after a comma", one: ",a", other: ",b" },
    { id: "what-follows-a-space", title: "after a space", one: " a", other: " b" },
  ].map(({ id, title, one, other }) =>
    documented({
      id: `idempotency/keys-differ-by-${id}`,
      title: `Two keys that differ only ${title} are two keys`,
      claim: "A unique key: the same key is the same text.",
      async run({ update, freshKey }) {
        const [key, a, b] = [freshKey(), emailInvoice(), emailInvoice()];
        accepted(await update(a, { key: key + one }));
        const second = await update(b, { key: key + other });
        contains(billingOf(accepted(second)), b, "billing", second);
      },
    }),
  ),
  documented({
    id: "idempotency/keys-are-no-numbers",
    title: "Two keys that are the same number in other digits are two keys",
    claim: "A unique key: the same key is the same text.",
    async run({ update, freshKey }) {
      const digits = `1${freshKey().replace(/\D/g, "").slice(0, 12)}`;
      const [a, b] = [emailInvoice(), emailInvoice()];
      accepted(await update(a, { key: digits }));
      const second = await update(b, { key: `0${digits}` });
      contains(billingOf(accepted(second)), b, "billing", second);
    },
  }),
  ...[1, 36, 255, 256].map((length) =>
    documented({
      id: `idempotency/key-of-${length}`,
      title: `A key of ${length} character${length === 1 ? "" : "s"} is taken and remembered`,
      claim: lengthClaim,
      async run({ update, freshKey, skip }) {
        const [body, key] = [emailInvoice(), keyOfLength(freshKey(), length)];
        const first = await update(body, { key });
        // So short a key may have been used before, by anybody.
        if (length === 1 && first.status === 409) skip("the key has been used in the last 24 hours");
        accepted(first);
        sameAnswer(await update(body, { key }), first);
        conflict(await update(emailInvoice(), { key }), "idempotency_key_mismatch");
      },
    }),
  ),
  documented({
    id: "idempotency/long-keys-are-told-apart",
    title: "Two keys of 256 characters that differ in the last one are two keys",
    claim: lengthClaim,
    async run({ update, freshKey }) {
      const key = keyOfLength(freshKey(), 255);
      const [a, b] = [emailInvoice(), emailInvoice()];
      accepted(await update(a, { key: `${key}a` }));
      const second = await update(b, { key: `${key}b` });
      contains(billingOf(accepted(second)), b, "billing", second);
    },
  }),
  ...[257, 1000].map((length) =>
    documented({
      id: `idempotency/key-of-${length}`,
      title: `A key of ${length} characters is refused, and nothing is carried out`,
      claim: lengthClaim,
      async run({ establish, update, freshKey, read }) {
        await establish(emailInvoice());
        const before = withoutTimes(await read());
        refused(await update(emailInvoice(), { key: keyOfLength(freshKey(), length) }));
        equal(withoutTimes(await read()), before, "customer");
      },
    }),
  ),
  ...[
    { id: "empty", title: "An empty key", key: () => "" },
    { id: "too-long", title: "A key of 257 characters", key: (fresh: string) => keyOfLength(fresh, 257) },
  ].map(({ id, title, key }) =>
    assumed({
      id: `idempotency/${id}-key-is-400`,
      title: `${title} is answered 400 and names the header`,
      claim:
        "An empty key, or one of more than 256 characters: 400 VALIDATION_ERROR, property X-Idempotency-Key (assumed).",
      async run({ update, freshKey }) {
        const answer = await update(emailInvoice(), { key: key(freshKey()) });
        refused(answer, 400);
        equal(memberOf(answer.json, "code"), "VALIDATION_ERROR", "code", answer);
        equal(
          errorDetails(answer).map(({ property }) => property),
          ["X-Idempotency-Key"],
          "details.property",
          answer,
        );
      },
    }),
  ),
  documented({
    id: "idempotency/characters-of-a-key",
    title: "A key may hold punctuation",
    claim: "A unique key, at most 256 characters; the reference names no alphabet.",
    async run({ update, freshKey }) {
      const [body, key] = [emailInvoice(), `${freshKey()}:order/2026-01.retry_1~+=@!`];
      const first = await update(body, { key });
      accepted(first);
      sameAnswer(await update(body, { key }), first);
    },
  }),
  documented({
    id: "idempotency/not-on-a-read",
    title: "A key on a read does not make it stale",
    claim: "Optional header on writes, never on a GET.",
    async run({ update, send, freshKey, customer }) {
      const key = freshKey();
      const plan = {
        method: "GET",
        path: `/customers/${encodeURIComponent(customer)}`,
        headers: { "X-Idempotency-Key": key },
      };
      accepted(await update(emailInvoice()));
      await send(plan);
      const sent = emailInvoice();
      accepted(await update(sent));
      const answer = await send(plan);
      if (answer.status >= 300) return refused(answer);
      equal(memberOf(accepted(answer), "billing.email"), sent.email, "billing.email", answer);
    },
  }),
  documented({
    id: "idempotency/read-does-not-use-up-a-key",
    title: "A key that came with a read is free for a write",
    claim: "Optional header on writes, never on a GET.",
    async run({ update, send, freshKey, customer }) {
      const key = freshKey();
      await send({
        method: "GET",
        path: `/customers/${encodeURIComponent(customer)}`,
        headers: { "X-Idempotency-Key": key },
      });
      const sent = emailInvoice();
      const answer = await update(sent, { key });
      contains(billingOf(accepted(answer)), sent, "billing", answer);
    },
  }),

  ...[
    { id: "at-once", staggerMs: 0 },
    { id: "staggered", staggerMs: 2 },
  ].map(({ id, staggerMs }) =>
    documented({
      id: `idempotency/twins-${id}`,
      title: `Of eight identical requests ${id === "at-once" ? "sent at once" : "sent two milliseconds apart"}, one is carried out`,
      claim: `${replayClaim} ${lockedClaim}`,
      async run({ billingUpdate, sendTogether, update, freshKey, read }) {
        for (let round = 0; round < 3; round++) {
          const [body, key] = [emailInvoice(), freshKey()];
          const answers = await sendTogether(new Array(8).fill(billingUpdate(body, { key })), staggerMs);
          const served = answers.filter(({ status }) => status < 300);
          for (const answer of answers) if (answer.status >= 300) conflict(answer, "idempotency_key_locked");
          const [first] = served;
          holds(first !== undefined, "one of the requests should be carried out", answers[0], {
            at: "status",
            expected: "2xx for one",
            received: answers.map(({ status }) => status),
          });
          for (const answer of served) sameAnswer(answer, first);
          sameAnswer(await update(body, { key }), first);
          equal((await read()).updatedAt, accepted(first).updatedAt, "updatedAt read back", first);
        }
      },
    }),
  ),
  documented({
    id: "idempotency/rivals",
    title: "Of different requests sent at once under one key, one is carried out and the others are conflicts",
    claim: mismatchClaim,
    async run({ billingUpdate, sendTogether, freshKey, read }) {
      for (let round = 0; round < 3; round++) {
        const key = freshKey();
        const answers = await sendTogether([0, 1, 2, 3].map(() => billingUpdate(emailInvoice(), { key })));
        const served = answers.filter(({ status }) => status < 300);
        for (const answer of answers) if (answer.status >= 300) refused(answer, 409);
        const [first] = served;
        holds(
          first !== undefined && served.length === 1,
          "exactly one of the requests should be carried out",
          first ?? answers[0],
          {
            at: "status",
            expected: "2xx for one, 409 for the others",
            received: answers.map(({ status }) => status),
          },
        );
        equal(
          memberOf(await read(), "billing.email"),
          memberOf(accepted(first), "billing.email"),
          "billing.email read back",
          first,
        );
      }
    },
  }),
  documented({
    id: "idempotency/different-keys-at-once",
    title: "Requests sent at once under different keys do not get in each other's way",
    claim: "The key must be unique for each distinct operation.",
    async run({ billingUpdate, sendTogether, freshKey }) {
      const bodies = [emailInvoice(), emailInvoice(), emailInvoice(), emailInvoice()];
      const answers = await sendTogether(bodies.map((body) => billingUpdate(body, { key: freshKey() })));
      for (const [index, answer] of answers.entries()) {
        equal(memberOf(accepted(answer), "billing.email"), bodies[index]!.email, "billing.email", answer);
      }
    },
  }),

  documented({
    id: "idempotency/remembered-for-24-hours",
    title: "A key is remembered for just under 24 hours",
    claim: "Keys are expired after 24 hours.",
    needs: ["clock"],
    async run({ update, freshKey, given }) {
      const [body, key] = [emailInvoice(), freshKey()];
      const first = await update(body, { key });
      accepted(first);
      await given.clock(12 * hour);
      sameAnswer(await update(body, { key }), first);
      await given.clock(12 * hour - 60_000);
      sameAnswer(await update(body, { key }), first);
      conflict(await update(emailInvoice(), { key }), "idempotency_key_mismatch");
    },
  }),
  documented({
    id: "idempotency/forgotten-after-24-hours",
    title: "A key is free again 24 hours after its first use, whatever came between",
    claim: "A key expires 24 hours after it was first used.",
    needs: ["clock"],
    async run({ update, freshKey, given }) {
      const [body, key] = [emailInvoice(), freshKey()];
      accepted(await update(body, { key }));
      await given.clock(23 * hour);
      accepted(await update(body, { key }));
      await given.clock(hour + 60_000);
      const other = emailInvoice();
      const answer = await update(other, { key });
      contains(billingOf(accepted(answer)), other, "billing", answer);
      sameAnswer(await update(other, { key }), answer);
    },
  }),
  assumed({
    id: "idempotency/400-is-kept",
    title: "A 400 is kept under its key, also when the same request would be right by now",
    claim: keptClaim,
    needs: ["paymentProfile"],
    async run({ establish, update, freshKey, given }) {
      await establish({ ...emailInvoice(), defaultPaymentProfileId: null, autoPay: false });
      const [body, key] = [{ ...emailInvoice(), autoPay: true }, freshKey()];
      const first = await update(body, { key });
      refused(first, 400);
      await establish({ ...emailInvoice(), defaultPaymentProfileId: given.paymentProfile });
      sameAnswer(await update(body, { key }), first);
      conflict(await update(emailInvoice(), { key }), "idempotency_key_mismatch");
    },
  }),
  assumed({
    id: "idempotency/404-is-kept",
    title: "A 404 is kept under its key",
    claim: keptClaim,
    async run({ update, freshKey }) {
      const [body, key, customer] = [emailInvoice(), freshKey(), "understudy-no-such-customer"];
      const first = await update(body, { key, customer });
      refused(first, 404);
      sameAnswer(await update(body, { key, customer }), first);
      conflict(await update(body, { key }), "idempotency_key_mismatch");
    },
  }),
  assumed({
    id: "idempotency/401-is-not-kept",
    title: "A 401 is not kept, and its key stays free",
    claim: "401, 409 of this table, 413, 415, 429 and 5xx never are kept (assumed).",
    async run({ update, freshKey }) {
      const [body, key] = [emailInvoice(), freshKey()];
      refused(await update(body, { key, apiKey: null }), 401);
      contains(billingOf(accepted(await update(body, { key }))), body, "billing");
    },
  }),
  assumed({
    id: "idempotency/415-is-not-kept",
    title: "A 415 is not kept, and its key stays free",
    claim: "401, 409 of this table, 413, 415, 429 and 5xx never are kept (assumed).",
    async run({ update, freshKey }) {
      const [body, key] = [emailInvoice(), freshKey()];
      refused(await update(body, { key, headers: { "Content-Type": "text/plain" } }), 415);
      contains(billingOf(accepted(await update(body, { key }))), body, "billing");
    },
  }),
  assumed({
    id: "idempotency/refused-key-is-not-stored",
    title: "A key refused for its length leaves nothing behind",
    claim: "An empty key, or one of more than 256 characters: 400; nothing is stored (assumed).",
    async run({ update, freshKey }) {
      const key = keyOfLength(freshKey(), 257);
      for (const body of [emailInvoice(), emailInvoice()]) refused(await update(body, { key }), 400);
    },
  }),
  assumed({
    id: "idempotency/keys-belong-to-the-api-key",
    title: "Another API key may use the same idempotency key for a request of its own",
    claim: "Keys belong to the API key that sent them (assumed).",
    needs: ["secondApiKey"],
    async run({ update, freshKey, given }) {
      const [body, key] = [emailInvoice(), freshKey()];
      accepted(await update(body, { key }));
      const answer = await update(emailInvoice(), {
        key,
        apiKey: { value: given.secondApiKey, shell: '"$CONNECT_SECOND_API_KEY"' },
      });
      holds(answer.status !== 409, "another API key should have idempotency keys of its own", answer, {
        at: "status",
        expected: "not 409",
        received: answer.status,
      });
    },
  }),
  assumed({
    id: "idempotency/locked-says-when-to-retry",
    title: "A locked key says when to try again",
    claim: "409 idempotency_key_locked; retry after 100 to 500 ms. That a Retry-After says so is our choice.",
    async run({ billingUpdate, sendTogether, freshKey }) {
      const answers = await sendTogether(new Array(8).fill(billingUpdate(emailInvoice(), { key: freshKey() })));
      for (const answer of answers.filter(({ status }) => status === 409)) {
        holds(answer.headers["retry-after"] !== undefined, "a locked 409 should have a Retry-After", answer, {
          at: "header Retry-After",
          expected: "seconds",
          received: "(absent)",
        });
      }
    },
  }),
];

/** Headers that belong to the connection or to the moment, not to the answer. */
const ownedByTheConnection = new Set([
  "date",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "content-encoding",
  "age",
  "via",
  "set-cookie",
]);

function sameAnswer(answer: Exchange, first: Exchange): void {
  equal(answer.status, first.status, "the status of the replay", answer);
  equal(answer.text, first.text, "the body of the replay", answer);
}

function keyOfLength(key: string, length: number): string {
  return key.repeat(Math.ceil(length / key.length)).slice(0, length);
}

const statements: Statement[] = [
  stated.documented(
    "The codes of the two conflicts are idempotency_key_mismatch and idempotency_key_locked.",
    "idempotency/changed-*",
    "idempotency/twins-*",
  ),
  stated.documented("X-Idempotency-Key is optional.", "idempotency/key-is-optional", "idempotency/no-key-no-memory"),
  stated.documented(
    "A key has at most 256 characters.",
    "idempotency/key-of-*",
    "idempotency/long-keys-are-told-apart",
    "idempotency/characters-of-a-key",
  ),
  stated.documented("A key is the text that was sent.", "idempotency/keys-*", "idempotency/long-keys-are-told-apart"),
  stated.documented(
    "A key on a read means nothing.",
    "idempotency/not-on-a-read",
    "idempotency/read-does-not-use-up-a-key",
  ),
  stated.documented("A key expires 24 hours after it was first used.", "idempotency/*-24-hours"),
  stated.documented("A key does not expire before.", "idempotency/remembered-*"),
  stated.documented(
    "The first answer is kept whole: status, headers, body.",
    "idempotency/replay-body",
    "idempotency/replay-headers",
  ),
  stated.documented(
    "The same request under the same key gets the kept answer, and nothing is executed again.",
    "idempotency/replay-*",
    "idempotency/late-retry*",
  ),
  stated.documented(
    "The same request is the same method, path, query, body byte for byte, Content-Type and Authorization.",
    "idempotency/byte-for-byte-*",
    "idempotency/changed-*",
    "idempotency/other-*",
  ),
  stated.documented(
    "Another request under the same key is 409 idempotency_key_mismatch.",
    "idempotency/changed-*",
    "idempotency/conflict-keeps-the-record",
  ),
  stated.documented(
    "While the first request runs, its twin is 409 idempotency_key_locked.",
    "idempotency/twins-*",
    "idempotency/rivals",
    "idempotency/different-keys-at-once",
  ),
  stated.assumed("A locked answer says when to retry.", "idempotency/locked-says-when-to-retry"),
  stated.documented(
    "Another customer under the same key is another request.",
    "idempotency/other-customer",
    "idempotency/other-customer-gets-no-kept-answer",
  ),
  stated.assumed("Keys belong to the API key that sent them.", "idempotency/keys-belong-to-the-api-key"),
  stated.assumed(
    "An empty key, or one that is too long, is a 400, and nothing is stored.",
    "idempotency/empty-key-is-400",
    "idempotency/too-long-key-is-400",
    "idempotency/refused-key-is-not-stored",
  ),
  stated.assumed(
    "2xx, 400 and 404 are kept; 401, 413, 415, 429 and 5xx are not.",
    "idempotency/*-is-kept",
    "idempotency/*-is-not-kept",
  ),
  stated.documented("A late retry of the first of two updates changes nothing.", "idempotency/late-retry*"),
  stated.documented(
    "A refused request, sent again under its key, is the same request still.",
    "idempotency/refused-request-frees-or-keeps-its-key",
  ),
];

/** What is known of idempotency keys, and the cases that decide it. */
export const idempotency: Topic = { cases, statements };
