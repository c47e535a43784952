import { fromText, isMeant, type Kind, mayBeScalar, textOf } from "./kind.ts";
import type { WireParameter } from "./reading.ts";
import { isObject } from "./validator.ts";

/** A text that may hold a list or an object: the parts it falls into, and what each of them is once it is decoded. */
type Parted = { readonly text: string; readonly parts: readonly string[]; readonly decode: (raw: string) => string };

/** Every way in which a text can be meant: as a whole, or as its parts. */
export function waysOf(parted: Parted, { explode, kind }: Pick<WireParameter, "explode" | "kind">): readonly unknown[] {
  const text = parted.decode(parted.text);
  const { list, object } = kind.mayBe;
  if (!list && !object) return scalars(text, kind);
  const scalar = mayBeScalar(kind) ? scalars(text, kind) : [];
  const lists = list ? listsOf(parted.parts.map(parted.decode), kind) : [];
  const objects = object ? objectsOf(parted, explode, kind) : [];
  const isWhole = parted.parts.length === 1 && isMeant(scalar[0], kind);
  const ways = isWhole ? [...scalar, ...lists, ...objects] : [...objects, ...lists, ...scalar];
  return ways.length > 0 ? ways : [text];
}

/** The ways in which a text can be meant as a whole. */
export function scalars(text: string, kind: Kind): readonly unknown[] {
  const value = fromText(text, kind);
  return typeof value !== "string" && kind.types.has("string") ? [value, text] : [value];
}

/** The ways in which texts can be meant as the items of a list. */
export function listsOf(parts: readonly string[], kind: Kind): readonly unknown[] {
  const items = parts.map((part, index) => fromText(part, kind.item(index)));
  const areTexts = items.every((item) => typeof item === "string");
  return areTexts || !kind.item(0).types.has("string") ? [items] : [items, parts];
}

/** `R=100` each, or `R` and `100` by turns. */
export function objectsOf({ parts, decode }: Omit<Parted, "text">, explode: boolean, kind: Kind): readonly unknown[] {
  const entries: [string, string][] = [];
  if (explode) {
    for (const part of parts) {
      const at = part.indexOf("=");
      if (at < 0) return [];
      entries.push([part.slice(0, at), part.slice(at + 1)]);
    }
  } else {
    if (parts.length % 2 > 0) return [];
    for (let index = 0; index < parts.length; index += 2) entries.push([parts[index]!, parts[index + 1]!]);
  }
  const members = new Map(entries.map(([name, raw]) => [decode(name), decode(raw)]));
  if (members.size < entries.length) return [];
  return [Object.fromEntries([...members].map(([name, text]) => [name, fromText(text, kind.member(name))]))];
}

/** The parts of a list or an object, each as it goes into the text; `undefined` of a scalar, and of nothing. */
export function partsOf(
  value: unknown,
  explode: boolean,
  encode: (text: string) => string,
): readonly string[] | undefined {
  if (Array.isArray(value)) return value.filter(isThere).map((item) => encode(textOf(item)));
  if (!isObject(value)) return undefined;
  return membersOf(value).flatMap(([name, member]) => {
    const [key, text] = [encode(name), encode(textOf(member))];
    return explode ? [`${key}=${text}`] : [key, text];
  });
}

/** The members of an object that are written. */
export function membersOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, member]) => isThere(member));
}

/** What is null is as undefined as what is not there. https://www.rfc-editor.org/rfc/rfc6570#section-2.3 */
export function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** What is not encoded at all. */
export const asItIs = (text: string): string => text;
