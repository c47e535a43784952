import { afterAll, expect } from "vitest";
import { contractTests } from "../src/adapters/vitest.ts";

/**
 * What no run can decide at the mock: a user can be removed once, and no other is known, so what needs a second removal; what needs a
 * second user; what needs a new customer to have a payment profile or a contact person; and a shipping that is not there.
 */
const undecidable =
  /^(update-customer\/shipping|generated\/(remove-customer-user-(refuses-random|needs-credentials|refuses-other-credentials|idempotency-.*)|add-customer-user-idempotency-changed-user-id|create-customer-refuses-(billing-(default-payment-profile|auto-pay)|contact-person)-.*))$/;

const skipped: string[] = [];

/** The mock in this process, or the deployment that the environment names. */
contractTests({
  onCase({ id, outcome }) {
    if (outcome === "skipped") skipped.push(id);
  },
});

afterAll(() => {
  if (!process.env.CONNECT_BASE_URL) expect(skipped.filter((id) => !undecidable.test(id))).toEqual([]);
});
