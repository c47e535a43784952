import { Skip } from "./findings.ts";

/** What a run may spend, and over how many operations it is spread. */
export type SharesOptions = {
  readonly maxRequests?: number;
  readonly maxTimeMs?: number;
  readonly operations: number;
  /** How many requests the run has sent. */
  sent(): number;
  now?(): number;
};

/** The shares of operations in what a run may spend. */
export type Shares = {
  /** Takes note of a request of an operation's case. Throws a `Skip` where the operation has spent its share. */
  spend(operation: string): void;
  /** Whether an operation has more than half of its share left. */
  isAmple(operation: string): boolean;
  /** Whether there is nothing left for operations that have not begun. */
  isSpent(): boolean;
};

/** What is left of the time is for what is under way, and for putting back. */
const partOfTime = 0.9;

/**
 * Spreads the requests and the time of a run over operations: each has an equal share of what is left when its turn comes, so that
 * what one of them leaves goes to those after it. One whose turn comes again, for its first cases come before those of all others,
 * begins another round, in which each has a share of what is left then.
 */
export function createShares(options: SharesOptions): Shares {
  const { maxRequests = Number.POSITIVE_INFINITY, maxTimeMs = Number.POSITIVE_INFINITY } = options;
  const { operations, sent, now = () => performance.now() } = options;
  const endsAt = now() + maxTimeMs * partOfTime;
  /** Those that have had their turn in this round. */
  const done = new Set<string>();
  let share = { operation: "", left: 0, until: 0, halfLeft: 0, halfUntil: 0 };
  const begin = (operation: string) => {
    if (done.has(operation)) done.clear();
    const others = Math.max(1, operations - done.size);
    done.add(operation);
    const left = Math.max(1, Math.floor((maxRequests - sent()) / others));
    const ms = (endsAt - now()) / others;
    share = { operation, left, until: now() + ms, halfLeft: left / 2, halfUntil: now() + ms / 2 };
  };
  return {
    spend(operation) {
      if (operation !== share.operation) begin(operation);
      if (share.left <= 0) throw new Skip(`the share of ${operation} in ${maxRequests} requests is spent`);
      if (now() > share.until) throw new Skip(`the share of ${operation} in ${maxTimeMs / 1000} s is over`);
      share.left--;
    },
    isAmple: (operation) => operation !== share.operation || (share.left > share.halfLeft && now() < share.halfUntil),
    isSpent: () => sent() >= maxRequests || now() > endsAt,
  };
}
