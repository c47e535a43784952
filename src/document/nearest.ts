import { closest, distance } from "./problem.ts";
import type { Operation, Spec } from "./spec.ts";

/** An operation that nearly took a request, and what kept it from it, as a sentence. */
export type Nearest = { readonly operation: Operation; readonly why: string };

/**
 * The operation that a request without one came nearest to: another method of its path, else that of the path most like it;
 * `undefined` where none is near.
 */
export function nearestTo({ operations, match }: Spec, method: string, target: string): Nearest | undefined {
  const found = match(method, target);
  if (found.operation) return undefined;
  const { allowed } = found;
  if (allowed.length === 0) return nearestPath(operations, method, target.split("?", 1)[0]!);
  const likely = [...(similar[method] ?? []), ...allowed].find((one) => allowed.includes(one))!;
  const there = match(likely, target);
  if (!there.operation) return undefined;
  const takes =
    allowed.length === 1 ? `${allowed[0]} is` : `${allowed.slice(0, -1).join(", ")} and ${allowed.at(-1)} are`;
  return { operation: there.operation, why: `${there.operation.path} does not take ${method}; ${takes} taken.` };
}

/** What a method may have been meant for, the likeliest first. */
const similar: Readonly<Record<string, readonly string[]>> = {
  PATCH: ["PUT", "POST"],
  PUT: ["PATCH", "POST"],
  POST: ["PUT", "PATCH"],
};

/** How much of a path may be other than it should be. */
const farthest = 0.5;

/** The longest path that is looked at, in segments. */
const longest = 32;

function nearestPath(operations: readonly Operation[], method: string, path: string): Nearest | undefined {
  const sent = segmentsOf(path);
  if (sent.length > longest) return undefined;
  const cost = costs();
  let best: { readonly operation: Operation; readonly edits: number } | undefined;
  for (const operation of operations) {
    const edits = apart(sent, segmentsOf(operation.path), cost);
    const isNearer = !best || edits < best.edits || (edits === best.edits && operation.method === method);
    if (isNearer && edits <= farthest * sent.length) best = { operation, edits };
  }
  return best && { operation: best.operation, why: `Did you mean ${best.operation.method} ${best.operation.path}?` };
}

function segmentsOf(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/** How far two segments lie apart, each pair looked at once: from 0 for the same to 1 for one that is nobody's slip of the finger. */
function costs(): (sent: string, known: string) => number {
  const seen = new Map<string, number>();
  return (sent, known) => {
    // A parameter takes what comes, which says little of what was meant.
    if (known.includes("{")) return 0.5;
    if (sent === known) return 0;
    const pair = `${sent} ${known}`;
    const before = seen.get(pair);
    if (before !== undefined) return before;
    const edits = distance(sent.toLowerCase(), known.toLowerCase());
    const isSlip = closest(sent, [known]) !== undefined;
    const share = isSlip ? Math.min(1, (edits + 0.1) / Math.max(sent.length, known.length)) : 1;
    seen.set(pair, share);
    return share;
  };
}

/** How far two paths lie apart, in segments. */
function apart(sent: readonly string[], known: readonly string[], cost: (sent: string, known: string) => number) {
  let row = known.map((_, index) => index + 1);
  row.unshift(0);
  for (const [i, segment] of sent.entries()) {
    const next = [i + 1];
    for (const [j, other] of known.entries())
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + cost(segment, other)));
    row = next;
  }
  return row.at(-1)!;
}
