import { type Field, fromBrackets, pathOf } from "./brackets.ts";
import { parseJson } from "./json.ts";
import { fromText, type Kind, mayBeList, mayBeObject, textOf } from "./kind.ts";
import { isJson } from "./media-type.ts";
import { decodedPair, encoded, type Pair, pairsOf } from "./pairs.ts";
import { isObject } from "./validator.ts";
import { createParameterCodecs, type ParameterCodec, type Source } from "./wire.ts";

/** How a member of a form is written, where the document says so. https://spec.openapis.org/oas/v3.1.0#encoding-object */
export type Encoding = {
  /** One media type or several, ranges among them, with commas between. */
  readonly contentType: string | undefined;
  /** `undefined` where none of `style`, `explode` and `allowReserved` is given: then `contentType` decides. */
  readonly style: string | undefined;
  readonly explode: boolean;
  readonly allowReserved: boolean;
};

export type Encodings = ReadonlyMap<string, Encoding>;

/** A value of a field, and whether it says of itself that it is JSON. */
export type FieldValue = { readonly text: string; readonly isJson: boolean };

/** Reads and writes `application/x-www-form-urlencoded`. */
export function createFormCodec(kind: Kind, encodings: Encodings) {
  const styled = [...encodings].filter(([, { style }]) => style !== undefined);
  const codecs = createParameterCodecs(
    styled.map(([name, { style, explode, allowReserved }]) => {
      const place = { name, in: "query", mediaType: undefined } as const;
      return { ...place, style: style!, explode, allowReserved, kind: kind.member(name) };
    }),
  );
  const codecOf = new Map(styled.map(([name], index) => [name, codecs[index]!]));
  /** Those that are written without their own names: what belongs to them, their members tell. */
  const spread = new Set(styled.flatMap(([name, { style, explode }]) => (style === "form" && explode ? [name] : [])));

  return {
    read(text: string): Record<string, unknown> {
      const pairs = pairsOf(text);
      const owned = new Map<string, Pair[]>();
      for (const pair of pairs) {
        const owner = ownerOf(pair[0]);
        const known = owned.get(owner);
        if (known) known.push(pair);
        else owned.set(owner, [pair]);
      }
      const value: Record<string, unknown> = {};
      for (const [name, codec] of codecOf) {
        const own = spread.has(name) && mayBeObject(kind.member(name)) ? pairs : owned.get(name);
        const found = own && readStyled(codec, own);
        if (found !== undefined) define(value, name, found);
      }
      const rest = pairs.filter(([name]) => !codecOf.has(ownerOf(name)) && !isMember(name));
      const fields = rest.map(([name, raw]) => {
        const json = isJson(encodings.get(name)?.contentType);
        return { name, value: { text: decodedPair(raw), isJson: json } };
      });
      return { ...fromFields(fields, kind), ...value };
    },
    write(value: unknown): string {
      if (!isObject(value)) return "";
      return Object.entries(value)
        .flatMap(([name, member]) => codecOf.get(name)?.write(member) ?? plainPairs(name, member, codecOf.has(name)))
        .join("&");
    },
  };

  /** The member that a field belongs to: the one of that name, else the one before the brackets. */
  function ownerOf(name: string): string {
    return codecOf.has(name) ? name : pathOf(name)[0]!;
  }

  /** Whether a name is that of a member of an object that is written without its own name. */
  function isMember(name: string): boolean {
    return styled.some(([owner, { style, explode }]) => {
      const inner = kind.member(owner);
      return style === "form" && explode && mayBeObject(inner) && inner.names.includes(name);
    });
  }
}

function readStyled(codec: ParameterCodec, query: readonly Pair[]): unknown {
  const source: Source = { message: { path: () => undefined, header: () => undefined }, query, cookies: [] };
  const found = codec.read(source);
  // What was given more than once is no value of its schema either.
  return found && (found.ways.length > 0 ? found.ways[0] : found.faults[0]?.received);
}

/** The pairs of a member whose style nobody has named: a list by its items, an object as JSON. */
function plainPairs(name: string, value: unknown, isStyled: boolean): readonly string[] {
  if (isStyled || value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value])
    .filter((item) => item !== undefined && item !== null)
    .map((item) => `${encoded(name)}=${encoded(textOf(item))}`);
}

/** The object that fields stand for; brackets in their names lead further down, unless the schema has the name as it is. */
export function fromFields(
  fields: readonly { readonly name: string; readonly value: FieldValue }[],
  kind: Kind,
): Record<string, unknown> {
  const members = new Map<string, Field<FieldValue>[]>();
  const names = new Set(kind.names);
  for (const { name, value } of fields) {
    const [owner, ...path] = names.has(name) ? [name] : pathOf(name);
    const known = members.get(owner!);
    if (known) known.push({ path, value });
    else members.set(owner!, [{ path, value }]);
  }
  const value: Record<string, unknown> = {};
  for (const [name, own] of members) define(value, name, readMember(own, kind.member(name)));
  return value;
}

function readMember(fields: readonly Field<FieldValue>[], kind: Kind): unknown {
  const [only] = fields;
  if (fields.length === 1 && only!.path.length === 0 && only!.value.isJson && mayBeList(kind)) {
    const list = readField(only!.value, kind);
    if (Array.isArray(list)) return list;
  }
  return fromBrackets(fields, kind, readField);
}

function readField({ text, isJson }: FieldValue, kind: Kind): unknown {
  if (!isJson) return fromText(text, kind);
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** Sets a member whatever its name: `__proto__` is a name like any other. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}
