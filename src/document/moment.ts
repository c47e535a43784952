/** The first and the last moment that this program deals with, in milliseconds since 1970: years of four digits, none before 1970. */
export const firstMoment = 0;
export const lastMoment = Date.parse("9999-12-31T23:59:59.999Z");

/** A text of RFC 3339 in milliseconds since 1970; `undefined` where it lies beyond those moments, or is a leap second. */
export function momentOf(text: string): number | undefined {
  const moment = Date.parse(text);
  return isMoment(moment) ? moment : undefined;
}

/** The latest that was asked for: much happens within one millisecond. */
let latest = { ms: Number.NaN, text: "" };

/** A time in milliseconds since 1970 as RFC 3339 in UTC; one beyond those moments is shown as the nearest of them. */
export function timestamp(ms: number): string {
  if (ms !== latest.ms) latest = { ms, text: new Date(nearestMoment(ms)).toISOString() };
  return latest.text;
}

/** Whether a time in milliseconds since 1970 lies between those moments. */
export function isMoment(ms: number): boolean {
  return ms >= firstMoment && ms <= lastMoment;
}

/** A time in milliseconds since 1970, or the nearest of those moments. */
export function nearestMoment(ms: number): number {
  return Math.min(Math.max(ms, firstMoment), lastMoment);
}
