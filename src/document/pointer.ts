import { SpecError } from "./spec-error.ts";

/** A JSON object whose members nobody has looked at yet. */
export type JsonObject = { readonly [member: string]: unknown };

/** Tells whether a parsed JSON value is an object (and neither `null` nor an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A place in the document, as the reference tokens of an RFC 6901 JSON pointer. */
export type Place = readonly string[];

/** An object that stands for another one, perhaps with members of its own. https://spec.openapis.org/oas/v3.1.0#reference-object */
export type Reference = JsonObject & { readonly $ref: string };

/** Whether a value is an object with a `$ref`. */
export function isReference(value: unknown): value is Reference {
  return isObject(value) && typeof value.$ref === "string";
}

/** Writes a place as a JSON pointer. */
export function pointer(place: Place): string {
  return place.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Writes a place as a `$ref` to it: a JSON pointer as the fragment of a URL. */
export function refTo(place: Place): string {
  return `#${encodeURI(pointer(place)).replaceAll("#", "%23").replaceAll("?", "%3F")}`;
}

/** Reads a JSON pointer, or the fragment of a `$ref` that is one (percent-decoded first, then `~1` and `~0`). */
export function placeOf(text: string): Place {
  const written = text.startsWith("#") ? decoded(text.slice(1)) : text;
  return written
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value at a place; `undefined` where there is none. */
export function valueAt(document: unknown, place: Place): unknown {
  let value = document;
  for (const token of place) {
    if (Array.isArray(value)) value = /^\d+$/.test(token) ? value[Number(token)] : undefined;
    else value = isObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
  }
  return value;
}

/** The value that a local `$ref` or pointer names. Throws a `SpecError` where there is none. */
export function lookup(document: unknown, ref: string): unknown {
  if (!ref.startsWith("#"))
    throw new SpecError(`The reference "${ref}" leaves the document; bundle it into one file first.`);
  const value = valueAt(document, placeOf(ref));
  if (value === undefined) throw new SpecError(`The reference "${ref}" names nothing in the document.`);
  return value;
}

/** So many `$ref`s may stand behind each other. */
const mostHops = 50;

/** What stands at a place, and the place where it is defined, behind any `$ref`. Throws a `SpecError` where that is nowhere. */
export function resolvedAt(document: unknown, value: unknown, place: Place): [JsonObject, Place] {
  let [found, at] = [value, place];
  for (let hops = 0; isReference(found); hops++) {
    if (hops > mostHops) throw new SpecError(`The reference "${found.$ref}" leads in a circle.`);
    at = placeOf(found.$ref);
    found = lookup(document, found.$ref);
  }
  return [isObject(found) ? found : {}, at];
}

/** Whether any object in a value has a member of one of these names: the cheap question before a walk that is not. */
export function mentions(value: unknown, names: readonly string[]): boolean {
  if (Array.isArray(value)) return value.some((item) => mentions(item, names));
  if (!isObject(value)) return false;
  if (names.some((name) => name in value)) return true;
  for (const name in value) {
    const member = value[name];
    if (typeof member === "object" && member !== null && mentions(member, names)) return true;
  }
  return false;
}

/** A percent-encoded text as it was meant; itself where it is no such text. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
