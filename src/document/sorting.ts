import type { JsonObject } from "./pointer.ts";
import { squeezed } from "./resources.ts";

/** The order of a list: by which members, the first before the second, and which of them go down. */
export type Order = readonly { readonly member: string; readonly isDescending: boolean }[];

/** The names of parameters, in small letters and nothing else. */
const sorting = /^(sort|sortby|sortkey|sortfield|orderby|order|ordering)$/;
const directing = /^(order|direction|dir|sortorder|sortdir|sortdirection|orderdir|orderdirection)$/;

const direction = /^(asc|desc)(ending)?$/i;

/** `name`, `-name`, `+name` whose plus a query reads as a space, `name:desc`, `name desc`, `name_desc`, `name.desc`. */
const term = /^([-+ ]?)([^\s:|]+?)(?:[\s:|._]+(asc|desc)(?:ending)?)?$/i;

/** Whether a parameter has to do with the order of a list, by its name. */
export function isForOrder(name: string): boolean {
  return sorting.test(squeezed(name)) || directing.test(squeezed(name));
}

/**
 * The order that a query asks for, of records with these members: `sort=-created,name`, `sort=created,desc`,
 * `sort_by=created&order=desc`; `undefined` where it asks for none, or for one that nobody understands.
 */
export function orderAsked(query: JsonObject, members: Iterable<string>): Order | undefined {
  const pairs = Object.entries(query).map(([name, value]) => [squeezed(name), value] as const);
  const isDirection = (value: unknown) => direction.test(String(value));
  const asked = pairs.find(([name, value]) => sorting.test(name) && value !== undefined && !isDirection(value))?.[1];
  const way = pairs.find(([name, value]) => directing.test(name) && isDirection(value))?.[1];
  if (asked === undefined) return undefined;
  const known = [...members];
  const order: { member: string; isDescending: boolean }[] = [];
  for (const part of [asked].flat().flatMap((value) => String(value).split(","))) {
    const before = order.at(-1);
    if (before && isDirection(part.trim())) before.isDescending = isDown(part.trim());
    else {
      const [, sign, name = "", own = way] = term.exec(part) ?? [];
      const member = memberMeant(name, known);
      if (member === undefined) return undefined;
      order.push({ member, isDescending: sign === "-" || isDown(own) });
    }
  }
  return order;
}

function isDown(way: unknown): boolean {
  return /^desc/i.test(String(way));
}

/** The member of a name, or of one that leaves out that it is a moment: `created` for `created_at`. */
function memberMeant(name: string, members: readonly string[]): string | undefined {
  const plain = squeezed(name);
  return [plain, `${plain}at`].flatMap((wanted) => members.find((one) => squeezed(one) === wanted) ?? [])[0];
}

/** The records in an order; those that say nothing of a member come last, and those that say the same stay as they were. */
export function ordered(records: readonly JsonObject[], order: Order): readonly JsonObject[] {
  return records.toSorted((one, other) => {
    for (const { member, isDescending } of order) {
      const [a, b] = [one[member], other[member]];
      if (isNothing(a) || isNothing(b)) {
        if (isNothing(a) !== isNothing(b)) return isNothing(a) ? 1 : -1;
        continue;
      }
      const result = compare(a, b);
      if (result !== 0) return isDescending ? -result : result;
    }
    return 0;
  });
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function compare(a: unknown, b: unknown): number {
  if (typeof a !== typeof b || typeof a === "object") return 0;
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}
