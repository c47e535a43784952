import { type Judgement, type Sight, type Stop, worse } from "./step.ts";

/** Looks at a pair of schemas; `judge` says what is known by now of other pairs. */
export type LookAt = (stop: Stop, judge: (stop: Stop) => Judgement) => Sight;

/** What there is at a pair of schemas, and what is thought of it with all that is below. */
export type Inspected = { readonly sight: Sight; readonly judgement: Judgement };

type Known = {
  readonly stop: Stop;
  sight: Sight | undefined;
  judgement: Judgement;
  /** The pairs that go on with this one, and those whose sight hangs on what is thought of it. */
  readonly above: Set<Known>;
  readonly askers: Set<Known>;
};

/**
 * Makes what looks at pairs of schemas. What is thought of a pair begins with the best, as it must for a schema that holds itself;
 * wherever it turns out to be worse, who has asked for it looks again, until nothing changes any more.
 */
export function createInspection(lookAt: LookAt): (stop: Stop) => Inspected {
  const known = new Map<number, Known>();
  let unseen: Known[] = [];

  return (stop) => {
    const found = knownOf(stop);
    while (unseen.length > 0) settle();
    return { sight: found.sight!, judgement: found.judgement };
  };

  function knownOf(stop: Stop): Known {
    const before = known.get(stop.pair);
    if (before) return before;
    const made: Known = { stop, sight: undefined, judgement: "same", above: new Set(), askers: new Set() };
    known.set(stop.pair, made);
    unseen.push(made);
    return made;
  }

  /** Looks at all that nobody has looked at, and passes on what is worse than was thought. */
  function settle(): void {
    const worsened: Known[] = [];
    for (let at = unseen.pop(); at; at = unseen.pop()) {
      const here = at;
      const sight = lookAt(here.stop, (stop) => {
        const other = knownOf(stop);
        other.askers.add(here);
        return other.judgement;
      });
      here.sight = sight;
      let worst = here.judgement;
      for (const { breaking } of sight.changes) worst = worse(worst, breaking ? "breaks" : "harmless");
      for (const stop of sight.next) {
        const below = knownOf(stop);
        below.above.add(here);
        worst = worse(worst, below.judgement);
      }
      if (worst !== here.judgement) {
        here.judgement = worst;
        worsened.push(here);
      }
    }
    const again = new Set<Known>();
    for (const one of worsened) {
      for (const asker of one.askers) again.add(asker);
      for (const above of one.above) {
        const worst = worse(above.judgement, one.judgement);
        if (worst === above.judgement) continue;
        above.judgement = worst;
        worsened.push(above);
      }
    }
    unseen = [...again];
  }
}
