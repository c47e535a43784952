import { loadSpec } from "../../src/connect/spec.ts";
import { lookup } from "../../src/document/validator.ts";

/** A request as a loader sends it, and how it should be answered. */
export type Request = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Its idempotency key: each time another one where it is `fresh`. */
  readonly key?: string;
  readonly status: readonly number[];
};

const change = {
  method: "EMAIL_INVOICE",
  email: "billing@company.com",
  currency: "USD",
  defaultPaymentProfileId: "m47ac10b-58cc-4372-a567-0e02b2c3d479",
  autoPay: true,
};
const path = "/customers/cus-0001-business-email";
const headers = { "X-API-Key": "test_key" };
const put = {
  method: "PUT",
  path: `${path}/billing`,
  headers: { ...headers, "Content-Type": "application/json" },
  body: JSON.stringify(change),
  status: [200],
};

export type Kind = keyof typeof requests;

/** What every server is asked. */
export const requests = {
  put: { ...put, key: "fresh" },
  replay: { ...put, key: "bench-replay-0001" },
  get: { method: "GET", path, headers, status: [200] },
  // Prism answers 422, as its guide says.
  refused: { ...put, body: JSON.stringify({ ...change, method: "PIGEON" }), key: "fresh", status: [400, 422] },
} as const satisfies Record<string, Request>;

export const kinds = Object.keys(requests) as Kind[];

/** What each is called in tables and pictures. */
export const titles: Readonly<Record<Kind, string>> = {
  put: "PUT, a fresh key",
  replay: "PUT, replayed",
  get: "GET",
  refused: "PUT, refused",
};

/** What a server that knows no document is told to answer. */
export const answers = {
  customer: JSON.stringify(lookup(loadSpec().document, "#/components/examples/business/value")),
  refusal: JSON.stringify({ code: "BAD_REQUEST", message: "The method should be one of those that there are." }),
};
