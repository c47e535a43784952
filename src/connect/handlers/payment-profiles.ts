import type { operations } from "../../api.ts";
import { notFound } from "../../document/problem.ts";
import type { Handlers } from "../../mock/handler.ts";
import { customersOf, profileOf, profilesOf } from "../records.ts";

/** The operations under the tag `payment-profiles`. */
export const paymentProfiles = {
  async listPaymentProfiles({ query }, sandbox) {
    const customer = await customersOf(sandbox).get(query.customerId);
    if (!customer) throw notFound("customer", query.customerId, "GET /customers lists the customers of this API key.");
    return { status: 200, body: { items: [...(await profilesOf(query.customerId, sandbox))] } };
  },

  async getPaymentProfile({ path }, sandbox) {
    const profile = await profileOf(path.paymentProfileId, sandbox);
    if (!profile) {
      const hint = "GET /payment-profiles?customerId= lists the payment profiles of a customer.";
      throw notFound("payment profile", path.paymentProfileId, hint);
    }
    return { status: 200, body: profile };
  },
} satisfies Handlers<operations>;
