import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject } from "../spec.ts";
import { type Exchange, type RequestPlan, TransportError } from "./exchange.ts";
import { memberOf, withoutNulls } from "./expect.ts";
import { billingPath } from "./scene.ts";

/** The run could not be made; the message says why and what would help. */
export class RunError extends Error {
  override name = "RunError";
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
  if (!isObject(answer.json)) {
    const type = answer.headers["content-type"] ?? "no media type";
    throw new RunError(`${said} with ${type} and no JSON object. Is this the base URL of a Connect API?`);
  }
  return answer.json;
}

/**
 * Puts the billing back that the run found. Answers what is left to do by hand, in a sentence; `undefined` when all is as it
 * was. `updatedAt` advances; nothing can put that back.
 */
export async function leave(send: Send, customer: string, found: JsonObject): Promise<string | undefined> {
  const path = `/customers/${encodeURIComponent(customer)}`;
  const before = withoutNulls(memberOf(found, "billing"));
  const billingNow = async () => withoutNulls(memberOf((await send({ method: "GET", path })).json, "billing"));
  try {
    if (isDeepStrictEqual(await billingNow(), before)) return undefined;
    if (!isObject(before))
      return `Customer ${customer} had no billing before the run, and the API cannot take one away: its billing stays as the last case left it.`;
    const { defaultPaymentProfileId = null, autoPay = false, ...rest } = before;
    const body = { ...rest, defaultPaymentProfileId, autoPay };
    const answer = await send({
      method: "PUT",
      path: billingPath(customer),
      headers: { "Content-Type": "application/json" },
      json: body,
    });
    const after = await billingNow();
    // A customer without a profile may have come without the two fields, and now says them aloud.
    if (isDeepStrictEqual({ autoPay: false, ...(after as JsonObject) }, { autoPay: false, ...before }))
      return undefined;
    return `The billing of customer ${customer} could not be put back (the target answered ${answer.status}). By hand: ${answer.curl}`;
  } catch (error) {
    return `The billing of customer ${customer} could not be put back: ${(error as Error).message}. It was ${JSON.stringify(before)}.`;
  }
}
