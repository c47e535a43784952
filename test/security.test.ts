import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { controlSpecUrl } from "#platform";
import { deepest as deepestBrackets } from "../src/document/brackets.ts";
import { deepest } from "../src/document/json.ts";
import { longestMs } from "../src/document/pattern.ts";
import { mostDetails } from "../src/document/problem.ts";
import { loadSpec } from "../src/index.ts";
import { controlBodyLimits } from "../src/mock/control/app.ts";
import { mostFaults } from "../src/mock/control/faults.ts";
import { mostSnapshots } from "../src/mock/control/state.ts";
import { longestJournalled } from "../src/mock/journal.ts";
import { usualRules } from "../src/mock/middleware/idempotency.ts";
import { usualMaxBodyBytes } from "../src/mock/mock.ts";
import { connectionLimits } from "../src/mock/server.ts";
import { mostAttempts } from "../src/mock/store/courier.ts";
import { longestDelayMs } from "../src/mock/store/faults.ts";
import { defaultLimits } from "../src/mock/store/memory.ts";

const bytes = (count: number) => (count < 1024 * 1024 ? `${count / 1024} KiB` : `${count / 1024 / 1024} MiB`);
const seconds = (ms: number) => `${ms / 1000} s`;
const { schemas } = loadSpec(controlSpecUrl).document.components as { schemas: Record<string, { maxItems?: number }> };
const keyLength = usualRules(loadSpec(controlSpecUrl), {
  method: "POST",
  path: "/",
  parameters: [],
} as never)?.maxLength;

test("the bounds that SECURITY.md tells are those of the code", () => {
  const text = readFileSync(new URL("../SECURITY.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm)]
    .map(([, what, most]) => [what, most])
    .slice(2);
  expect(rows).toEqual([
    ["First line and headers of a request", bytes(connectionLimits.headBytes)],
    ["Time for the headers", seconds(connectionLimits.headMs)],
    ["Time for the whole request", seconds(connectionLimits.requestMs)],
    ["Body of a request (`--max-body`)", bytes(usualMaxBodyBytes)],
    ["The same without its content coding", bytes(usualMaxBodyBytes)],
    ["Body of a state for the control plane", bytes(controlBodyLimits.state)],
    ["Any other body for the control plane", bytes(controlBodyLimits.others)],
    ["Levels of JSON", `${deepest}`],
    ["Levels of names in brackets", `${deepestBrackets}`],
    ["Idempotency key, where the document says nothing", `${keyLength} letters`],
    ["Time for the patterns of one check", `${longestMs} ms`],
    ["Violations that an answer lists", `${mostDetails}`],
    ["Sandboxes (`--max-sandboxes`)", `${defaultLimits.sandboxes}`],
    ["Written records of a sandbox", `${defaultLimits.written}`],
    ["Made-up records of a collection", `${defaultLimits.madeUp}`],
    ["Collections of a sandbox that nobody has written in", `${defaultLimits.collections}`],
    ["Idempotency keys of a sandbox (`--max-keys`)", `${defaultLimits.records}`],
    ["Requests in the journal of a sandbox", `${defaultLimits.entries}`],
    ["Body in the journal", bytes(longestJournalled)],
    ["Changes that a sandbox tells of", `${defaultLimits.changes}`],
    ["Faults of a sandbox", `${mostFaults}`],
    ["Delay of a fault", seconds(longestDelayMs)],
    ["Snapshots", `${mostSnapshots}`],
    ["Receivers of webhooks of a sandbox", `${schemas.Receivers?.maxItems}`],
    ["Deliveries of a sandbox", `${defaultLimits.deliveries}`],
    ["Attempts that a delivery tells of", `${mostAttempts}`],
  ]);
});
