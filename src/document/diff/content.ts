import { isDeepStrictEqual } from "node:util";
import { bodyFormatOf, isJson, isXml, mediaTypeOf } from "../media-type.ts";
import { isObject, type JsonObject } from "../pointer.ts";
import { list } from "../schema.ts";
import { type Direction, resolve, type Side, verdictOf } from "./side.ts";
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
      comparison.walk(was.schema ?? true, is.schema ?? true, direction, where, wireOf(type));
      compareEncoding(comparison, where, { was, is }, type, direction);
    }
    if (kept.length > 0) continue;
    const why = direction === "request" ? "Clients that send it are refused." : "Clients that ask for it get none.";
    tell(comparison, at, owner, "content", { was: type, is: undefined }, breaks(why));
  }
  const known = (type: string) =>
    before.has(type) || (direction === "answer" && [...before.keys()].some((one) => cover(type, one)));
  for (const type of [...after.keys()].filter((type) => !known(type)))
    tell(comparison, at, owner, "content", { was: undefined, is: type }, harmless("Clients of today use another."));
}

/** Everything but JSON writes its values as text, as far as a schema speaks of them. */
function wireOf(type: string): "text" | undefined {
  return isXml(type) || ["form", "multipart", "text"].includes(bodyFormatOf(type)) ? "text" : undefined;
}

/** How the parts of a form are written. https://spec.openapis.org/oas/v3.1.0#encoding-object */
function compareEncoding(comparison: Comparison, at: string, owner: Both, type: string, direction: Direction): void {
  const format = bodyFormatOf(type);
  if (format !== "form" && format !== "multipart") return;
  const of = (side: Side, media: JsonObject | undefined) => encodingsOf(side, media ?? {});
  const [was, is] = [of(comparison.old, owner.was), of(comparison.now, owner.is)];
  if (isDeepStrictEqual(was, is)) return;
  const values = { was: owner.was?.encoding, is: owner.is?.encoding };
  tell(comparison, at, owner, "encoding", values, { ...verdictOf("unknown", direction) });
}

/** What an encoding says beyond what holds without it. */
function encodingsOf(side: Side, media: JsonObject): JsonObject {
  const { properties } = resolve(side, media.schema ?? {});
  const members = isObject(properties) ? properties : {};
  const said = Object.entries(isObject(media.encoding) ? media.encoding : {}).flatMap(([name, encoding]) => {
    if (!isObject(encoding)) return [];
    const { contentType, style, explode, allowReserved, ...rest } = encoding;
    const usual = usualTypeOf(side, members[name]);
    const own: JsonObject = {
      ...rest,
      ...(contentType === undefined || mediaTypeOf(String(contentType)) === usual ? {} : { contentType }),
      ...(style === undefined || style === "form" ? {} : { style }),
      ...(explode === undefined || explode === ((style ?? "form") === "form") ? {} : { explode }),
      ...(allowReserved === true ? { allowReserved } : {}),
    };
    return Object.keys(own).length > 0 ? [[name, own] as const] : [];
  });
  return Object.fromEntries(said);
}

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
