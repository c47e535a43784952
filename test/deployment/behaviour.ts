// Every decision the deployment takes, as one record of small functions. `clean` is the careful deployment; a fault or a
// variant overrides a few entries.

import { createHash, randomUUID } from "node:crypto";
import { checks } from "./checks.ts";
import type { Description } from "./from-document.ts";
import type { Billing, Customer, CustomerUser, PaymentProfile, World } from "./world.ts";

/** A request as it came over the wire: header names in the caller's letter case, the body as bytes. */
export interface Call {
  method: string;
  path: string;
  /** With its question mark, or empty. */
  query: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export type BillingChange = Record<string, unknown>;

export interface Detail {
  message: string;
  code: string;
  property?: string;
  suggestion?: string;
}

export type RefusalKind = "unauthorized" | "unknown" | "invalid" | "media" | "mismatch" | "locked" | "crash";

/** Thrown wherever a request ends early; `behaviour.refuse` gives it its form. */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  readonly details: readonly Detail[];
  constructor(kind: RefusalKind, details: readonly Detail[] = []) {
    super(kind);
    this.kind = kind;
    this.details = details;
  }
}

/** What the billing rules look at. `stored` is the billing before the change, `merged` the one after it. */
export interface Review {
  change: BillingChange;
  stored: Billing | undefined;
  merged: Billing;
  usable(profileId: string): boolean;
}

export type Check = (review: Review) => Detail | undefined;

/** One idempotency record; `answer` is missing while the first request runs. */
export interface Kept {
  fingerprint: string;
  firstUsed: number;
  running: Promise<Answer>;
  answer?: Answer;
}

/** One running deployment, as its behaviour sees it. */
export interface Desk {
  behaviour: Behaviour;
  world: World;
  /** The document that describes what has no behaviour here. */
  description(): Description;
  customers: Map<string, Customer>;
  profiles: Map<string, PaymentProfile>;
  records: Map<string, Kept>;
  executions: number;
  /** Whatever a behaviour has to remember between requests. */
  scratch: Map<string, unknown>;
}

/** A request whose idempotency key has been seen before. */
export interface Visit {
  desk: Desk;
  call: Call;
  slot: string;
  fingerprint: string;
  record: Kept;
  /** Runs the operation, outside of any record. */
  execute(): Promise<Answer>;
}

type Later<T> = T | Promise<T>;

export interface Behaviour {
  now(): Date;
  /** The time the billing write takes, so that twins overlap. */
  pause(): Promise<void>;
  /** The form of every id. */
  id(plain: string): string;
  /** What the socket does; `fetch` does not know of it. */
  wire: { gzip: boolean; keepAlive: boolean };

  /** Before anything else; an answer ends the request. */
  firstLook(call: Call, desk: Desk): Later<Answer | undefined>;
  header(call: Call, name: string): string | undefined;
  needsKey(call: Call): boolean;
  keyMatches(given: string, known: string): boolean;
  /** Once the caller is known and before the idempotency key is read; may throw a Refusal. */
  beforeKey(call: Call, desk: Desk): void;

  readsKey(call: Call): boolean;
  acceptsKey(key: string): boolean;
  /** The name a record is stored under. */
  slot(key: string, call: Call, caller: string): string;
  /** Two requests are identical when their fingerprints are equal. */
  fingerprint(call: Call): string;
  keeps(answer: Answer): boolean;
  /** How many records, and for how long (milliseconds). */
  capacity: number;
  lifetime: number;
  replay(visit: Visit & { kept: Answer }): Later<Answer>;
  mismatch(visit: Visit): Later<Answer>;
  inFlight(visit: Visit): Later<Answer>;

  findCustomer(desk: Desk, customerId: string, call: Call): Customer | undefined;
  acceptsMedia(contentType: string): boolean;
  parse(call: Call): unknown;
  /** The change as the rules and the store see it. */
  prepare(change: BillingChange, customer: Customer): BillingChange;
  /** What is done to the stored customer before the rules have been read. */
  touch(customer: Customer, change: BillingChange): void;
  merge(stored: Billing | undefined, change: BillingChange): Billing;
  checks: Record<string, Check>;
  usable(profile: PaymentProfile | undefined, customer: Customer): boolean;
  updatedAt(before: Customer, now: Date): string;
  store(desk: Desk, after: Customer, before: Customer): void;
  /** What is found wrong with a customer to create or to change. */
  objections(details: readonly Detail[], call: Call): readonly Detail[];
  /** A customer to create, as it is made of what was sent. */
  draft(desk: Desk, sent: Record<string, unknown>, billing: Billing | undefined): Customer;
  /** Stores a customer that is created. */
  enrol(desk: Desk, customer: Customer): void;
  /** The members of a customer after a change of them. */
  revise(before: Customer, change: Record<string, unknown>): Customer;
  /** The body of a billing answer, before `present`. */
  reply(after: Customer, before: Customer): unknown;

  matchesFilter(customer: Customer, text: string): boolean;
  paginate(all: Customer[], query: URLSearchParams): { items: Customer[]; pagination: unknown };
  profilesOf(all: PaymentProfile[], customerId: string): PaymentProfile[];
  findProfile(all: PaymentProfile[], profileId: string): PaymentProfile | undefined;
  present(customer: Customer): unknown;
  presentProfile(profile: PaymentProfile): unknown;

  refuse(refusal: Refusal): Answer;
  /** The last look at an answer on its way out; what is kept under a key is not affected. */
  answer(answer: Answer, call: Call, desk: Desk): Later<Answer>;
}

/** An answer of this deployment, with the headers that all of them carry. */
export function json(status: number, body: unknown): Answer {
  return {
    status,
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "X-Request-Id": randomUUID(),
    },
    body: JSON.stringify(body),
  };
}

const refusals: Record<RefusalKind, { status: number; code: string; message: string; hint?: string }> = {
  unauthorized: { status: 401, code: "unauthorized", message: "This call carries no API key that we know." },
  unknown: { status: 404, code: "not_found", message: "There is nothing under this address." },
  invalid: { status: 400, code: "VALIDATION_ERROR", message: "Some of what was sent cannot be accepted." },
  media: { status: 415, code: "unsupported_media_type", message: "Send the body as application/json." },
  mismatch: {
    status: 409,
    code: "idempotency_key_mismatch",
    message: "An earlier request with other contents already used this idempotency key.",
    hint: "Use a new key for a new request.",
  },
  locked: {
    status: 409,
    code: "idempotency_key_locked",
    message: "The first request with this idempotency key has not finished yet.",
    hint: "Try again in 100 to 500 ms.",
  },
  crash: { status: 500, code: "internal_error", message: "Something went wrong on our side." },
};

export const day = 24 * 60 * 60 * 1000;

/** A pause of so many milliseconds, for `Behaviour.pause`. */
export function takes(ms: number): () => Promise<void> {
  return () => new Promise((resolve) => setTimeout(resolve, ms));
}

function wholeNumber(query: URLSearchParams, name: string, fallback: number, least: number, most: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const message = `${name} is a whole number from ${least}${most < Number.POSITIVE_INFINITY ? ` to ${most}` : ""}.`;
  throw new Refusal("invalid", [{ message, code: "INVALID_VALUE", property: name }]);
}

/** The deployment that obeys every sentence of the reference. */
export const clean: Behaviour = {
  now: () => new Date(),
  pause: takes(4),
  id: (plain) => plain,
  wire: { gzip: false, keepAlive: true },

  firstLook: () => undefined,
  header(call, name) {
    const values = call.headers.filter(([given]) => given.toLowerCase() === name.toLowerCase());
    return values.length === 0 ? undefined : values.map(([, value]) => value.trim()).join(", ");
  },
  needsKey: () => true,
  keyMatches: (given, known) => given === known,
  beforeKey: () => {},

  readsKey: (call) => call.method !== "GET",
  acceptsKey: (key) => key.length >= 1 && key.length <= 256,
  slot: (key, _call, caller) => `${caller} ${key}`,
  fingerprint(call) {
    return [
      call.method,
      call.path,
      call.query,
      clean.header(call, "Content-Type") ?? "",
      clean.header(call, "Authorization") ?? "",
      createHash("sha256").update(call.body).digest("hex"),
    ].join("\n");
  },
  keeps: (answer) => answer.status < 500 && ![401, 409, 413, 415, 429].includes(answer.status),
  capacity: Number.POSITIVE_INFINITY,
  lifetime: day,
  replay: ({ kept }) => kept,
  mismatch: () => {
    throw new Refusal("mismatch");
  },
  inFlight: () => {
    throw new Refusal("locked");
  },

  findCustomer: (desk, customerId) => desk.customers.get(customerId),
  acceptsMedia: (contentType) => contentType.split(";")[0]?.trim().toLowerCase() === "application/json",
  parse(call) {
    try {
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(call.body));
    } catch {
      throw new Refusal("invalid", [{ message: "The body is not JSON.", code: "INVALID_FORMAT" }]);
    }
  },
  prepare: (change) => change,
  touch: () => {},
  merge(stored, change) {
    const merged: Billing = { currency: "USD", autoPay: false, ...stored, ...change };
    if (change.defaultPaymentProfileId === null) {
      delete merged.defaultPaymentProfileId;
      merged.autoPay = change.autoPay === true;
    }
    return merged;
  },
  checks,
  usable: (profile, customer) => profile?.customerId === customer.customerId && profile.status === "ACTIVE",
  updatedAt: (before, now) => new Date(Math.max(now.getTime(), Date.parse(before.updatedAt) + 1)).toISOString(),
  store(desk, after) {
    desk.customers.set(after.customerId, after);
  },
  reply: (after) => after,
  objections: (details) => details,
  draft(desk, { userIds, contactPersonUserId, ...sent }, billing) {
    const at = desk.behaviour.now().toISOString();
    const users = (Array.isArray(userIds) ? userIds : []).map((userId: string): CustomerUser => {
      const known = [...desk.customers.values()].flatMap((customer) => customer.users ?? []);
      return { userId, name: known.find((user) => user.userId === userId)?.name ?? userId, role: "MEMBER" };
    });
    const contactPerson = users.find(({ userId }) => userId === contactPersonUserId);
    return {
      ...(sent as Pick<Customer, "customerType" | "name" | "contact">),
      customerId: desk.behaviour.id(`k0c57a${desk.customers.size}-7d31-4e02-9b86-f15c8a3e64d0`),
      humanReadableId: `70N-${desk.customers.size}`,
      ...(billing && { billing }),
      ...(users.length > 0 && { users }),
      ...(contactPerson && { contactPersonUserId: contactPerson.userId, contactPerson }),
      createdAt: at,
      updatedAt: at,
    };
  },
  enrol(desk, customer) {
    desk.customers.set(customer.customerId, customer);
  },
  revise: (before, change) => ({ ...before, ...change }),

  matchesFilter: (customer, text) =>
    [customer.name, customer.contact.email ?? ""].some((value) => value.toLowerCase().includes(text.toLowerCase())),
  paginate(all, query) {
    const limit = wholeNumber(query, "limit", 100, 1, 1000);
    const offset = wholeNumber(query, "offset", 0, 0, Number.POSITIVE_INFINITY);
    return {
      items: all.slice(offset, offset + limit),
      pagination: { total: all.length, limit, offset, sort: { key: "createdAt", direction: "asc" } },
    };
  },
  profilesOf: (all, customerId) => all.filter((profile) => profile.customerId === customerId),
  findProfile: (all, profileId) => all.find((profile) => profile.paymentProfileId === profileId),
  present: (customer) => customer,
  presentProfile: (profile) => profile,

  refuse({ kind, details }) {
    const { status, code, message, hint } = refusals[kind];
    return json(status, { message, code, ...(details.length > 0 && { details }), ...(hint && { hint }) });
  },
  answer: (answer) => answer,
};
