import type { Case } from "../src/contract.ts";
import { authentication } from "./authentication.contract.ts";
import { billing } from "./billing.contract.ts";
import { customers } from "./customers.contract.ts";
import { idempotency } from "./idempotency.contract.ts";
import { messages } from "./messages.contract.ts";
import { paymentProfiles } from "./payment-profiles.contract.ts";

/** All written cases, in the order in which they run. */
export const cases: readonly Case[] = [
  ...authentication,
  ...customers,
  ...paymentProfiles,
  ...messages,
  ...billing,
  ...idempotency,
];
