import type { Operation } from "../document/spec.ts";
import { Skip, Unsent } from "./findings.ts";
import type { LeftBehind, PathValues, Undo, Visit } from "./guest.ts";
import type { Entry, Recovery } from "./recovery.ts";
import { BudgetSpent } from "./sender.ts";
import { TransportError } from "./wire/exchange.ts";

/** What stood at a target before a run wrote there, so that all of it can be put back. */
export type Ledger = {
  /** Whether there is something to put back. */
  isEmpty(): boolean;
  /** Whether something is known that undoes the writes of an operation. */
  canUndo(operation: Operation): boolean;
  /**
   * Enters what stands where a write goes, before it is sent with this JSON body. Throws a `Skip` where no write there could be
   * undone, an `Unsent` where this one could not.
   */
  enter(operation: Operation, path: PathValues, body?: unknown): Promise<void>;
  /** Puts everything back, the last first. What the target did not let it put back stays in the ledger. */
  putBack(visit: Visit): Promise<LeftBehind | undefined>;
};

/** Makes the ledger of a run; it begins with what an earlier run, ended before its time, has left in `recovery`. */
export function createLedger(undos: readonly Undo[], visit: Visit, recovery?: Recovery): Ledger {
  const undoOf = (operationId: string) => undos.find(({ operations }) => operations.includes(operationId));
  const keyOf = (operationId: string, path: PathValues) =>
    JSON.stringify([undoOf(operationId)?.operations, Object.entries(path).sort()]);
  let entries: readonly Entry[] = recovery?.pending() ?? [];
  let entered = new Map(entries.map(({ operationId, path }) => [keyOf(operationId, path), Promise.resolve()]));

  async function capture(undo: Undo, operationId: string, path: PathValues): Promise<void> {
    let captured: unknown;
    try {
      captured = (await undo.capture(visit, path)) ?? null;
    } catch (error) {
      if (isOfTheRun(error)) throw error;
      throw new Skip(`${undo.what(path)} cannot be read, so nothing is written there: ${(error as Error).message}`);
    }
    const more = [...entries, { operationId, path, captured }];
    recovery?.save(more);
    entries = more;
  }

  return {
    isEmpty: () => entries.length === 0,
    canUndo: ({ id }) => undoOf(id) !== undefined,
    async enter({ id, method, path: template }, path, body) {
      const undo = undoOf(id);
      if (!undo) throw new Skip(`it would send ${method} ${template}, and nothing is known that undoes it`);
      const key = keyOf(id, path);
      const begun = entered.get(key) ?? capture(undo, id, path);
      entered.set(key, begun);
      // What could not be read is tried again by the next case.
      begun.catch(() => entered.delete(key));
      await begun;
      if (!undo.forbids) return;
      const entry = entries.find((one) => keyOf(one.operationId, one.path) === key);
      const why = undo.forbids(entry?.captured, body);
      if (why !== undefined) throw new Unsent(`it would ${why}, and nothing is known that undoes it`);
    },
    async putBack(by) {
      const left: { entry: Entry; behind: LeftBehind }[] = [];
      for (const entry of entries.toReversed()) {
        const behind = await putEntryBack(undoOf(entry.operationId), by, entry);
        if (behind) left.unshift({ entry, behind });
      }
      entries = left.flatMap(({ entry, behind }) => (behind.irremovable ? [] : [entry]));
      entered = new Map(entries.map(({ operationId, path }) => [keyOf(operationId, path), Promise.resolve()]));
      const behind = left.map((one) => one.behind);
      try {
        if (entries.length > 0) recovery?.save(entries);
        else recovery?.clear();
      } catch (error) {
        // What was put back is; only the next run will know no better.
        behind.push({ message: (error as Error).message, irremovable: false });
      }
      return behind.length === 0 ? undefined : together(behind);
    },
  };
}

async function putEntryBack(
  undo: Undo | undefined,
  visit: Visit,
  { operationId, path, captured }: Entry,
): Promise<LeftBehind | undefined> {
  const what = undo?.what(path) ?? `what ${operationId} wrote`;
  try {
    if (!undo) throw new Error("nothing is known any more that undoes it");
    return await undo.restore(visit, path, captured);
  } catch (error) {
    const was = captured === null ? "There was none" : `It was ${JSON.stringify(captured)}`;
    const message = `${what.charAt(0).toUpperCase()}${what.slice(1)} could not be put back: ${(error as Error).message}. ${was}.`;
    return { message, irremovable: false };
  }
}

/** What ends a case or the run whatever was read. */
export function isOfTheRun(error: unknown): boolean {
  return error instanceof TransportError || error instanceof BudgetSpent || (error as Error).name === "AbortError";
}

function together(left: readonly LeftBehind[]): LeftBehind {
  return {
    message: left.map(({ message }) => message).join(" "),
    irremovable: left.every(({ irremovable }) => irremovable),
  };
}
