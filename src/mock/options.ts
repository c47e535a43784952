import { closest } from "../document/problem.ts";

/** Refuses an option that nobody reads, by its name: throws a `TypeError`. `known` has a member for each that there is. */
export function refuseUnknown(taker: string, given: object, known: Readonly<Record<string, true>>): void {
  const names = Object.keys(known);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const near = closest(unknown, names);
  const hint = near === undefined ? "." : `; did you mean "${near}"?`;
  throw new TypeError(`${taker} has no option "${unknown}"${hint} It takes ${listed(names.sort())}.`);
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
