import { randomUUID } from "node:crypto";
import { isObject, type JsonObject } from "../document/spec.ts";
import { accepted, memberOf } from "./expect.ts";
import { type Finding, Mismatch, type Remarks, Skip } from "./findings.ts";
import type { Credential, Exchange, RequestPlan } from "./wire/exchange.ts";
import type { Need, World } from "./world.ts";

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

/** What a case plays in: the target, and what the run knows of it. */
export type Scene<N extends Need> = {
  /** The one customer that the run may write. */
  readonly customer: string;
  /** The customer as the run found it, before any write. */
  readonly found: JsonObject;
  /** The run's own API key. */
  readonly apiKey: Credential;
  /** What the case said that it needs. */
  readonly given: Pick<World, N>;
  send(request: RequestPlan): Promise<Exchange>;
  /** Sends a request; what is wrong with its answer is no finding until the case says so. */
  probe(request: RequestPlan): Promise<Probed>;
  /** Adds a finding to the case, which goes on. */
  find(finding: Finding): void;
  /** What the report is to say of the case beside its outcome. */
  remark(remarks: Remarks): void;
  /** Sends the requests at the same time, each so many milliseconds after the one before. */
  sendTogether(requests: readonly RequestPlan[], staggerMs?: number): Promise<readonly Exchange[]>;
  /** A billing update, not sent yet: a string is sent as it is, anything else as JSON. */
  billingUpdate(body: unknown, options?: UpdateOptions): RequestPlan;
  /** Sends a billing update. */
  update(body: unknown, options?: UpdateOptions): Promise<Exchange>;
  /** Brings the customer's billing to a known state; ends the case when the target refuses that. */
  establish(body: JsonObject): Promise<Exchange>;
  /** Reads a customer, the run's own where no other is named, as it is stored now. */
  read(customer?: string): Promise<JsonObject>;
  /** An idempotency key that nobody has used. */
  freshKey(): string;
  /** Lets so many milliseconds of real time pass. */
  wait(ms: number): Promise<void>;
  /** The case cannot be decided on this target, for this reason. */
  skip(reason: string): never;
};

/** An answer with what is wrong with it. */
export type Probed = { readonly exchange: Exchange; readonly findings: readonly Finding[] };

/** The path of a customer's billing. */
export function billingPath(customer: string): string {
  return `/customers/${encodeURIComponent(customer)}/billing`;
}

/** Makes the scene of one case. `send` carries requests to the target and judges every answer. */
export function createScene(
  send: (request: RequestPlan) => Promise<Exchange>,
  options: {
    customer: string;
    found: JsonObject;
    apiKey: Credential;
    world: Partial<World>;
    sleep: (ms: number) => Promise<void>;
    probe: Scene<Need>["probe"];
    find: Scene<Need>["find"];
    remark: Scene<Need>["remark"];
  },
): Scene<Need> {
  const scene: Scene<Need> = {
    customer: options.customer,
    found: options.found,
    apiKey: options.apiKey,
    // The runner has seen to it that what the case needs is there.
    given: options.world as World,
    send,
    probe: options.probe,
    find: options.find,
    remark: options.remark,
    sendTogether: (requests, staggerMs = 0) =>
      Promise.all(
        requests.map(async (request, index) => {
          if (index > 0 && staggerMs > 0) await options.sleep(index * staggerMs);
          return send(request);
        }),
      ),
    billingUpdate(body, { key, headers, apiKey, customer = options.customer, query = "" } = {}) {
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
    update: (body, updateOptions) => send(scene.billingUpdate(body, updateOptions)),
    async establish(body) {
      const answer = await scene.update(body);
      if (answer.status < 200 || answer.status > 299) {
        throw new Mismatch("a valid update, sent to prepare this case, is refused", answer, {
          at: "status",
          expected: "2xx",
          received: answer.status,
        });
      }
      return answer;
    },
    async read(customer = options.customer) {
      return accepted(await send({ method: "GET", path: `/customers/${encodeURIComponent(customer)}` }));
    },
    freshKey: () => randomUUID(),
    wait: options.sleep,
    skip(reason) {
      throw new Skip(reason);
    },
  };
  return scene;
}

/** The billing of a customer; an empty object where it has none. */
export function billingOf(customer: JsonObject): JsonObject {
  const billing = memberOf(customer, "billing");
  return isObject(billing) ? billing : {};
}
