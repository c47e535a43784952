import { describe, expect, test } from "vitest";
import { quotasIn, waitAskedIn } from "../../../src/contract/wire/limits.ts";

const hour = 3_600_000;
const utc = (ms: number) => new Date(ms).toUTCString();
/** A whole second, as a `Date` has it. */
const now = Math.floor(Date.now() / 1000) * 1000;

describe("what is left, and until when, is read from", () => {
  const left = (remaining: number, ms: number, by: string) => ({ remaining, reset: { ms, by } });
  test.each<[string, Record<string, string>, ReturnType<typeof left>[]]>([
    [
      "three fields of a draft",
      { "ratelimit-limit": "10", "ratelimit-remaining": "3", "ratelimit-reset": "58" },
      [left(3, 58_000, "RateLimit-Reset")],
    ],
    ["the structured field", { ratelimit: '"default";r=0;t=30' }, [left(0, 30_000, "RateLimit")]],
    [
      "the structured field with several policies, whose names are no parameters",
      { ratelimit: '"a,b;r=9;t=9";r=5;t=1, "day";r=900;t=40000' },
      [left(5, 1_000, "RateLimit"), left(900, 40_000_000, "RateLimit")],
    ],
    ["the field of a draft between", { ratelimit: "limit=100, remaining=0, reset=7" }, [left(0, 7_000, "RateLimit")]],
    ["seconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1.5" }, [left(0, 1_500, "X-RateLimit-Reset")]],
    [
      "seconds since 1970",
      { date: utc(now), "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${now / 1000 + 20}` },
      [left(0, 20_000, "X-RateLimit-Reset")],
    ],
    [
      "milliseconds since 1970",
      { date: utc(now), "x-rate-limit-remaining": "1", "x-rate-limit-reset": `${now + 500}` },
      [left(1, 500, "X-Rate-Limit-Reset")],
    ],
    [
      "a date",
      { date: utc(now), "x-ratelimit-remaining": "1", "x-ratelimit-reset": new Date(now + 9_000).toISOString() },
      [left(1, 9_000, "X-RateLimit-Reset")],
    ],
    ["nothing where there is no reset", { "x-ratelimit-remaining": "0", ratelimit: '"default";r=0' }, []],
    [
      "nothing where nothing is limited",
      { "ratelimit-limit": "0", "ratelimit-remaining": "0", "ratelimit-reset": "9" },
      [],
    ],
    ["nothing where less than nothing is left", { "x-ratelimit-remaining": "-1", "x-ratelimit-reset": "9" }, []],
    ["nothing of words", { "x-ratelimit-remaining": "few", "x-ratelimit-reset": "soon", ratelimit: "often" }, []],
  ])("%s", (_, headers, quotas) => {
    expect(quotasIn(headers)).toEqual(quotas);
  });
});

describe("the wait that a refusal asks for", () => {
  test.each<[string, Record<string, string>, { ms: number; by: string } | undefined]>([
    ["is in seconds", { "retry-after": "58" }, { ms: 58_000, by: "Retry-After" }],
    ["is the Retry-After before all", { "retry-after": "2", "ratelimit-reset": "9" }, { ms: 2_000, by: "Retry-After" }],
    ["is until the reset where it has no other", { "ratelimit-reset": "9" }, { ms: 9_000, by: "RateLimit-Reset" }],
    [
      "is until the last reset of what is spent",
      { ratelimit: '"second";r=0;t=1, "minute";r=0;t=40, "day";r=7;t=4000' },
      { ms: 40_000, by: "RateLimit" },
    ],
    ["is none where none is named", { "x-ratelimit-remaining": "0" }, undefined],
  ])("%s", (_, headers, asked) => {
    expect(waitAskedIn(headers)).toEqual(asked);
  });

  test.each([0, hour, -hour])("is counted by the target's own clock, which is %i ms ahead", (ahead) => {
    const there = now + ahead;
    const headers = { date: utc(there) };
    expect(waitAskedIn({ ...headers, "retry-after": utc(there + 20_000) })?.ms).toBe(20_000);
    expect(waitAskedIn({ ...headers, "x-ratelimit-reset": `${there / 1000 + 20}` })?.ms).toBe(20_000);
  });

  test("is never less than nothing", () => {
    expect(waitAskedIn({ date: utc(now), "retry-after": utc(now - 5_000) })?.ms).toBe(0);
    expect(waitAskedIn({ date: utc(now), "x-ratelimit-reset": `${now / 1000 - 5}` })?.ms).toBe(0);
  });
});
