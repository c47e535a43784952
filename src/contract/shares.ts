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
  /** Whether there is nothing left for operations that have not begun. */
  isSpent(): boolean;
};

/** What is left of the time is for what is under way, and for putting back. */
const partOfTime = 0.9;

/**
 * Spreads the requests and the time of a run over operations: each has an equal share of what is left when its first case begins, so
 * that what one of them leaves goes to those after it.
 */
export function createShares(options: SharesOptions): Shares {
  const { maxRequests = Number.POSITIVE_INFINITY, maxTimeMs = Number.POSITIVE_INFINITY } = options;
  const { operations, sent, now = () => performance.now() } = options;
  const endsAt = now() + maxTimeMs * partOfTime;
  const shares = new Map<string, { left: number; readonly until: number }>();
  const begin = (operation: string) => {
    const others = Math.max(1, operations - shares.size);
    const share = {
      left: Math.max(1, Math.floor((maxRequests - sent()) / others)),
      until: now() + (endsAt - now()) / others,
    };
    shares.set(operation, share);
    return share;
  };
  return {
    spend(operation) {
      const share = shares.get(operation) ?? begin(operation);
      if (share.left <= 0) throw new Skip(`the share of ${operation} in ${maxRequests} requests is spent`);
      if (now() > share.until) throw new Skip(`the share of ${operation} in ${maxTimeMs / 1000} s is over`);
      share.left--;
    },
    isSpent: () => sent() >= maxRequests || now() > endsAt,
  };
}
