import { isMeant, type Kind, mayBeList, mayBeObject, mayBeScalar, textOf } from "./kind.ts";
import { isObject } from "./validator.ts";

/** A field by the names that lead to it: `items[0][price]` is `["items", "0", "price"]`. */
export type Field<T = string> = { readonly path: readonly string[]; readonly value: T };

/** Names in brackets further down than that are part of the last name: nobody means them. */
export const deepest = 24;

/** The names of a field that is written with brackets; itself alone where it is not. */
export function pathOf(name: string): readonly string[] {
  const at = name.indexOf("[");
  const inner = at > 0 ? innerPath(name.slice(at)) : undefined;
  return inner ? [name.slice(0, at), ...inner] : [name];
}

/** The names in brackets, of `[items][0]` the two; `undefined` where it is anything else. */
export function innerPath(text: string): readonly string[] | undefined {
  if (!/^(\[[^[\]]*\])+$/.test(text)) return undefined;
  const names = text.slice(1, -1).split("][");
  return names.length > deepest ? [...names.slice(0, deepest), names.slice(deepest).join("][")] : names;
}

/** What fields with a common beginning hold: values of their own, and fields further down. */
type Tree<T> = { readonly values: T[]; readonly members: Map<string, Tree<T>> };

/**
 * The value that fields in brackets stand for. `[]` adds an item to a list, `[0]` is one where the schema has a list, or knows
 * nothing of it. How one field is read is for the caller to say, where it is no plain text.
 */
export function fromBrackets<T>(
  fields: readonly Field<T>[],
  kind: Kind,
  read: (value: T, kind: Kind) => unknown,
): unknown {
  const root: Tree<T> = { values: [], members: new Map() };
  for (const { path, value } of fields) put(root, path, value);
  return fromTree(root, kind, read);
}

function put<T>(tree: Tree<T>, path: readonly string[], value: T): void {
  const [name, ...rest] = path;
  if (name === undefined) {
    tree.values.push(value);
    return;
  }
  const key = name === "" ? nextKey(tree, rest) : name;
  const inner = tree.members.get(key) ?? { values: [], members: new Map() };
  tree.members.set(key, inner);
  put(inner, rest, value);
}

/** The item that `[]` stands for: the last one, while that has no such field yet, else a new one. */
function nextKey<T>({ members }: Tree<T>, rest: readonly string[]): string {
  const last = members.size - 1;
  let there = members.get(`${last}`);
  if (rest.length === 0 || !there) return `${members.size}`;
  for (const name of rest) there = there?.members.get(name);
  return `${there ? members.size : last}`;
}

function fromTree<T>({ values, members }: Tree<T>, kind: Kind, read: (value: T, kind: Kind) => unknown): unknown {
  if (members.size > 0) {
    const indexed = [...members.keys()].every((name) => /^\d{1,9}$/.test(name));
    if (indexed && (mayBeList(kind) || !mayBeObject(kind))) {
      const items = [...members].sort(([one], [other]) => Number(one) - Number(other));
      return items.map(([, item], index) => fromTree(item, kind.item(index), read));
    }
    return Object.fromEntries([...members].map(([name, inner]) => [name, fromTree(inner, kind.member(name), read)]));
  }
  return fromValues(values, kind, read);
}

/** The value of a field that was given once or more often. */
export function fromValues<T>(values: readonly T[], kind: Kind, read: (value: T, kind: Kind) => unknown): unknown {
  const [first] = values;
  if (values.length !== 1) return values.map((value, index) => read(value, kind.item(index)));
  if (!mayBeList(kind)) return read(first!, kind);
  const alone = mayBeScalar(kind) || mayBeObject(kind) ? read(first!, kind) : undefined;
  const meant = alone !== undefined && !Array.isArray(alone) && isMeant(alone, kind);
  return meant ? alone : [read(first!, kind.item(0))];
}

/** The fields of a value in brackets; what is null or empty has none. */
export function toBrackets(name: string, value: unknown): readonly Field[] {
  return [...fieldsOf([name], value)].map(({ path: [first, ...rest], value: text }) => ({
    path: [first + rest.map((inner) => `[${inner}]`).join("")],
    value: text,
  }));
}

function* fieldsOf(path: readonly string[], value: unknown): Generator<Field> {
  if (value === null || value === undefined) return;
  if (!Array.isArray(value) && !isObject(value)) yield { path, value: textOf(value) };
  else for (const [name, inner] of Object.entries(value)) yield* fieldsOf([...path, name], inner);
}
