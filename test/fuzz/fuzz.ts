/**
 * Sends a mock what nobody means: `npm run fuzz -- [--requests N] [--seed S] [--spec FILE] [--only INDEX]`. Ends with 1 where it finds
 * something, each finding with the seed and the number by which `--only` sends that request again, alone.
 */
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { documents, type Finding, run, shellOf } from "./campaign.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    spec: { type: "string" },
    only: { type: "string" },
  },
});
const [requests, seed] = [Number(values.requests), Number(values.seed)];
const only = values.only === undefined ? undefined : Number(values.only);
// Half of them go to the shipped document, the rest to the others.
const chosen = values.spec === undefined ? documents : [values.spec];
const shares = chosen.map((_, index) => (chosen.length === 1 ? 1 : index === 0 ? 0.5 : 0.5 / (chosen.length - 1)));
const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);

let found = 0;
for (const [index, document] of chosen.entries()) {
  const name = relative(".", document);
  const share = Math.round(requests * shares[index]!);
  const result = await run({
    document,
    requests: share,
    seed,
    only,
    told: (sent) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${sent} of ${share}`);
    },
  });
  const statuses = [...result.statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status || "none"} ${count}`);
  console.log(`${name}: ${result.sent} requests in ${result.seconds.toFixed(0)} s; ${statuses.join(", ")}`);
  if (result.held.length > 0) console.log(`  it held ${result.held.map(megabytes).join(", ")} MB, after each tenth`);
  for (const { what, index, sent } of distinct(result.findings)) {
    const again = index < 0 ? "" : `\n    npm run fuzz -- --seed ${seed} --spec ${name} --only ${index}`;
    console.log(`  ✗ ${sent.oddity}: ${what}${again}\n    ${shellOf(sent)}`);
  }
  found += result.findings.length;
}
console.log(found === 0 ? "Nothing was found." : `${found} findings.`);
process.exitCode = found === 0 ? 0 : 1;

/** Of findings that say the same, the first. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  const known = new Set<string>();
  return findings.filter(({ what }) => known.size < known.add(what).size);
}
