import { areOne, pathOf } from "./servers.ts";
import { objectOf } from "./side.ts";
import type { Call, Counterparts, OperationSide } from "./tell.ts";

type Operations = readonly OperationSide[];

/**
 * The operations of two documents that clients take for the same: those that are called by one URL, and of the rest those of one path,
 * first behind any host and then as the documents say it. What two base URLs lead to may have two counterparts.
 */
export function counterpartsOf(before: Operations, after: Operations): readonly Counterparts[] {
  const pairs = byUrl(before, after);
  const whole = ({ method, calls }: OperationSide) => calls[0] && `${method} ${pathOf(calls[0].url)}`;
  for (const keyOf of [whole, ({ key }: OperationSide) => key]) {
    const [done, taken] = [new Set(pairs.map(({ was }) => was)), new Set(pairs.map(({ is }) => is))];
    const left = after.filter((operation) => !taken.has(operation));
    const others = new Map(left.map((operation) => [keyOf(operation), operation]));
    for (const was of before.filter((operation) => !done.has(operation))) {
      const [key, is] = [keyOf(was), others.get(keyOf(was))];
      if (key === undefined || !is) continue;
      pairs.push({ was, is });
      others.delete(key);
    }
  }
  return pairs;
}

function byUrl(before: Operations, after: Operations): Counterparts[] {
  const called = new Map<string, Set<OperationSide>>();
  const urlsOf = ({ method, calls }: OperationSide) =>
    calls.flatMap(({ url, open }) => [url, ...(open === undefined ? [] : [open])].map((one) => `${method} ${one}`));
  for (const operation of after)
    for (const url of urlsOf(operation)) called.set(url, (called.get(url) ?? new Set()).add(operation));
  return before.flatMap((was) => {
    const found = new Set(urlsOf(was).flatMap((url) => [...(called.get(url) ?? [])]));
    const same = ({ calls }: OperationSide) => was.calls.some((call) => calls.some((other) => areOne(call, other)));
    return [...found].filter(same).map((is) => ({ was, is }));
  });
}

/** Two operations, with the variables of a base URL as parameters where they are such in the path of the other. */
export function inOnePath({ was, is }: Counterparts): Counterparts {
  if (was.calls.some((call) => is.calls.some(({ url }) => call.url === url))) return { was, is };
  const openIn = (mine: OperationSide, other: OperationSide): Call | undefined =>
    mine.calls.find(({ open }) => other.calls.some(({ url }) => url === open));
  return { was: withVariables(was, openIn(was, is)), is: withVariables(is, openIn(is, was)) };
}

function withVariables(operation: OperationSide, call: Call | undefined): OperationSide {
  const open = call?.base.open;
  if (!open) return operation;
  const { item, path } = operation;
  const parameters = Object.entries(open.variables).map(([name, given]) => {
    const { enum: values } = objectOf(given);
    return { name, in: "path", required: true, schema: { type: "string", ...(values ? { enum: values } : {}) } };
  });
  const own = Array.isArray(item.parameters) ? item.parameters : [];
  return { ...operation, path: open.path + path, item: { ...item, parameters: [...parameters, ...own] } };
}
