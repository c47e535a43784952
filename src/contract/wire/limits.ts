import { clockOf, retryAfterMs } from "../../document/retry-after.ts";
import type { WireResponse } from "./exchange.ts";

type Headers = WireResponse["headers"];

/** So many milliseconds to wait, and the header that says so. */
export type Asked = { readonly ms: number; readonly by: string };

/** How many requests a target lets through before more are let through again. */
export type Quota = { readonly remaining: number; readonly reset: Asked };

/** The wait that a refusal asks for: its `Retry-After`, else the end of what it counts in; `undefined` where it names none. */
export function waitAskedIn(headers: Headers): Asked | undefined {
  const ms = retryAfterMs(headers["retry-after"], clockOf(headers.date));
  if (ms !== undefined) return { ms, by: "Retry-After" };
  const noneLeft = Object.fromEntries(fieldNames.map(({ name }) => [`${name}-remaining`, "0"]));
  const spent = quotasIn({ ...noneLeft, ...headers }).filter(({ remaining }) => remaining === 0);
  return longest(spent.map(({ reset }) => reset));
}

/** The longest of some waits. */
export function longest(waits: readonly Asked[]): Asked | undefined {
  return waits.toSorted((a, b) => b.ms - a.ms)[0];
}

/**
 * What an answer says of the requests that are left: `RateLimit` as a structured field, `RateLimit-Remaining` and
 * `RateLimit-Reset` of the drafts before, and what others send with `X-` before it. One without a reset says nothing to wait for.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function quotasIn(headers: Headers): readonly Quota[] {
  // Most answers say nothing of it.
  if (!Object.keys(headers).some((name) => name.includes("rate"))) return [];
  const now = clockOf(headers.date);
  const inFields = fieldNames.flatMap(({ name, shown }) => {
    // Where nothing is limited, some say 0 of 0.
    if (headers[`${name}-limit`]?.trim() === "0") return [];
    return quotaOf(headers[`${name}-remaining`], headers[`${name}-reset`], `${shown}-Reset`, now);
  });
  return [...inFields, ...structured(headers.ratelimit ?? "", now)];
}

const fieldNames = [
  { name: "ratelimit", shown: "RateLimit" },
  { name: "x-ratelimit", shown: "X-RateLimit" },
  { name: "x-rate-limit", shown: "X-Rate-Limit" },
];

/** `"default";r=50;t=30`, one for each policy; or, in a draft between, `limit=100, remaining=50, reset=30`. */
function structured(text: string, now: number): readonly Quota[] {
  // A name may hold what separates.
  const plain = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const member = (part: string, name: string) => new RegExp(`(?:^|[;,\\s])${name}=(\\d+)`).exec(part)?.[1];
  const whole = quotaOf(member(plain, "remaining"), member(plain, "reset"), "RateLimit", now);
  const policies = plain.split(",").map((part) => quotaOf(member(part, "r"), member(part, "t"), "RateLimit", now));
  return [...whole, ...policies.flat()];
}

function quotaOf(remaining: string | undefined, reset: string | undefined, by: string, now: number): readonly Quota[] {
  const count = /^\s*(\d+)/.exec(remaining ?? "")?.[1];
  const ms = resetMs(reset ?? "", now);
  return count === undefined || ms === undefined ? [] : [{ remaining: Number(count), reset: { ms, by } }];
}

/** A reset is a number of seconds from now, or, as many send it, a moment: in seconds or milliseconds since 1970, or a date. */
function resetMs(text: string, now: number): number | undefined {
  const number = /^\s*(\d+(?:\.\d+)?)\s*(?:[,;]|$)/.exec(text)?.[1];
  if (number === undefined) return retryAfterMs(text, now);
  const value = Number(number);
  if (value < 1e9) return value * 1000;
  return Math.max(0, (value < 1e12 ? value * 1000 : value) - now);
}
