import type { Need } from "./guest.ts";
import type { Scene } from "./scene.ts";

/** What a claim rests on: the reference's own words, or what they leave open. */
export type CaseBasis = "documented" | "assumed";

/** One black-box case. `G` is what the guest of its API gives to cases. */
export type Case<G extends object = object> = {
  /** `topic/what-it-shows`; stable, since deviations and reports name it. */
  readonly id: string;
  /** A sentence of behaviour. */
  readonly title: string;
  readonly basis: CaseBasis;
  /** The sentence that the case rests on. */
  readonly claim: string;
  readonly needs: readonly Need<G>[];
  /** It only reads, and minds nobody who reads beside it; a write of it is not sent. */
  readonly reads?: boolean;
  /** The operation that it follows from, where that is one. */
  readonly operation?: string;
  run(scene: Scene<G>): Promise<void>;
};

/** A case as it is written. `S` is what the scenes of its API can do beyond those of any other. */
export type WrittenCase<G extends object, S extends object, N extends Need<G>> = {
  readonly id: string;
  readonly title: string;
  readonly claim: string;
  readonly needs?: readonly N[];
  /** It only reads, and minds nobody who reads beside it. */
  readonly reads?: boolean;
  run(scene: Scene<G, N> & S): Promise<void>;
};

/** The two ways to write a case, by what it rests on. */
export type CaseMakers<G extends object, S extends object> = {
  /** A case that the reference's own words decide: its failure fails the run on any target. */
  documented<const N extends Need<G> = never>(written: WrittenCase<G, S, N>): Case<G>;
  /** A case on what the reference leaves open: its failure is reported, and fails the run on the mock and under `--strict`. */
  assumed<const N extends Need<G> = never>(written: WrittenCase<G, S, N>): Case<G>;
};

/** Makes the ways to write the cases of one API: `shortcutsOf` tells what its scenes can do beyond those of any other. */
export function caseMakers<G extends object, S extends object>(shortcutsOf: (scene: Scene<G>) => S): CaseMakers<G, S> {
  const maker =
    (basis: CaseBasis) =>
    <N extends Need<G>>({ run, needs = [], ...written }: WrittenCase<G, S, N>): Case<G> => {
      if (!/^[a-z-]+\/[a-zA-Z0-9-]+$/.test(written.id)) {
        throw new Error(`The case id "${written.id}" is not of the form topic/what-it-shows, in lower case.`);
      }
      return {
        ...written,
        basis,
        needs,
        // The runner hands a case only scenes in which its needs are met.
        run: (scene) => run({ ...(scene as unknown as Scene<G, N>), ...shortcutsOf(scene) }),
      };
    };
  return { documented: maker("documented"), assumed: maker("assumed") };
}

/** Cases of any API, with nothing but what every scene can do. */
export const { documented, assumed }: CaseMakers<object, object> = caseMakers(() => ({}));
