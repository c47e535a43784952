import type { components } from "../../api.ts";

type PaymentProfile = Readonly<components["schemas"]["PaymentProfile"]>;

/**
 * A payment profile as it is on a day in UTC, `YYYY-MM-DD`: `EXPIRED` from the day after its `expiresAt` on, whatever status it
 * was kept with. Assumed; the reference says neither when a profile expires nor what tells that it has.
 */
export function profileOn(profile: PaymentProfile, today: string): PaymentProfile {
  const { expiresAt, status } = profile;
  if (expiresAt === undefined || status === "EXPIRED" || today <= expiresAt) return profile;
  return { ...profile, status: "EXPIRED" };
}
