import { type ConnectCase, cases, identifiers as known, modelCases } from "../../contracts/index.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { generatedCases } from "../../src/contract/generated/cases.ts";
import { idempotencyCases } from "../../src/contract/generated/idempotency.ts";

const spec = loadSpec();
const identifiers = Object.keys(known);

/** What `verify` is made of. Each run takes cases of its own, for the generated ones remember what they learn of a target. */
export const suites = {
  written: () => cases,
  generated: (seed) => generatedCases(spec, { seed, examples: 5, identifiers }),
  idempotency: (seed) => idempotencyCases(spec, { seed, examples: 5, identifiers }),
  model: (seed) => modelCases({ seed, sequences: 20 }),
} satisfies Record<string, (seed: number) => readonly ConnectCase[]>;

export type Suite = keyof typeof suites;
export const suiteNames = Object.keys(suites) as Suite[];

/** A number that follows from a name, so that each has a seed and a turn of its own. */
export function numberOf(name: string): number {
  return [...name].reduce((sum, letter) => sum + letter.codePointAt(0)!, 0);
}

/** A quarter of the cases of a suite, each number another one, with the requests that are simply valid. */
export function quarterOf(cases: readonly ConnectCase[], turn: number): readonly ConnectCase[] {
  return cases.filter(({ id }, index) => id.endsWith("-valid") || (turn + index) % 4 === 0);
}
