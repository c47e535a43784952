import { fromBrackets, fromValues, innerPath, toBrackets } from "./brackets.ts";
import { fromText, type Kind, mayBeList, mayBeObject, mayBeScalar, textOf } from "./kind.ts";
import { decodedPair, encoded, encodedReserved, type Pair } from "./pairs.ts";
import { asItIs, isThere, listsOf, membersOf, partsOf, waysOf } from "./parts.ts";
import { decoded } from "./pointer.ts";
import { fault, type ParameterCodec, type Reading, reading, type Source, type WireParameter } from "./reading.ts";
import { isObject } from "./validator.ts";

/** Reads and writes what stands in a query or in cookies: `form`, `spaceDelimited`, `pipeDelimited`, `deepObject`. */
export function pairsCodec(parameter: WireParameter, isTaken: (name: string) => boolean): ParameterCodec {
  const { in: place, style } = parameter;
  const explode = parameter.explode && style !== "deepObject";
  const decode = place === "query" ? decodedPair : decoded;
  return {
    read(source) {
      const raw = valuesOf(parameter, source);
      if (style === "deepObject") return readDeep(parameter, source, raw.map(decode));
      if (!explode) return raw.length > 1 ? repeated(raw.map(decode)) : readDelimited(parameter, raw[0], decode);
      if (raw.length > 0) return readRepeatable(parameter, raw.map(decode));
      return mayBeObject(parameter.kind)
        ? readMembers(parameter, pairsIn(parameter, source), decode, isTaken)
        : undefined;
    },
    write: (value) => writePairs(parameter, explode, value),
  };
}

function pairsIn({ in: place }: WireParameter, source: Source): readonly Pair[] {
  return place === "query" ? source.query : source.cookies;
}

/** The values under the name of a parameter, as they were sent. */
export function valuesOf(parameter: WireParameter, source: Source): readonly string[] {
  const { name, in: place, explode, kind } = parameter;
  const found: string[] = [];
  for (const [key, raw] of pairsIn(parameter, source)) if (key === name) found.push(raw);
  // To the letter a list in a cookie is `a=1&a=2`, which makes one cookie.
  if (place === "cookie" && explode && found.length === 1 && mayBeList(kind)) return found[0]!.split(`&${name}=`);
  return found;
}

/** What may be given once only. */
export function repeated(received: readonly string[]): Reading {
  return fault("given once", received);
}

function readRepeatable({ kind }: WireParameter, texts: readonly string[]): Reading {
  if (texts.length === 1)
    return reading(...waysOf({ text: texts[0]!, parts: texts, decode: asItIs }, { explode: true, kind }));
  if (mayBeList(kind)) return reading(...listsOf(texts, kind));
  return kind.types.size === 0 && kind.constants.size === 0 ? reading(texts) : repeated(texts);
}

const delimiters: Readonly<Record<string, RegExp>> = {
  form: /,/,
  // Neither may stand in an address as it is.
  spaceDelimited: /%20|\+| /i,
  pipeDelimited: /%7C|\|/i,
};

function readDelimited(
  { style, kind }: WireParameter,
  raw: string | undefined,
  decode: (raw: string) => string,
): Reading | undefined {
  if (raw === undefined) return undefined;
  let delimiter = delimiters[style] ?? delimiters.form!;
  // A comma that is encoded is part of an item, where an item can have one.
  const textual = mayBeScalar(kind) || (mayBeList(kind) && mayBeText(kind.item(0)));
  if (delimiter === delimiters.form && !textual && !raw.includes(",")) delimiter = /%2C/i;
  return reading(...waysOf({ text: raw, parts: raw.split(delimiter), decode }, { explode: false, kind }));
}

function mayBeText({ types, constants }: Kind): boolean {
  return types.has("string") || constants.size > 0 || types.size === 0;
}

/** The members of an exploded object, each under its own name. */
function readMembers(
  { kind }: WireParameter,
  pairs: readonly Pair[],
  decode: (raw: string) => string,
  isTaken: (name: string) => boolean,
): Reading | undefined {
  const members = new Map<string, string[]>();
  for (const [name, raw] of pairs) {
    if (!kind.names.includes(name) && (!kind.open || isTaken(name))) continue;
    const known = members.get(name);
    if (known) known.push(decode(raw));
    else members.set(name, [decode(raw)]);
  }
  if (members.size === 0) return undefined;
  return reading(
    Object.fromEntries([...members].map(([name, texts]) => [name, fromValues(texts, kind.member(name), fromText)])),
  );
}

function readDeep(parameter: WireParameter, source: Source, plain: readonly string[]): Reading | undefined {
  const { name, kind } = parameter;
  const fields = pairsIn(parameter, source).flatMap(([key, raw]) => {
    const path = key.startsWith(`${name}[`) ? innerPath(key.slice(name.length)) : undefined;
    return path ? [{ path, value: decodedPair(raw) }] : [];
  });
  if (fields.length > 0) return reading(fromBrackets(fields, kind, fromText));
  return plain.length > 0 ? readRepeatable({ ...parameter, explode: true }, plain) : undefined;
}

function writePairs(parameter: WireParameter, explode: boolean, value: unknown): string | undefined {
  const { name, style, in: place, allowReserved } = parameter;
  const encode = allowReserved && place === "query" ? encodedReserved : encoded;
  const pair = (key: string, text: string) => `${encoded(key)}=${text}`;
  const joined = (pairs: readonly string[]) =>
    pairs.length > 0 ? pairs.join(place === "query" ? "&" : "; ") : undefined;
  if (!isThere(value)) return undefined;
  if (style === "deepObject" && typeof value === "object")
    return joined(toBrackets(name, value).map(({ path: [key], value: text }) => pair(key!, encode(text))));
  if (explode && isObject(value))
    return joined(
      membersOf(value).flatMap(([key, member]) =>
        (Array.isArray(member) ? member : [member]).map((one) => pair(key, encode(textOf(one)))),
      ),
    );
  const parts = partsOf(value, explode, encode);
  if (parts === undefined) return pair(name, encode(textOf(value)));
  if (explode) return joined(parts.map((part) => pair(name, part)));
  const delimiter = style === "spaceDelimited" ? "%20" : style === "pipeDelimited" ? "%7C" : ",";
  return parts.length > 0 ? pair(name, parts.join(delimiter)) : undefined;
}
