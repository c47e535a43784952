import type { LateList } from "../document/late.ts";

/** Work in an order, of which some is begun ahead of its turn. */
export type Ahead<T, R> = {
  /** The result of an item whose turn it is. */
  take(item: T): Promise<R>;
  /** Begins no more, and answers what was begun and not taken yet, in its order. */
  rest(): Promise<readonly R[]>;
};

export type AheadOptions<T, R> = {
  /** How many may run at the same time. */
  readonly most: number;
  /** Whether an item may run beside its neighbours that may, too; any other runs alone. */
  readonly isSociable: (item: T) => boolean;
  readonly start: (item: T) => Promise<R>;
};

/** Runs items in their turn, and beside the one whose turn it is those that follow, as far as all of them may run beside each other. */
export function createAhead<T, R>(items: LateList<T>, { most, isSociable, start }: AheadOptions<T, R>): Ahead<T, R> {
  const begun = new Map<number, Promise<R>>();
  let [taken, next, running, isOpen] = [0, 0, 0, false];

  function begin(index: number, item: T): Promise<R> {
    running++;
    next = index + 1;
    const result = start(item).finally(() => {
      running--;
      goOn();
    });
    // It is whoever takes it that hears of a failure.
    result.catch(() => {});
    begun.set(index, result);
    return result;
  }

  function goOn(): void {
    while (isOpen && running < most) {
      const item = items.at(next);
      if (item === undefined || !isSociable(item)) return;
      begin(next, item);
    }
  }

  return {
    take(item) {
      const index = items.made.indexOf(item, taken);
      if (index < 0) return start(item);
      taken = index + 1;
      const result = begun.get(index) ?? begin(index, item);
      begun.delete(index);
      isOpen = isSociable(item);
      goOn();
      return result;
    },
    async rest() {
      isOpen = false;
      return Promise.all([...begun].sort(([a], [b]) => a - b).map(([, result]) => result));
    },
  };
}
