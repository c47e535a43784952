import { isDeepStrictEqual } from "node:util";
import { bodyFormatOf, isJson, isXml, mediaTypeOf } from "../media-type.ts";
import { isObject, type JsonObject } from "../pointer.ts";
import { list } from "../schema.ts";
import { isSilent } from "./schema/rules.ts";
import type { Wire } from "./schema/step.ts";
import { type Direction, type Effect, listOf, objectOf, resolve, type Side, verdictOf } from "./side.ts";
import { type Both, breaks, type Comparison, harmless, tell } from "./tell.ts";

/** Media types. https://spec.openapis.org/oas/v3.1.0#media-type-object */
export function compareContent(comparison: Comparison, at: string, owner: Both, direction: Direction): void {
  const [before, after] = [contentOf(owner.was), contentOf(owner.is)];
  // A request is taken by whatever covers it; of an answer, one under the range that was promised is what was promised.
  const cover = (type: string, range: string) => covers(range, type);
  for (const [type, was] of before) {
    const others = [...after.keys()].filter((other) =>
      direction === "request" ? cover(type, other) : cover(other, type),
    );
    const kept = after.has(type) ? [type] : others;
    for (const other of kept) {
      const where = `${at} body${before.size > 1 ? ` (${type})` : ""}`;
      const is = after.get(other)!;
      const schemas = [schemaOf(comparison.old, was, type), schemaOf(comparison.now, is, type)] as const;
      comparison.walk(...schemas, direction, where, { wire: wireOf(type), given: owner.was?.required === true });
      // https://spec.openapis.org/oas/v3.2.0#media-type-object
      comparison.walk(was.itemSchema ?? true, is.itemSchema ?? true, direction, `${where}[]`);
      compareEncoding(comparison, where, { was, is }, type, direction);
    }
    if (kept.length > 0) continue;
    const why = direction === "request" ? "Clients that send it are refused." : "Clients that ask for it get none.";
    tell(comparison, at, owner, "content", { was: type, is: undefined }, breaks(why));
  }
  const known = (type: string) =>
    before.has(type) || (direction === "answer" && [...before.keys()].some((one) => cover(type, one)));
  const none = before.size === 0 && direction === "request";
  const verdict = none ? breaks("Clients of today send none.") : harmless("Clients of today use another.");
  for (const type of [...after.keys()].filter((type) => !known(type)))
    tell(comparison, at, owner, "content", { was: undefined, is: type }, verdict);
}

/** Everything but JSON writes its values as text, as far as a schema speaks of them. */
function wireOf(type: string): Wire {
  if (isXml(type)) return "xml";
  return ["form", "multipart", "text"].includes(bodyFormatOf(type)) ? "text" : undefined;
}

/** What a media type says of its values. Of bytes a schema says no more than that they are bytes, and may as well not be there. */
function schemaOf(side: Side, media: JsonObject, type: string): unknown {
  const { schema = true } = media;
  if (bodyFormatOf(type) !== "bytes" || isXml(type)) return schema;
  const { type: kind, format, contentMediaType, ...rest } = resolve(side, schema);
  const bytes = kind === "string" && (format === "binary" || (format === undefined && contentMediaType !== undefined));
  return bytes && Object.keys(rest).every(isSilent) ? true : schema;
}

/** How the parts of a form are written. https://spec.openapis.org/oas/v3.1.0#encoding-object */
function compareEncoding(comparison: Comparison, at: string, owner: Both, type: string, direction: Direction): void {
  const format = bodyFormatOf(type);
  if (format !== "form" && format !== "multipart") return;
  const [was, is] = [encodingsOf(comparison.old, owner.was ?? {}), encodingsOf(comparison.now, owner.is ?? {})];
  for (const name of new Set([...Object.keys(was.said), ...Object.keys(is.said)])) {
    // A part that is none says nothing, and one that comes or goes is told by itself.
    if (!was.has(name) || !is.has(name)) continue;
    const effect = encodingEffect(was.of(name), is.of(name), direction);
    const values = { was: was.said[name], is: is.said[name] };
    if (effect) tell(comparison, `${at}.${name}`, owner, "encoding", values, verdictOf(effect, direction));
  }
}

/** How a part is written. */
type Encoding = { readonly types: readonly string[]; readonly form: JsonObject; readonly headers: JsonObject };

function encodingEffect(was: Encoding, is: Encoding, direction: Direction): Effect | undefined {
  const within = (few: Encoding, many: Encoding) =>
    few.types.every((type) => many.types.some((range) => covers(range, type)));
  const [forth, back] = [within(was, is), within(is, was)];
  if (!isDeepStrictEqual(was.form, is.form) || !(forth || back)) return "different";
  if (forth && back) return headersEffect(was.headers, is.headers, direction);
  return headersEffect(was.headers, is.headers, direction) ? "different" : forth ? "wider" : "narrower";
}

/** The headers of a part: a new one that may be left out hurts nobody, and neither does one more that an answer has. */
function headersEffect(was: JsonObject, is: JsonObject, direction: Direction): Effect | undefined {
  if (isDeepStrictEqual(was, is)) return undefined;
  const [kept, free] = [Object.entries(was), Object.entries(is).filter(([name]) => !(name in was))];
  const same = kept.every(([name, header]) => isDeepStrictEqual(header, is[name]));
  const mayLack = free.every(([, header]) => direction === "answer" || !(isObject(header) && header.required === true));
  return same && mayLack ? "harmless" : "unknown";
}

/** What the encodings of a form say, part by part, and what holds where they say nothing. */
function encodingsOf(side: Side, media: JsonObject) {
  const members = media.schema === undefined ? undefined : membersOf(side, media.schema);
  const said = objectOf(media.encoding);
  return {
    said,
    has: (name: string) => members === undefined || name in members,
    of(name: string): Encoding {
      const { contentType, style = "form", explode, allowReserved, headers } = objectOf(said[name]);
      const schema = members?.[name];
      const types = contentType === undefined ? [usualTypeOf(side, schema)] : String(contentType).split(",");
      const single = schema !== undefined && isSingle(resolve(side, schema));
      const form = { style, explode: single || (explode ?? style === "form"), allowReserved: allowReserved === true };
      return { types: types.map((type) => plainType(type.trim())), form, headers: objectOf(headers) };
    },
  };
}

/** The members of an object, those of its parts too. */
function membersOf(side: Side, schema: unknown, around: readonly unknown[] = []): JsonObject {
  const found = resolve(side, schema);
  const parts = Array.isArray(found.allOf) && !around.includes(found) ? found.allOf : [];
  const inner = parts.map((part) => membersOf(side, part, [...around, found]));
  return Object.assign({}, ...inner, objectOf(found.properties));
}

/** Whether a value is no list and no object. */
export function isSingle(schema: JsonObject | undefined): boolean {
  return listOf(schema?.type).every((type) => singleTypes.includes(String(type)));
}

const singleTypes = ["boolean", "integer", "null", "number", "string"];

function usualTypeOf(side: Side, given: unknown): string {
  const schema = isObject(given) ? resolve(side, given) : {};
  const [type] = list(schema.type).filter((one) => one !== "null");
  if (type === "array") return usualTypeOf(side, schema.items);
  if (type === "object") return "application/json";
  return schema.format === "binary" || schema.contentEncoding !== undefined || type === undefined
    ? "application/octet-stream"
    : "text/plain";
}

/** Whether all that is of a media type is of a range too, or of one with fewer parameters. */
function covers(range: string, type: string): boolean {
  const [wide, narrow] = [mediaTypeOf(range), mediaTypeOf(type)];
  if (wide === narrow) return !range.includes(";");
  return wide === "*/*" || (wide.endsWith("/*") && narrow.startsWith(wide.slice(0, -1)));
}

function contentOf(owner: JsonObject | undefined): Map<string, JsonObject> {
  const content = isObject(owner?.content) ? owner.content : {};
  return new Map(
    Object.entries(content).flatMap(([type, media]) => (isObject(media) ? [[plainType(type), media]] : [])),
  );
}

/** A media type as others write it too. JSON knows no charset, and that of texts is UTF-8 where nothing is said. */
function plainType(text: string): string {
  const [, ...given] = text.toLowerCase().split(";");
  const parameters = given
    .map((parameter) =>
      parameter
        .trim()
        .replaceAll('"', "")
        .replace(/\s*=\s*/, "="),
    )
    .filter(
      (parameter) =>
        parameter !== "" && !(isJson(text) ? parameter.startsWith("charset=") : parameter === "charset=utf-8"),
    );
  return [mediaTypeOf(text), ...parameters.sort()].join("; ");
}
