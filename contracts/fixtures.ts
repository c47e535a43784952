import { isObject, type JsonObject } from "../src/contract/kit.ts";
import { customerPath } from "./scene.ts";

/** What a mock beside a deployment begins with: the customer, its neighbours and their payment profiles, as the deployment answers. */
export async function fixturesOf(
  read: (path: string) => Promise<unknown>,
  { customer, profiles }: { readonly customer: string; readonly profiles: readonly string[] },
): Promise<{ customers: readonly JsonObject[]; paymentProfiles: readonly JsonObject[] }> {
  const items = (page: unknown) => (isObject(page) && Array.isArray(page.items) ? page.items.filter(isObject) : []);
  const customers = new Map<unknown, JsonObject>();
  for (const found of items(await read("/customers?limit=1000"))) customers.set(found.customerId, found);
  const own = await read(customerPath(customer));
  if (isObject(own)) customers.set(own.customerId, own);
  const neighbours = [...customers.keys()].filter((id) => id !== customer).slice(0, 10);
  const listed: unknown[] = [];
  for (const owner of [customer, ...neighbours.map(String)])
    listed.push(...items(await read(`/payment-profiles?customerId=${encodeURIComponent(owner)}`)));
  for (const id of profiles) listed.push(await read(`/payment-profiles/${encodeURIComponent(id)}`));
  const paymentProfiles = new Map(listed.filter(isObject).map((profile) => [profile.paymentProfileId, profile]));
  return { customers: [...customers.values()], paymentProfiles: [...paymentProfiles.values()] };
}
