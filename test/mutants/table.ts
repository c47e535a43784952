/** The faults of a deployment and the cases that see them: `npm run mutants`; with a text, only faults whose id holds it. */
import { NoCustomer } from "../../src/contract.ts";
import { type Fault, faults } from "../deployment/faults.ts";
import { variants } from "../deployment/variants.ts";
import { conditionsOf, unseen } from "./expectations.ts";
import { casesThat, judge } from "./judge.ts";

const wanted = process.argv[2] ?? "";
const lanes = 4;
const clean = new Map((await judge({})).cases.map(({ id, outcome }) => [id, outcome]));

let row = "";
const kills = { documented: [0, 0], inferred: [0, 0], assumed: [0, 0] };
await inLanes(
  faults.filter(({ id }) => id.includes(wanted)),
  async (fault: Fault) => {
    const report = await judge(fault.behaviour, conditionsOf(fault)).catch((error: Error) => error);
    if (report instanceof NoCustomer)
      return { fault, broken: [{ id: `(the run ends: ${report.message})` }], differs: [] };
    if (report instanceof Error) throw report;
    return {
      fault,
      broken: casesThat(report, "broken"),
      differs: casesThat(report, "differs").filter(({ id }) => clean.get(id) !== "differs"),
    };
  },
  ({ fault, broken, differs }) => {
    if (fault.row !== row) console.log(`\n${fault.row} (${fault.basis})`);
    row = fault.row;
    const seen = [...broken.map(({ id }) => id), ...differs.map(({ id }) => `≠${id}`)];
    kills[fault.basis][1]! += 1;
    if (seen.length > 0) kills[fault.basis][0]! += 1;
    const sign = broken.length > 0 ? "✗" : differs.length > 0 ? "≠" : " ";
    console.log(
      `  ${sign} ${fault.id.padEnd(50)} ${seen.length === 0 ? `not seen: ${unseen[fault.id] ?? "NO REASON KNOWN"}` : seen.join(" ")}`,
    );
  },
);

console.log("\nLawful variants");
const alarms: string[] = [];
await inLanes(
  variants.filter(({ id }) => id.includes(wanted)),
  async (variant) => ({
    variant,
    broken: casesThat(await judge(variant.behaviour, { realTime: variant.id.startsWith("burst-") }), "broken"),
  }),
  ({ variant, broken }) => {
    if (broken.length > 0) alarms.push(variant.id);
    console.log(
      `  ${broken.length > 0 ? "FALSE ALARM" : "passes"} ${variant.id.padEnd(50)} ${broken.map(({ id }) => id).join(" ")}`,
    );
  },
);

console.log("");
for (const [basis, [seen, all]] of Object.entries(kills)) console.log(`${basis} faults: ${seen} of ${all} seen`);
console.log(`lawful variants: ${alarms.length} false alarms`);

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
