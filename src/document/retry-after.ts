/**
 * Milliseconds of a `Retry-After`: a date or seconds, which may have decimals, for servers send them; `undefined` where it is
 * neither. A date is counted from `now`, best by the clock of whoever sent it. https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(value: string | null | undefined, now = Date.now()): number | undefined {
  if (value == null) return undefined;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** What time it is by the clock of whoever sent an answer with this `Date`, in milliseconds; by this one's where it has none. */
export function clockOf(date: string | null | undefined): number {
  const told = Date.parse(date ?? "");
  return Number.isNaN(told) ? Date.now() : told;
}
