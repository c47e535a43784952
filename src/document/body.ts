import { textOf as decoded, isUtf8 } from "#platform";
import { brokenAt } from "./broken-json.ts";
import { createFormCodec, type Encodings } from "./form.ts";
import { deepest, isTooDeep, isTooLarge } from "./json.ts";
import { fromText, type Kind, mayBeScalar, textOf } from "./kind.ts";
import { type BodyFormat, bodyFormatOf, mediaParameter, mediaTypeOf } from "./media-type.ts";
import { createMultipartCodec } from "./multipart.ts";
import { fault, type Reading, reading } from "./reading.ts";

/** Reads the bodies of one entry of a `content`, and writes them. */
export type BodyCodec = {
  /** `undefined` where a schema has nothing to say of such bytes. */
  read(bytes: Uint8Array, contentType: string | undefined): Reading | undefined;
  /** `undefined` where this program writes no such body. */
  write(value: unknown): WrittenBody | undefined;
};

export type WrittenBody = { readonly contentType: string; readonly text: string };

/** Makes the codec of a media type or range, as the document declares it. */
export function createBodyCodec(
  declared: string,
  media: { readonly kind: Kind; readonly encodings: Encodings },
): BodyCodec {
  const { kind, encodings } = media;
  // Most bodies are JSON, which needs none of them.
  let forms: ReturnType<typeof createFormCodec> | undefined;
  let multiparts: ReturnType<typeof createMultipartCodec> | undefined;
  const form = () => {
    forms ??= createFormCodec(kind, encodings);
    return forms;
  };
  const multipart = () => {
    multiparts ??= createMultipartCodec(kind, encodings);
    return multiparts;
  };

  // Nearly all clients of an operation say the same of their bodies.
  let last: { readonly contentType: string | undefined; readonly format: BodyFormat } | undefined;
  const formatOf = (contentType: string | undefined) => {
    if (!last || last.contentType !== contentType) last = { contentType, format: bodyFormatOf(contentType) };
    return last.format;
  };

  return {
    read(bytes, contentType) {
      switch (formatOf(contentType)) {
        case "json":
          return readJson(bytes);
        case "form":
          return reading(form().read(decoded(bytes)));
        case "multipart":
          return multipart().read(bytes, contentType);
        case "text":
          return mayBeScalar(kind) ? readText(bytes, contentType, kind) : undefined;
        default:
          return undefined;
      }
    },
    write(value) {
      switch (bodyFormatOf(declared)) {
        case "json":
          return { contentType: declared, text: JSON.stringify(value) };
        case "form":
          return { contentType: declared, text: form().write(value) };
        case "multipart":
          return multipart().write(value);
        case "text":
          return declared.includes("*") || !mayBeScalar(kind)
            ? undefined
            : { contentType: declared, text: textOf(value) };
        default:
          // No schema tells what an image or an archive is.
          return mediaTypeOf(declared) === "application/octet-stream"
            ? { contentType: declared, text: textOf(value) }
            : undefined;
      }
    },
  };
}

function readText(bytes: Uint8Array, contentType: string | undefined, kind: Kind): Reading {
  const text = decodedBy(bytes, mediaParameter(contentType, "charset"));
  const value = fromText(text, kind);
  return typeof value !== "string" && kind.types.has("string") ? reading(value, text) : reading(value);
}

function decodedBy(bytes: Uint8Array, charset = "utf-8"): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return decoded(bytes);
  }
}

/** The JSON value of a body, or where it stops being one. */
function readJson(bytes: Uint8Array): Reading {
  const text = decoded(bytes);
  if (!isUtf8(bytes)) {
    // Decoding has put U+FFFD where the bytes are no text.
    const position = text.indexOf("\uFFFD");
    return broken(
      "text in UTF-8",
      `byte ${new TextEncoder().encode(text.slice(0, position)).length}`,
      around(text, position),
    );
  }
  if (isTooDeep(text)) return fault(`JSON of at most ${deepest} levels`, around(text, 0), "maxDepth");
  try {
    const value: unknown = JSON.parse(text);
    return isTooLarge(text, value)
      ? fault("JSON whose numbers IEEE 754 has", around(text, 0), "range")
      : reading(value);
  } catch {
    const position = brokenAt(text);
    const lines = text.slice(0, position).split("\n");
    const place = `position ${position} (line ${lines.length}, column ${lines.at(-1)!.length + 1})`;
    return broken("JSON", place, around(text, position));
  }
}

function broken(format: string, place: string, received: string): Reading {
  const expected = `${format}, which it stops being at ${place}`;
  return { ways: [], faults: [{ at: "", keyword: "format", expected, received }] };
}

function around(text: string, position: number): string {
  const [from, to] = [Math.max(0, position - 20), position + 20];
  return `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
}
