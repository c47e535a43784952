import { cases } from "../../contracts/index.ts";
import { modelCases } from "../../contracts/model.contract.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { generatedCases } from "../../src/contract/generated/cases.ts";
import { idempotencyCases } from "../../src/contract/generated/idempotency.ts";
import type { Case } from "../../src/contract.ts";

const spec = loadSpec();

/** What `verify` is made of. Each run takes cases of its own, for the generated ones remember what they learn of a target. */
export const suites = {
  written: () => cases,
  generated: (seed) => generatedCases(spec, { seed, examples: 5, guest: true }),
  idempotency: (seed) => idempotencyCases(spec, { seed, examples: 5, guest: true }),
  model: (seed) => modelCases({ seed, sequences: 20 }),
} satisfies Record<string, (seed: number) => readonly Case[]>;

export type Suite = keyof typeof suites;
export const suiteNames = Object.keys(suites) as Suite[];
