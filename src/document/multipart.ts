import { textOf as decoded, isUtf8, lettersOf } from "#platform";
import type { Encodings } from "./form.ts";
import { fromFields } from "./form.ts";
import { type Kind, textOf } from "./kind.ts";
import { isJson, mediaFor, mediaParameter } from "./media-type.ts";
import type { Fault, Reading } from "./reading.ts";
import { isObject } from "./validator.ts";

type Part = {
  readonly name: string;
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array;
};

/** Reads and writes `multipart/form-data`. https://www.rfc-editor.org/rfc/rfc7578 */
export function createMultipartCodec(kind: Kind, encodings: Encodings) {
  return {
    read(bytes: Uint8Array, contentType: string | undefined): Reading {
      const boundary = mediaParameter(contentType, "boundary");
      if (!boundary) return broken("a boundary in Content-Type", contentType);
      const parts = partsOf(bytes, boundary);
      if (!parts) return broken(`parts between lines of --${boundary}, and --${boundary}-- at the end`, around(bytes));
      const fields = parts.map((part) => ({ name: part.name, value: { text: textIn(part), isJson: saysJson(part) } }));
      return { ways: [fromFields(fields, kind)], faults: parts.flatMap((part) => typeFault(part, encodings)) };
    },
    write(value: unknown): { readonly contentType: string; readonly text: string } {
      const fields = isObject(value) ? Object.entries(value).flatMap(([name, member]) => fieldsOf(name, member)) : [];
      const boundary = boundaryBeside(fields.map(({ text }) => text));
      const parts = fields.map(({ name, text, head }) => {
        const disposition = `Content-Disposition: form-data; name="${escaped(name)}"`;
        return `--${boundary}\r\n${disposition}${head}\r\n\r\n${text}\r\n`;
      });
      return {
        contentType: `multipart/form-data; boundary=${boundary}`,
        text: `${parts.join("")}--${boundary}--\r\n`,
      };
    },
  };

  function saysJson({ name, contentType }: Part): boolean {
    return isJson(contentType ?? encodings.get(name)?.contentType);
  }

  /** The parts of a member: those of a list are its items. */
  function fieldsOf(name: string, value: unknown): { name: string; text: string; head: string }[] {
    const wanted = encodings.get(name)?.contentType?.split(",")[0]?.trim();
    const type = wanted?.includes("*") ? undefined : wanted;
    const [items, inner] =
      Array.isArray(value) && !isJson(type) ? [value, kind.member(name).item(0)] : [[value], kind.member(name)];
    return items
      .filter((item) => item !== undefined && item !== null)
      .map((item) => {
        const isFile = inner.binary || (wanted !== undefined && !isJson(type) && !wanted.startsWith("text/"));
        const own =
          type ?? (isFile ? "application/octet-stream" : typeof item === "object" ? "application/json" : undefined);
        const head = `${isFile ? '; filename="file"' : ""}${own === undefined ? "" : `\r\nContent-Type: ${own}`}`;
        return { name, text: isJson(own) ? JSON.stringify(item) : textOf(item), head };
      });
  }
}

/** What a part says it is, where the document names the types that it may be. */
function typeFault({ name, contentType }: Part, encodings: Encodings): readonly Fault[] {
  const wanted = encodings.get(name)?.contentType;
  if (wanted === undefined || contentType === undefined) return [];
  const types = new Map(wanted.split(",").map((type) => [type.trim(), true]));
  if (mediaFor(types, contentType)) return [];
  return [
    {
      at: `.${name}`,
      keyword: "content",
      expected: `of the type ${[...types.keys()].join(" or ")}`,
      received: contentType,
    },
  ];
}

function broken(expected: string, received: unknown): Reading {
  return { ways: [], faults: [{ at: "", keyword: "format", expected, received }] };
}

function around(bytes: Uint8Array): string {
  return decoded(bytes.subarray(0, 40));
}

/** Bytes that are no text are kept as one letter each. */
function textIn({ bytes }: Part): string {
  return isUtf8(bytes) ? decoded(bytes) : lettersOf(bytes);
}

/** The parts of a body; `undefined` where it has not the form of one. https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1 */
function partsOf(bytes: Uint8Array, boundary: string): readonly Part[] | undefined {
  const letters = lettersOf(bytes);
  const line = `--${boundary}`;
  let at = letters.startsWith(line) ? 0 : letters.indexOf(`\r\n${line}`) + 2;
  if (at === 1) return undefined;
  const parts: Part[] = [];
  for (;;) {
    const after = at + line.length;
    if (letters.startsWith("--", after)) return parts;
    const start = letters.indexOf("\r\n", after);
    const end = start < 0 ? -1 : letters.indexOf(`\r\n${line}`, start);
    if (end < 0) return undefined;
    const part = partOf(bytes.subarray(start, end), letters.slice(start, end));
    if (!part) return undefined;
    parts.push(part);
    at = end + 2;
  }
}

/** A part, which begins with the end of the boundary's line. */
function partOf(bytes: Uint8Array, letters: string): Part | undefined {
  const end = letters.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = decoded(bytes.subarray(0, end));
  const disposition = fieldOf(head, "content-disposition");
  const name = disposition && mediaParameter(disposition, "name");
  if (name === undefined) return undefined;
  return {
    name: unescaped(name),
    fileName: mediaParameter(disposition, "filename"),
    contentType: fieldOf(head, "content-type"),
    bytes: bytes.subarray(end + 4),
  };
}

function fieldOf(head: string, name: string): string | undefined {
  const found = head.split("\r\n").find((line) => line.toLowerCase().startsWith(`${name}:`));
  return found?.slice(name.length + 1).trim();
}

/** https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
function escaped(name: string): string {
  return name.replace(/["\r\n]/g, encodeURIComponent);
}

function unescaped(name: string): string {
  return name.replace(/%(22|0D|0A)/gi, decodeURIComponent);
}

/** A boundary that is in none of the texts. */
function boundaryBeside(texts: readonly string[]): string {
  for (let count = 0; ; count++) {
    const boundary = `understudy-${count}`;
    if (!texts.some((text) => text.includes(boundary))) return boundary;
  }
}
