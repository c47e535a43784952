import { parseJson } from "./json.ts";
import { mayBeObject, textOf } from "./kind.ts";
import { bodyFormatOf } from "./media-type.ts";
import { pairsCodec, repeated, valuesOf } from "./pair-styles.ts";
import { decodedPair, encoded } from "./pairs.ts";
import { asItIs, isThere, partsOf, scalars, waysOf } from "./parts.ts";
import { pathCodec } from "./path-styles.ts";
import { decoded } from "./pointer.ts";
import { fault, type ParameterCodec, reading, type Source, type WireParameter } from "./reading.ts";

export type { Fault, ParameterCodec, Reading, Source, WireParameter } from "./reading.ts";

/**
 * Makes the codecs of the parameters of one operation, in their order. They share its query and its cookies, with those names
 * that are `reserved` for something else.
 */
export function createParameterCodecs(
  parameters: readonly WireParameter[],
  reserved: readonly string[] = [],
): readonly ParameterCodec[] {
  return parameters.map((parameter) => {
    const others = parameters.filter((other) => other !== parameter && other.in === parameter.in);
    return createParameterCodec(
      parameter,
      (name) => reserved.includes(name) || others.some((other) => claims(other, name)),
    );
  });
}

/** Makes the codec of one parameter; a name that `isTaken` is that of another one. */
export function createParameterCodec(
  parameter: WireParameter,
  isTaken: (name: string) => boolean = () => false,
): ParameterCodec {
  const { in: place, mediaType } = parameter;
  if (mediaType !== undefined) return contentCodec(parameter, mediaType);
  if (place === "path") return pathCodec(parameter);
  if (place === "header") return headerCodec(parameter);
  return pairsCodec(parameter, isTaken);
}

function claims({ name: own, style, explode, kind }: WireParameter, name: string): boolean {
  if (name === own || (style === "deepObject" && name.startsWith(`${own}[`))) return true;
  return explode && style === "form" && mayBeObject(kind) && kind.names.includes(name);
}

/** Reads and writes what has a media type of its own. */
function contentCodec(parameter: WireParameter, mediaType: string): ParameterCodec {
  const { name, in: place, kind } = parameter;
  const isJson = bodyFormatOf(mediaType) === "json";
  const pairs = place === "query" || place === "cookie";
  return {
    read(source) {
      const texts = pairs
        ? valuesOf(parameter, source).map(place === "query" ? decodedPair : decoded)
        : [textAt(parameter, source)].flatMap((text) => text ?? []);
      const [text] = texts;
      if (text === undefined) return undefined;
      if (texts.length > 1) return repeated(texts);
      if (!isJson) return reading(...scalars(text, kind));
      try {
        return reading(parseJson(text));
      } catch {
        return fault("JSON", text, "format");
      }
    },
    write(value) {
      if (value === undefined) return undefined;
      const text = isJson ? JSON.stringify(value) : textOf(value);
      if (place === "header") return text;
      return pairs ? `${encoded(name)}=${encoded(text)}` : encoded(text);
    },
  };
}

function textAt({ name, in: place }: WireParameter, source: Source): string | undefined {
  if (place === "header") return source.message.header(name.toLowerCase())?.trim();
  const raw = source.message.path(name);
  return raw === undefined ? undefined : decoded(raw);
}

/** Reads and writes what stands in a header: `simple`, and nothing is encoded. */
function headerCodec(parameter: WireParameter): ParameterCodec {
  const name = parameter.name.toLowerCase();
  return {
    read(source) {
      const text = source.message.header(name)?.trim();
      if (text === undefined) return undefined;
      // Empty elements of a list mean nothing: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1.2
      const parts = text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
      return reading(...waysOf({ text, parts, decode: asItIs }, parameter));
    },
    write(value) {
      if (!isThere(value)) return undefined;
      const parts = partsOf(value, parameter.explode, asItIs) ?? [textOf(value)];
      return parts.length > 0 ? parts.join(",") : undefined;
    },
  };
}
