import { readFileSync } from "node:fs";
import type { CaseResult } from "../../src/contract.ts";
import type { Fault } from "../deployment/faults.ts";
import type { Suite } from "./suites.ts";

/** The case that must see a fault, and what it must say; without a case, the run itself ends with that message. */
export type SeenBy = {
  readonly suite: Suite;
  readonly case: string;
  readonly outcome: CaseResult["outcome"];
  readonly message: string;
};

/** What must see each fault: written by `npm run mutants -- --write`, read by a person, and held to by the tests. */
export function readSeenBy(): Readonly<Record<string, SeenBy>> {
  return JSON.parse(readFileSync(new URL("seen-by.json", import.meta.url), "utf8"));
}

/** Faults that nothing a client can do from outside tells from lawful behaviour, each with the reason. */
export const unseen: Record<string, string> = {
  "only-active-profiles-listed": "the list is where a run learns which other profiles there are",
  "only-the-first-profile-listed": "the list is where a run learns which other profiles there are",
  "missing-email-invented": "the run's customer has an e-mail address; only one without billing would show it",
  "first-billing-in-another-currency": "only a sandbox has a customer without billing that may be written",
  "first-billing-without-autopay": "only a sandbox has a customer without billing that may be written",
  "twin-answered-429": "a 429 may as well be the lawful answer to a burst",
};

/** How a fault is to be judged: some show only on a real port, or only as time passes. */
export function conditionsOf({ id, needs }: Fault): { socket: boolean; realTime: boolean } {
  return { socket: needs === "socket", realTime: needs === "time" || id in unseen };
}
