/** The media type of a `Content-Type` header or of a key of `content`, without its parameters; `""` where there is none. */
export function mediaTypeOf(text: string | null | undefined): string {
  return (text ?? "").split(";", 1)[0]!.trim().toLowerCase();
}

/** A parameter of a media type, such as `charset` or `boundary`, without its quotes; `undefined` where there is none. */
export function mediaParameter(text: string | undefined, name: string): string | undefined {
  return parametersOf(text ?? "").get(name);
}

/** How a body of a media type is read; `bytes` where that is nothing a schema speaks of. */
export type BodyFormat = "json" | "form" | "multipart" | "text" | "bytes";

/** How a body of a media type is read. */
export function bodyFormatOf(contentType: string | undefined): BodyFormat {
  const type = mediaTypeOf(contentType);
  if (isJson(type)) return "json";
  if (type === "application/x-www-form-urlencoded") return "form";
  if (type === "multipart/form-data") return "multipart";
  return type.startsWith("text/") ? "text" : "bytes";
}

/** Whether a media type is that of JSON texts. */
export function isJson(contentType: string | null | undefined): boolean {
  return /[/+]json$/.test(mediaTypeOf(contentType));
}

/** Whether a media type is that of XML documents. */
export function isXml(contentType: string | null | undefined): boolean {
  return /[/+]xml$/.test(mediaTypeOf(contentType));
}

/**
 * The media types that an `Accept` takes, in the order in which it wants them: by their `q`, then those that it names before those
 * that fall under a range. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function inAcceptedOrder(types: readonly string[], accept: string): readonly string[] {
  const ranges = accept.split(",").map((text, index) => {
    const quality = Number(mediaParameter(text, "q") ?? 1);
    return { range: text.replace(/;\s*q\s*=[^;]*/i, ""), quality: Number.isNaN(quality) ? 1 : quality, index };
  });
  const found = types.flatMap((type) => {
    const fitting = ranges
      .map((range) => ({ ...range, type, closeness: closenessOf(range.range, type) }))
      .filter(({ closeness }) => closeness > 0)
      .sort((a, b) => b.closeness - a.closeness);
    return fitting[0] && fitting[0].quality > 0 ? [fitting[0]] : [];
  });
  return found
    .sort((a, b) => b.quality - a.quality || b.closeness - a.closeness || a.index - b.index)
    .map(({ type }) => type);
}

/**
 * The entry of a `content` that a media type falls under, the most specific one first: the same type with the same parameters,
 * the same type, a range that covers it. `undefined` where none does.
 * https://spec.openapis.org/oas/v3.1.0#response-object
 */
export function mediaFor<T>(
  content: ReadonlyMap<string, T>,
  contentType: string | undefined,
): readonly [declared: string, media: T] | undefined {
  const received = contentType ?? "";
  let best: readonly [string, T] | undefined;
  let most = 0;
  for (const entry of content) {
    const closeness = closenessOf(entry[0], received);
    if (closeness > most) [best, most] = [entry, closeness];
  }
  return best;
}

/** How closely a declared media type or range fits one that was received; 0 where it does not cover it. */
function closenessOf(declared: string, received: string): number {
  const [wanted, type] = [mediaTypeOf(declared), mediaTypeOf(received)];
  if (wanted === "*/*" || wanted === "*") return 1;
  if (type === "") return 0;
  const [kind, name = ""] = wanted.split("/");
  if (wanted !== type) {
    const covered = type.startsWith(`${kind}/`) && name.startsWith("*") && type.endsWith(name.slice(1));
    return covered ? 1 + name.length : 0;
  }
  const [own, others] = [parametersOf(declared), parametersOf(received)];
  const differs = [...own].some(([parameter, value]) => others.get(parameter)?.toLowerCase() !== value.toLowerCase());
  // More parameters that are the same fit more closely; those that differ do not make it another type.
  return differs ? 1000 : 1001 + own.size;
}

function parametersOf(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(/;\s*([^\s;=]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g))
    parameters.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain!.trim());
  return parameters;
}
