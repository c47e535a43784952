/**
 * The faults of a deployment, and which part of `verify` sees which: `npm run mutants [-- --write] [-- TEXT]`. With a text, only
 * faults and variants whose id holds it; with `--faults` or `--variants`, only those; with `--shard=1/2`, the first of two halves of
 * them; with `--write`, the case that is most particular to a fault, and what it says, go into seen-by.json, for the tests to hold it to.
 */
import { writeFileSync } from "node:fs";
import { BrokenTarget, type Report } from "../../src/contract.ts";
import { type Fault, faults, topics } from "../deployment/faults.ts";
import { variants } from "../deployment/variants.ts";
import { conditionsOf, readSeenBy, type SeenBy, unseen } from "./expectations.ts";
import { casesThat, runAgainst } from "./run-against.ts";
import { type Suite, suiteNames, suites } from "./suites.ts";

const wanted = process.argv.slice(2).find((word) => !word.startsWith("--")) ?? "";
const writes = process.argv.includes("--write");
const [noFaults, noVariants] = ["--variants", "--faults"].map((option) => process.argv.includes(option));
const [shard = 1, shards = 1] = /^--shard=(\d+)\/(\d+)$/m.exec(process.argv.join("\n"))?.slice(1).map(Number) ?? [];
const isMeant = ({ id }: { readonly id: string }, index: number) => id.includes(wanted) && index % shards === shard - 1;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const lanes = 4;

/** What a suite said of a fault, by the ids of its cases. */
type Sight = { readonly broken: Map<string, string>; readonly differs: Map<string, string> };

const usual = new Map<Suite, Set<string>>();
for (const suite of suiteNames) {
  const report = await runAgainst({}, { cases: suites[suite](1) });
  usual.set(suite, new Set(casesThat(report, "differs").map(({ id }) => id)));
}

const sights = new Map<Fault, Map<Suite, Sight>>();
let row = "";
await inLanes(
  faults.filter((fault, index) => !noFaults && isMeant(fault, index)),
  async (fault) => {
    const bySuite = new Map<Suite, Sight>();
    // All written cases, for the most particular of them to be found; of the others, whether one sees it.
    for (const suite of suiteNames) {
      const options = { ...conditionsOf(fault), cases: suites[suite](1), untilBroken: suite !== "written" };
      const report = await runAgainst(fault.behaviour, options).catch((error: Error) => error);
      if (report instanceof Error && !(report instanceof BrokenTarget)) throw report;
      bySuite.set(suite, sightOf(suite, report));
    }
    return { fault, bySuite };
  },
  ({ fault, bySuite }) => {
    sights.set(fault, bySuite);
    if (fault.row !== row) console.log(`\n${fault.row} (${fault.basis})`);
    row = fault.row;
    const signs = suiteNames.map((suite) => `${signOf(bySuite.get(suite)!)} ${suite}`.padEnd(13)).join(" ");
    const ids = [...bySuite.get("written")!.broken.keys()];
    const seen = suiteNames.some((suite) => signOf(bySuite.get(suite)!) !== "·");
    console.log(`  ${fault.id.padEnd(48)} ${signs} ${seen ? ids.join(" ") : (unseen[fault.id] ?? "NOT SEEN")}`);
  },
);

summarize();
if (writes) {
  const named = { ...readSeenBy(), ...(await seenBy()) };
  const kept = Object.fromEntries(faults.flatMap(({ id }) => (named[id] ? [[id, named[id]]] : [])));
  writeFileSync(new URL("seen-by.json", import.meta.url), `${JSON.stringify(kept, undefined, 2)}\n`);
}

console.log("\nLawful variants, by every suite, the generated ones with ten seeds");
const alarms = new Set<string>();
await inLanes(
  variants.filter((variant, index) => !noVariants && isMeant(variant, index)),
  async (variant) => {
    const broken: string[] = [];
    for (const suite of suiteNames) {
      for (const seed of suite === "written" ? [1] : seeds) {
        const options = { realTime: variant.id.startsWith("burst-"), cases: suites[suite](seed) };
        const report = await runAgainst(variant.behaviour, options);
        broken.push(...casesThat(report, "broken").map(({ id }) => `${id} (seed ${seed})`));
      }
    }
    return { variant, broken };
  },
  ({ variant, broken }) => {
    if (broken.length > 0) alarms.add(variant.id);
    console.log(
      `  ${broken.length > 0 ? "FALSE ALARM" : "passes"} ${variant.id.padEnd(50)} ${[...new Set(broken)].join(" ")}`,
    );
  },
);

console.log(`lawful variants: ${alarms.size} false alarms`);

function sightOf(suite: Suite, report: Report | BrokenTarget): Sight {
  if (report instanceof BrokenTarget) return { broken: new Map([["", report.message]]), differs: new Map() };
  const told = (outcome: "broken" | "differs") =>
    new Map(casesThat(report, outcome).map(({ id, findings }) => [id, findings[0]!.message]));
  const differs = [...told("differs")].filter(([id]) => !usual.get(suite)!.has(id));
  return { broken: told("broken"), differs: new Map(differs) };
}

function signOf({ broken, differs }: Sight): "✗" | "≠" | "·" {
  return broken.size > 0 ? "✗" : differs.size > 0 ? "≠" : "·";
}

function summarize(): void {
  const counted = (of: readonly Fault[], see: (bySuite: Map<Suite, Sight>) => boolean) =>
    String(of.filter((fault) => see(sights.get(fault)!)).length).padStart(11);
  const line = (title: string, of: readonly Fault[]) => {
    const each = suiteNames.map((suite) => counted(of, (bySuite) => signOf(bySuite.get(suite)!) !== "·"));
    const any = counted(of, (bySuite) => [...bySuite.values()].some((sight) => signOf(sight) !== "·"));
    console.log(`${title.padEnd(14)}${String(of.length).padStart(7)}${each.join("")}${any}`);
  };
  const judged = [...sights.keys()];
  console.log(`\n${"".padEnd(14)} faults${suiteNames.map((name) => name.padStart(11)).join("")}        any`);
  for (const [topic, of] of Object.entries(topics))
    line(
      topic,
      of.filter((fault) => sights.has(fault)),
    );
  for (const basis of ["documented", "inferred", "assumed"] as const)
    line(
      basis,
      judged.filter((fault) => fault.basis === basis),
    );
  line("all", judged);
}

/** Of the cases that see a fault by themselves, the one that sees the fewest others; written ones before generated ones. */
async function seenBy(): Promise<Record<string, SeenBy>> {
  const counts = new Map<string, number>();
  for (const bySuite of sights.values())
    for (const { broken, differs } of bySuite.values())
      for (const id of [...broken.keys(), ...differs.keys()]) counts.set(id, (counts.get(id) ?? 0) + 1);
  const named: Record<string, SeenBy> = {};
  for (const [fault, bySuite] of sights) {
    const one = await mostParticular(fault, bySuite, (a, b) => counts.get(a)! - counts.get(b)!);
    if (one) named[fault.id] = one;
  }
  return named;
}

async function mostParticular(
  fault: Fault,
  bySuite: Map<Suite, Sight>,
  order: (a: string, b: string) => number,
): Promise<SeenBy | undefined> {
  for (const [suite, { broken, differs }] of bySuite) {
    const outcome = broken.size > 0 ? "broken" : "differs";
    for (const id of [...(outcome === "broken" ? broken : differs).keys()].sort(order)) {
      const message = id === "" ? broken.get(id) : await messageOf(fault, suite, id, outcome);
      if (message !== undefined) return { suite, case: id, outcome, message };
    }
  }
  return undefined;
}

/** What a case says of a fault when it runs alone; `undefined` where it then sees nothing. */
async function messageOf(fault: Fault, suite: Suite, id: string, outcome: string): Promise<string | undefined> {
  const cases = suites[suite](1).filter((one) => one.id === id);
  const { cases: results } = await runAgainst(fault.behaviour, { ...conditionsOf(fault), cases });
  return results[0]?.outcome === outcome ? results[0].findings[0]!.message : undefined;
}

/** Works on several items at a time, and tells of them in their order. */
async function inLanes<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  tell: (result: R) => void,
): Promise<void> {
  const results: (Promise<R> | undefined)[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = work(items[index]!);
      await results[index];
    }
  };
  const running = Promise.all(Array.from({ length: lanes }, lane));
  for (let index = 0; index < items.length; index++) {
    while (results[index] === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    tell(await results[index]!);
  }
  await running;
}
