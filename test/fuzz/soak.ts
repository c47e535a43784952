/**
 * An hour of mixed load in minutes of the sandbox clock, with faults and webhooks on: `npm run soak -- [--minutes N] [--writes N]`.
 * Ends with 1 where something has leaked, drifted or been lost.
 */
import { parseArgs } from "node:util";
import { soak } from "./endurance.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, writes: { type: "string", default: "200" } },
});
const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
const began = performance.now();
const { held, sent, repeated, events, findings } = await soak({
  minutes: Number(values.minutes),
  writes: Number(values.writes),
  told: (minute) => {
    if (process.stderr.isTTY) process.stderr.write(`\rminute ${minute} of ${values.minutes}`);
  },
});
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(
  `${values.minutes} minutes in ${seconds} s: ${sent} requests, ${repeated} of them repeated after a fault, ${events} events`,
);
console.log(`  it held ${held.map(megabytes).join(", ")} MB, after each tenth and a reset`);
for (const finding of findings) console.log(`  ✗ ${finding}`);
console.log(findings.length === 0 ? "Nothing has leaked, drifted or been lost." : `${findings.length} findings.`);
process.exitCode = findings.length === 0 ? 0 : 1;
