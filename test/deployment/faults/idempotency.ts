// Section 2: the idempotency key.

import { comparing, isWrite, restate, sent, storing, withHeader, withoutField, withoutHeader } from "../alter.ts";
import { type Behaviour, type Call, clean, json, Refusal, takes } from "../behaviour.ts";
import { customerOf, routeOf } from "../operations.ts";
import { breaking, type Fault } from "./fault.ts";

// Long enough that twins sent at once do meet.
const slow = { pause: takes(40) };

/** Compares bodies by something else than their bytes. */
function body(change: (text: string, call: Call) => string): Behaviour["fingerprint"] {
  return comparing((call) => ({ ...call, body: Buffer.from(change(call.body.toString(), call)) }));
}

/** Stores records under a changed key. */
function keyed(change: (key: string) => string): Pick<Behaviour, "slot"> {
  return { slot: (key, call, caller) => clean.slot(change(key), call, caller) };
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([field, inner]) => [field, sorted(inner)]),
  );
}

const identical = "Identical means: method, path and query, body byte for byte, Content-Type, Authorization";
const mismatch = "Same key, other request: 409 idempotency_key_mismatch";
const same = "Same key, identical request: the kept answer is returned and nothing is executed again";

export const idempotencyFaults: Fault[] = [
  ...breaking("documented", same, {
    "answers-never-kept": { keeps: () => false },
    "replay-executes-again": { replay: ({ execute }) => execute() },
    "replay-answers-kept-but-executes": {
      async replay({ kept, execute }) {
        await execute();
        return kept;
      },
    },
    "only-the-last-key-remembered": { capacity: 1 },
    "only-three-keys-remembered": { capacity: 3 },
    "replay-refused-as-duplicate": {
      replay: () => {
        throw new Refusal("mismatch");
      },
    },
    "replay-refused-as-locked": {
      replay: () => {
        throw new Refusal("locked");
      },
    },
    "key-of-a-refused-request-stays-locked": {
      replay({ kept }) {
        if (kept.status >= 400) throw new Refusal("locked");
        return kept;
      },
    },
    "replay-needs-the-customer-unchanged": {
      replay({ kept, desk, call, execute }) {
        const now = desk.customers.get(routeOf(call).id)?.updatedAt;
        return kept.status !== 200 || JSON.parse(kept.body).updatedAt === now ? kept : execute();
      },
    },
    "any-write-forgets-earlier-keys": {
      store(desk, after, before) {
        clean.store(desk, after, before);
        for (const [slot, record] of desk.records) if (record.answer) desk.records.delete(slot);
      },
    },
  }),
  ...breaking(
    "documented",
    "A key expires 24 hours after it was first used",
    { "keys-expire-after-half-a-second": { lifetime: 500 } },
    "time",
  ),
  ...breaking("documented", "The first answer is kept whole: status, headers, body", {
    "replay-shows-the-customer-of-today": {
      replay: ({ kept, desk, call }) =>
        kept.status === 200 ? json(200, clean.present(customerOf(desk, call, routeOf(call).id))) : kept,
    },
    "replay-of-a-refusal-says-200": { replay: ({ kept }) => ({ ...kept, status: 200 }) },
    "replay-says-201": { replay: ({ kept }) => ({ ...kept, status: kept.status === 200 ? 201 : kept.status }) },
    "replay-says-208": { replay: ({ kept }) => ({ ...kept, status: 208 }) },
    "replay-says-304": { replay: ({ kept }) => ({ ...kept, status: 304, body: "" }) },
    "replay-loses-a-header": { replay: ({ kept }) => withHeader(kept, "Cache-Control") },
    "replay-changes-a-header": { replay: ({ kept }) => withHeader(kept, "Cache-Control", "private, max-age=60") },
    "replay-has-another-media-type": {
      replay: ({ kept }) => withHeader(kept, "Content-Type", "text/plain; charset=utf-8"),
    },
    "replay-has-no-media-type": { replay: ({ kept }) => withHeader(kept, "Content-Type") },
    "replay-has-no-body": { replay: ({ kept }) => ({ ...kept, body: "" }) },
    "replay-has-an-empty-object": { replay: ({ kept }) => ({ ...kept, body: "{}" }) },
    "replay-printed-anew": {
      replay: ({ kept }) => ({ ...kept, body: JSON.stringify(JSON.parse(kept.body), null, 2) }),
    },
    "replay-in-another-field-order": {
      replay: ({ kept }) => ({ ...kept, body: JSON.stringify(sorted(JSON.parse(kept.body))) }),
    },
    "replay-has-the-billing-only": {
      replay: ({ kept }) =>
        kept.status === 200 ? { ...kept, body: JSON.stringify(JSON.parse(kept.body).billing) } : kept,
    },
    "replay-has-a-new-time": {
      replay: ({ kept }) => ({
        ...kept,
        body: kept.body.replace(/"updatedAt":"[^"]*"/, `"updatedAt":"${new Date().toISOString()}"`),
      }),
    },
  }),
  ...breaking("documented", identical, {
    "compared-by-key-only": { fingerprint: () => "" },
    "path-not-compared": { fingerprint: comparing((call) => ({ ...call, path: "" })) },
    "query-not-compared": { fingerprint: comparing((call) => ({ ...call, query: "" })) },
    "body-not-compared": { fingerprint: body(() => "") },
    "content-type-not-compared": { fingerprint: comparing((call) => withoutHeader(call, "Content-Type")) },
    "authorization-not-compared": { fingerprint: comparing((call) => withoutHeader(call, "Authorization")) },
    "body-compared-without-white-space": { fingerprint: body((text) => text.replace(/\s+/g, "")) },
    "body-compared-after-parsing": { fingerprint: body((_, call) => JSON.stringify(sent(call))) },
    "body-compared-in-any-field-order": { fingerprint: body((_, call) => JSON.stringify(sorted(sent(call)))) },
    "body-compared-trimmed": { fingerprint: body((text) => text.trim()) },
    "body-compared-in-lower-case": { fingerprint: body((text) => text.toLowerCase()) },
    "body-compared-by-length": { fingerprint: body((text) => String(text.length)) },
    "body-compared-by-its-first-64-bytes": { fingerprint: body((text) => text.slice(0, 64)) },
    "body-compared-by-its-field-names": { fingerprint: body((_, call) => Object.keys(sent(call)).join()) },
    "method-field-not-compared": { fingerprint: comparing((call) => withoutField(call, "method")) },
    "email-field-not-compared": { fingerprint: comparing((call) => withoutField(call, "email")) },
    "address-field-not-compared": { fingerprint: comparing((call) => withoutField(call, "address")) },
    "currency-field-not-compared": { fingerprint: comparing((call) => withoutField(call, "currency")) },
    "profile-field-not-compared": { fingerprint: comparing((call) => withoutField(call, "defaultPaymentProfileId")) },
    "autopay-field-not-compared": { fingerprint: comparing((call) => withoutField(call, "autoPay")) },
    "every-header-compared": {
      fingerprint: (call) => clean.fingerprint(call) + JSON.stringify(withoutHeader(call, "X-Idempotency-Key").headers),
    },
    "user-agent-compared": {
      fingerprint: (call) => clean.fingerprint(call) + (clean.header(call, "User-Agent") ?? ""),
    },
  }),
  ...breaking("documented", "Another operation or another customer under the same key is a mismatch", {
    "keys-belong-to-a-path": { slot: (key, call, caller) => `${caller} ${call.path} ${key}` },
    "keys-belong-to-a-path-and-query": { slot: (key, call, caller) => `${caller} ${call.path}${call.query} ${key}` },
    "keys-belong-to-a-bearer-token": {
      slot: (key, call, caller) => `${caller} ${clean.header(call, "Authorization")} ${key}`,
    },
  }),
  ...breaking("documented", mismatch, {
    "keys-belong-to-a-body": { slot: (key, call, caller) => `${caller} ${call.body.toString()} ${key}` },
    "mismatch-answered-422": { refuse: restate("mismatch", 422) },
    "mismatch-answered-400": { refuse: restate("mismatch", 400) },
    "mismatch-answered-412": { refuse: restate("mismatch", 412) },
    "mismatch-answered-200": { refuse: restate("mismatch", 200) },
    "mismatch-answered-500": { refuse: restate("mismatch", 500) },
    "mismatch-with-another-code": { refuse: restate("mismatch", undefined, { code: "conflict" }) },
    "mismatch-with-the-code-in-capitals": {
      refuse: restate("mismatch", undefined, { code: "IDEMPOTENCY_KEY_MISMATCH" }),
    },
    "mismatch-called-locked": { refuse: restate("mismatch", undefined, { code: "idempotency_key_locked" }) },
    "mismatch-executes": { mismatch: ({ execute }) => execute() },
    "mismatch-refused-but-executed": {
      async mismatch({ execute }) {
        await execute();
        throw new Refusal("mismatch");
      },
    },
    "mismatch-takes-the-record-over": {
      async mismatch({ record, fingerprint, execute }) {
        record.fingerprint = fingerprint;
        record.answer = await execute();
        return record.answer;
      },
    },
    "mismatch-forgets-the-record": {
      mismatch({ desk, slot }) {
        desk.records.delete(slot);
        throw new Refusal("mismatch");
      },
    },
    "mismatch-moves-the-record-to-the-new-request": {
      mismatch({ record, fingerprint }) {
        record.fingerprint = fingerprint;
        throw new Refusal("mismatch");
      },
    },
    "mismatch-becomes-the-kept-answer": {
      mismatch({ desk, record }) {
        record.answer = desk.behaviour.refuse(new Refusal("mismatch"));
        return record.answer;
      },
    },
  }),
  ...breaking(
    "documented",
    mismatch,
    {
      "mismatch-only-while-the-first-is-fresh": {
        mismatch({ record, execute }) {
          if (Date.now() - record.firstUsed > 100) return execute();
          throw new Refusal("mismatch");
        },
      },
    },
    "time",
  ),
  ...breaking("documented", "An optional header on writes, at most 256 characters", {
    "key-required-on-writes": {
      beforeKey(call) {
        if (isWrite(call) && !clean.header(call, "X-Idempotency-Key")) throw new Refusal("invalid");
      },
    },
    "key-of-256-refused": { acceptsKey: (key) => clean.acceptsKey(key) && key.length < 256 },
    "key-of-more-than-64-refused": { acceptsKey: (key) => clean.acceptsKey(key) && key.length <= 64 },
    "short-key-refused": { acceptsKey: (key) => clean.acceptsKey(key) && key.length >= 8 },
    "key-must-be-uuid": { acceptsKey: (key) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(key) },
    "key-with-a-space-fails-with-500": {
      acceptsKey(key) {
        if (key.includes(" ")) throw new Error("invalid cache key");
        return clean.acceptsKey(key);
      },
    },
    "key-with-punctuation-refused": { acceptsKey: (key) => clean.acceptsKey(key) && /^[\w-]*$/.test(key) },
    "key-cut-to-255": keyed((key) => key.slice(0, 255)),
    "key-cut-to-64": keyed((key) => key.slice(0, 64)),
    "key-cut-to-36": keyed((key) => key.slice(0, 36)),
    "key-cut-at-a-comma": keyed((key) => key.split(",")[0] ?? ""),
    "key-case-not-told-apart": keyed((key) => key.toLowerCase()),
    "key-read-as-a-number": keyed((key) => (/^\d+$/.test(key) ? String(Number(key)) : key)),
    "key-punctuation-dropped": keyed((key) => key.replace(/[^\w-]/g, "")),
  }),
  ...breaking("assumed", "An empty key, or one of more than 256 characters: 400", {
    "empty-key-taken-as-no-key": { readsKey: (call) => Boolean(clean.header(call, "X-Idempotency-Key")) },
    "empty-key-kept": { acceptsKey: (key) => key.length <= 256 },
    "key-of-257-accepted": { acceptsKey: (key) => key.length >= 1 },
    "key-of-257-cut": { acceptsKey: (key) => key.length >= 1, ...keyed((key) => key.slice(0, 256)) },
    "key-of-257-ignored": { readsKey: (call) => (clean.header(call, "X-Idempotency-Key") ?? "").length <= 256 },
  }),
  ...breaking("documented", "Never on a GET", {
    "reads-kept-under-a-key": { readsKey: () => true },
    "reads-take-a-key-from-writes": {
      readsKey: (call) => isWrite(call) || routeOf(call).operation === "getCustomer",
      mismatch: ({ call, record }) => {
        if (call.method === "GET" && record.answer) return record.answer;
        throw new Refusal("mismatch");
      },
    },
  }),
  ...breaking("documented", "Same key while the first request is still running: 409 idempotency_key_locked", {
    "twins-both-execute": { ...slow, inFlight: ({ execute }) => execute() },
    "twin-waits-and-executes-again": {
      ...slow,
      async inFlight({ record, execute }) {
        await record.running;
        return execute();
      },
    },
    "twin-fails-with-500": { ...slow, refuse: restate("locked", 500) },
    "twin-answered-202": { ...slow, refuse: restate("locked", 202) },
    "twin-answered-423": { ...slow, refuse: restate("locked", 423) },
    "twin-answered-429": { ...slow, refuse: restate("locked", 429) },
    "twin-with-another-code": { ...slow, refuse: restate("locked", undefined, { code: "conflict" }) },
    "twin-called-a-mismatch": {
      ...slow,
      refuse: restate("locked", undefined, { code: "idempotency_key_mismatch" }),
    },
    "twin-sees-the-customer-of-before": {
      ...slow,
      inFlight: ({ desk, call }) => json(200, customerOf(desk, call, routeOf(call).id)),
    },
    "twin-becomes-the-kept-answer": {
      ...slow,
      async inFlight({ desk, record }) {
        void record.running.then(() => {
          record.answer = desk.behaviour.refuse(new Refusal("locked"));
        });
        throw new Refusal("locked");
      },
    },
    "twin-frees-the-key": {
      ...slow,
      async inFlight({ desk, slot, record }) {
        void record.running.then(() => desk.records.delete(slot));
        throw new Refusal("locked");
      },
    },
  }),
  ...breaking(
    "assumed",
    "Keys belong to the API key that sent them",
    {
      "keys-shared-between-api-keys": { slot: (key) => key },
      "api-key-takes-part-in-the-comparison": {
        slot: (key) => key,
        fingerprint: (call) => clean.fingerprint(call) + (clean.header(call, "X-API-Key") ?? ""),
      },
    },
    "second key",
  ),
  ...breaking("assumed", "Every answer of the executed operation is kept; 401 never is", {
    "refusals-not-kept": { keeps: (answer) => answer.status < 300 },
    "unknown-customer-not-kept": { keeps: (answer) => clean.keeps(answer) && answer.status !== 404 },
    "unauthorized-answer-kept": {
      firstLook: (call, desk) => desk.scratch.get(clean.header(call, "X-Idempotency-Key") ?? "") as undefined,
      answer(answer, call, desk) {
        const key = clean.header(call, "X-Idempotency-Key");
        if (key && answer.status === 401) desk.scratch.set(key, answer);
        return answer;
      },
    },
  }),
  ...breaking("documented", "PUT A under k1, PUT B under k2, late retry of A: B stays in force", {
    "late-retry-puts-a-back-into-force": {
      replay({ kept, desk }) {
        const customer = kept.status === 200 ? JSON.parse(kept.body) : undefined;
        const now = desk.customers.get(customer?.customerId);
        if (now) desk.customers.set(now.customerId, { ...now, billing: customer.billing });
        return kept;
      },
    },
    "late-retry-puts-its-email-back": {
      replay(visit) {
        const customer = visit.desk.customers.get(routeOf(visit.call).id);
        if (customer)
          storing((billing) => ({ ...billing, email: sent(visit.call).email }))(visit.desk, customer, customer);
        return visit.kept;
      },
    },
  }),
];
