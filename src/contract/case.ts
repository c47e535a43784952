import type { Scene } from "./scene.ts";
import type { Need } from "./world.ts";

export type { Need, World } from "./world.ts";

/** What a claim rests on: the reference's own words, or what they leave open. */
export type CaseBasis = "documented" | "assumed";

/** One black-box case. */
export type Case = {
  /** `topic/what-it-shows`; stable, since deviations and reports name it. */
  readonly id: string;
  /** A sentence of behaviour. */
  readonly title: string;
  readonly basis: CaseBasis;
  /** The sentence that the case rests on. */
  readonly claim: string;
  readonly needs: readonly Need[];
  run(scene: Scene<Need>): Promise<void>;
};

/** A case as it is written. */
export type WrittenCase<N extends Need> = {
  readonly id: string;
  readonly title: string;
  readonly claim: string;
  readonly needs?: readonly N[];
  run(scene: Scene<N>): Promise<void>;
};

/** A case that the reference's own words decide: its failure fails the run on any target. */
export function documented<const N extends Need = never>(written: WrittenCase<N>): Case {
  return caseOf("documented", written);
}

/** A case on what the reference leaves open: its failure is reported, and fails the run on the mock and under `--strict`. */
export function assumed<const N extends Need = never>(written: WrittenCase<N>): Case {
  return caseOf("assumed", written);
}

function caseOf<N extends Need>(basis: CaseBasis, written: WrittenCase<N>): Case {
  if (!/^[a-z-]+\/[a-zA-Z0-9-]+$/.test(written.id)) {
    throw new Error(`The case id "${written.id}" is not of the form topic/what-it-shows, in lower case.`);
  }
  // The runner hands a case only scenes in which its needs are met.
  return { ...written, basis, needs: written.needs ?? [], run: written.run as Case["run"] };
}
