import { isObject, type JsonObject } from "../document/spec.ts";
import type { Exchange, RequestPlan } from "./wire/exchange.ts";
import type { Need, World } from "./world.ts";

type Send = (request: RequestPlan) => Promise<Exchange>;

/** What a run was told of the target; the rest is looked up by reading. */
export type Told = { readonly [N in Exclude<Need, "clock">]?: World[N] | undefined };

/** Finds by reads alone what cases need and the command line did not say. */
export async function discover(send: Send, customer: string, told: Told): Promise<Told> {
  const profilesOf = async (owner: string) =>
    itemsOf(await send({ method: "GET", path: `/payment-profiles?customerId=${encodeURIComponent(owner)}` }));
  const own = (await profilesOf(customer)).filter((profile) => profile.customerId === customer);
  const idOf = (profile: JsonObject | undefined) => stringOr(profile?.paymentProfileId);
  const others = itemsOf(await send({ method: "GET", path: "/customers?limit=10" })).flatMap(
    (other) => stringOr(other.customerId) ?? [],
  );
  const otherCustomer = told.otherCustomer ?? others.find((id) => id !== customer);
  let foreign = told.foreignPaymentProfile;
  for (const other of others.filter((id) => id !== customer)) {
    if (foreign) break;
    foreign = idOf(
      (await profilesOf(other)).find((profile) => profile.status === "ACTIVE" && profile.customerId === other),
    );
  }
  const active = own.flatMap((profile) => (profile.status === "ACTIVE" ? (idOf(profile) ?? []) : []));
  const paymentProfile = told.paymentProfile ?? active[0];
  const found: Told = {
    ...told,
    paymentProfile,
    secondPaymentProfile: told.secondPaymentProfile ?? active.find((id) => id !== paymentProfile),
    inactivePaymentProfile: told.inactivePaymentProfile ?? idOf(own.find((profile) => profile.status !== "ACTIVE")),
    foreignPaymentProfile: foreign,
    otherCustomer,
  };
  return found;
}

/** Why a need is not met, and what would meet it. */
export const unmet: Record<Need, string> = {
  paymentProfile: "no ACTIVE payment profile of the customer is known; name one with --payment-profile",
  secondPaymentProfile: "the customer has no second ACTIVE payment profile",
  inactivePaymentProfile: "the customer has no payment profile that is not ACTIVE",
  foreignPaymentProfile: "no payment profile of another customer is known; name one with --foreign-payment-profile",
  otherCustomer: "no other customer can be seen with this key",
  unbilledCustomer: "only a sandbox has a customer without billing that may be written",
  secondApiKey: "no second API key is known; pass one with CONNECT_SECOND_API_KEY or --second-api-key",
  clock: "the target has no clock that can be moved",
};

function itemsOf(answer: Exchange): readonly JsonObject[] {
  return isObject(answer.json) && Array.isArray(answer.json.items) ? answer.json.items.filter(isObject) : [];
}

function stringOr(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
