import type { Scene } from "./scene.ts";

/** What a case may need of a target beyond the customer; a case whose needs are not met is skipped, with its reason. */
export type World = {
  /** An `ACTIVE` payment profile of the customer. */
  readonly paymentProfile: string;
  /** Another `ACTIVE` payment profile of the customer. */
  readonly secondPaymentProfile: string;
  /** A payment profile of the customer that is not `ACTIVE`. */
  readonly inactivePaymentProfile: string;
  /** A payment profile of another customer. */
  readonly foreignPaymentProfile: string;
  /** Another customer; it is read, and never sent a request that could be carried out. */
  readonly otherCustomer: string;
  /** A customer without billing, which the run may write: only a sandbox has one. */
  readonly unbilledCustomer: string;
  /** A second known API key. */
  readonly secondApiKey: string;
  /** Moves the target's clock forward by so many milliseconds. */
  readonly clock: (advanceMs: number) => Promise<void>;
};

export type Need = keyof World;

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

type Written<N extends Need> = {
  readonly id: string;
  readonly title: string;
  readonly claim: string;
  readonly needs?: readonly N[];
  run(scene: Scene<N>): Promise<void>;
};

/** A case that the reference's own words decide: its failure fails the run on any target. */
export function documented<const N extends Need = never>(written: Written<N>): Case {
  return caseOf("documented", written);
}

/** A case on what the reference leaves open: its failure is reported, and fails the run on the mock and under `--strict`. */
export function assumed<const N extends Need = never>(written: Written<N>): Case {
  return caseOf("assumed", written);
}

function caseOf<N extends Need>(basis: CaseBasis, written: Written<N>): Case {
  if (!/^[a-z-]+\/[a-zA-Z0-9-]+$/.test(written.id)) {
    throw new Error(`The case id "${written.id}" is not of the form topic/what-it-shows, in lower case.`);
  }
  // The runner hands a case only scenes in which its needs are met.
  return { ...written, basis, needs: written.needs ?? [], run: written.run as Case["run"] };
}
