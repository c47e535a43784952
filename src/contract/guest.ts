import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject } from "../document/spec.ts";
import { memberOf, withoutNulls } from "./expect.ts";
import { billingPath } from "./scene.ts";
import { type Exchange, type RequestPlan, TransportError } from "./wire/exchange.ts";

/** The run could not be made; the message says why and what would help. */
export class RunError extends Error {
  override name = "RunError";
}

/** The target answers a read of the customer with JSON that is no customer, so that nothing else can be run. */
export class NoCustomer extends RunError {
  override name = "NoCustomer";
}

type Send = (request: RequestPlan) => Promise<Exchange>;

/** The customer as the run found it. Throws a `RunError` when the target, the key or the customer is not what the run needs. */
export async function arrive(send: Send, customer: string, baseUrl: string): Promise<JsonObject> {
  const path = `/customers/${encodeURIComponent(customer)}`;
  let answer: Exchange;
  try {
    answer = await send({ method: "GET", path });
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new RunError(`Cannot reach ${baseUrl}: ${error.message}.`);
  }
  const said = `${baseUrl} answered ${answer.status} to GET ${path}`;
  if (answer.status === 401 || answer.status === 403) {
    throw new RunError(
      `${said}: it does not know this API key. Pass one that it knows with --api-key or CONNECT_API_KEY.`,
    );
  }
  if (answer.status === 404) {
    throw new RunError(
      `${said}: it has no such customer. Name one that the run may write with --customer or CONNECT_CUSTOMER_ID.`,
    );
  }
  if (answer.status < 200 || answer.status > 299)
    throw new RunError(`${said}; the run needs to read this customer first.`);
  if (answer.json !== undefined && !isObject(answer.json)) {
    throw new NoCustomer(`${said} with JSON that is no customer; nothing else was tried.`);
  }
  if (!isObject(answer.json)) {
    const type = answer.headers["content-type"] ?? "no media type";
    throw new RunError(`${said} with ${type} and no JSON object. Is this the base URL of a Connect API?`);
  }
  return answer.json;
}

/** What the run could not put back: a sentence, and whether the reference gives no way to do so. */
export type LeftBehind = { readonly message: string; readonly irremovable: boolean };

/**
 * Puts the billing back that the run found; answers what it could not put back. `updatedAt` advances; nothing can put that back.
 */
export async function leave(send: Send, customer: string, found: JsonObject): Promise<LeftBehind | undefined> {
  const path = `/customers/${encodeURIComponent(customer)}`;
  const before = billingAs(found);
  const billingNow = async () => {
    const { status, json } = await send({ method: "GET", path });
    if (!isObject(json) || status > 299) throw new Error(`reading it was answered ${status}`);
    return billingAs(json);
  };
  try {
    const now = await billingNow();
    if (isDeepStrictEqual(now, before)) return undefined;
    if (before === undefined) {
      return {
        message: `Customer ${customer} had no billing before the run, and the API has no way to take one away: it stays as the last case left it.`,
        irremovable: true,
      };
    }
    const { autoPay = false, defaultPaymentProfileId = null, ...rest } = before;
    const answer = await send({
      method: "PUT",
      path: billingPath(customer),
      headers: { "Content-Type": "application/json" },
      json: { ...rest, defaultPaymentProfileId, autoPay },
    });
    const after = (await billingNow()) ?? {};
    const differing = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (name) =>
        !isDeepStrictEqual(before[name] ?? null, after[name] ?? null) &&
        !(name === "autoPay" && !before.autoPay && !after.autoPay),
    );
    if (differing.length === 0) return undefined;
    if (differing.every((name) => before[name] === undefined)) {
      return {
        message: `Customer ${customer} had no billing ${differing.join(", ")} before the run, and the API has no way to take one away; the rest is as it was.`,
        irremovable: true,
      };
    }
    return {
      message: `The billing of customer ${customer} could not be put back (${differing.join(", ")}; the target answered ${answer.status}). By hand: ${answer.curl}`,
      irremovable: false,
    };
  } catch (error) {
    return {
      message: `The billing of customer ${customer} could not be put back: ${(error as Error).message}. ${before ? `It was ${JSON.stringify(before)}` : "There was none"}.`,
      irremovable: false,
    };
  }
}

/** What an update can write; anything else that a deployment answers is not ours to put back. */
const billingFields = ["method", "email", "address", "currency", "defaultPaymentProfileId", "autoPay"];
const addressFields = ["street1", "street2", "city", "state", "region", "zip", "country", "attention"];

function pick(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (name in value ? [[name, value[name]]] : [])));
}

function billingAs(customer: unknown): JsonObject | undefined {
  const billing = withoutNulls(memberOf(customer, "billing"));
  if (!isObject(billing)) return undefined;
  const { address } = billing;
  return { ...pick(billing, billingFields), ...(isObject(address) ? { address: pick(address, addressFields) } : {}) };
}
