import type { components } from "../../api.ts";

type PaymentProfile = Readonly<components["schemas"]["PaymentProfile"]>;

const day = 24 * 60 * 60 * 1000;

/**
 * A payment profile as it is at a time, in milliseconds since 1970: `EXPIRED` once the day of its `expiresAt` has ended in UTC,
 * whatever status it was kept with. Assumed; the reference says neither when a profile expires nor what tells that it has.
 */
export function profileAt(profile: PaymentProfile, now: number): PaymentProfile {
  const { expiresAt, status } = profile;
  if (expiresAt === undefined || status === "EXPIRED" || now < Date.parse(expiresAt) + day) return profile;
  return { ...profile, status: "EXPIRED" };
}
