import {
  accepted,
  type Case,
  type Credential,
  caseMakers,
  type Exchange,
  type Guest,
  isObject,
  type JsonObject,
  Mismatch,
  memberOf,
  type Need,
  type RequestPlan,
  type Scene,
  type Statement,
  type Undo,
} from "../src/contract/kit.ts";

/** What a run gives to the cases of the Connect API; what may be missing is something that a case needs. */
export type ConnectGiven = {
  /** The one customer that the run may write. */
  readonly customer: string;
  /** The customer as the run found it, before any write. */
  readonly found: JsonObject;
  /** A user whom the run may add to the customer and remove again; nobody who is associated with it. */
  readonly user: string;
  /** An `ACTIVE` payment profile of the customer. */
  readonly paymentProfile?: string;
  /** Another `ACTIVE` payment profile of the customer. */
  readonly secondPaymentProfile?: string;
  /** A payment profile of the customer that is not `ACTIVE`. */
  readonly inactivePaymentProfile?: string;
  /** A payment profile of another customer. */
  readonly foreignPaymentProfile?: string;
  /** Another customer; it is read, and never sent a request that a right target could carry out. */
  readonly otherCustomer?: string;
  /** A customer without billing, which the run may write: only a sandbox has one. */
  readonly unbilledCustomer?: string;
};

export type ConnectNeed = Need<ConnectGiven>;
export type ConnectCase = Case<ConnectGiven>;

/** How a billing update is sent, beside its body. */
export type UpdateOptions = {
  /** The idempotency key; none where it is left out. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly apiKey?: Credential | null;
  /** Another customer than the run's own. */
  readonly customer?: string;
  /** With its question mark. */
  readonly query?: string;
};

/** What the scenes of this API can do beyond those of any other. */
export type ConnectShortcuts = Pick<ConnectGiven, "customer" | "found"> & {
  /** A billing update, not sent yet: a string is sent as it is, anything else as JSON. */
  billingUpdate(body: unknown, options?: UpdateOptions): RequestPlan;
  /** Sends a billing update. */
  update(body: unknown, options?: UpdateOptions): Promise<Exchange>;
  /** Brings the customer's billing to a known state; ends the case when the target refuses that. */
  establish(body: JsonObject): Promise<Exchange>;
  /** Reads a customer, the run's own where no other is named, as it is stored now. */
  read(customer?: string): Promise<JsonObject>;
};

/** What a case of this API runs in. */
export type ConnectScene<N extends ConnectNeed = never> = Scene<ConnectGiven, N> & ConnectShortcuts;

/** The two ways to write a case of this API. */
export const { documented, assumed } = caseMakers<ConnectGiven, ConnectShortcuts>(shortcutsOf);

/** A part of the API in one file: its cases, the statements that they decide, and how its writes are undone. */
export type Topic = {
  readonly cases: readonly ConnectCase[];
  readonly statements: readonly Statement[];
  readonly undos?: readonly Undo[];
  /** The identifiers that it speaks of, by the name of a parameter or a member. */
  readonly identifiers?: Guest<ConnectGiven>["identifiers"];
};

/** The path of a customer. */
export function customerPath(customer: string): string {
  return `/customers/${encodeURIComponent(customer)}`;
}

/** The path of a customer's billing. */
export function billingPath(customer: string): string {
  return `${customerPath(customer)}/billing`;
}

/** The billing of a customer; an empty object where it has none. */
export function billingOf(customer: JsonObject): JsonObject {
  const billing = memberOf(customer, "billing");
  return isObject(billing) ? billing : {};
}

function shortcutsOf({ given, send }: Scene<ConnectGiven>): ConnectShortcuts {
  const { customer: own, found } = given;
  const shortcuts: ConnectShortcuts = {
    customer: own,
    found,
    billingUpdate(body, { key, headers, apiKey, customer = own, query = "" } = {}) {
      const text = typeof body === "string" ? body : body === undefined ? undefined : JSON.stringify(body);
      return {
        method: "PUT",
        path: billingPath(customer) + query,
        headers: {
          ...(text === undefined ? {} : { "Content-Type": "application/json" }),
          ...(key === undefined ? {} : { "X-Idempotency-Key": key }),
          ...headers,
        },
        ...(text === undefined ? {} : { text }),
        ...(apiKey === undefined ? {} : { apiKey }),
      };
    },
    update: (body, options) => send(shortcuts.billingUpdate(body, options)),
    async establish(body) {
      const answer = await shortcuts.update(body);
      if (answer.status >= 200 && answer.status <= 299) return answer;
      throw new Mismatch("a valid update, sent to prepare this case, is refused", answer, {
        at: "status",
        expected: "2xx",
        received: answer.status,
      });
    },
    read: async (customer = own) => accepted(await send({ method: "GET", path: customerPath(customer) })),
  };
  return shortcuts;
}
