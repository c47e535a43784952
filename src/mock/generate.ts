import { hash } from "node:crypto";
import { type Answer, jsonAnswer } from "../document/answer.ts";
import { isJson, mediaTypeOf } from "../document/media-type.ts";
import { Problem } from "../document/problem.ts";
import type { Making } from "../document/sample/run.ts";
import type { Schemas } from "../document/sample/schemas.ts";
import { createAlternatives } from "../document/schema.ts";
import type { Check, Header, MediaType, Operation, ResponseDescription, Spec } from "../document/spec.ts";
import { isObject, type JsonObject, lookup, pointer } from "../document/validator.ts";
import { createParameterCodec } from "../document/wire.ts";
import { toXml } from "./xml.ts";

/** Makes up the answer of an operation; the same for the same path. */
export type Generator = (operation: Operation, path: string) => Promise<Answer>;

/** How often to try for a value that the validators accept. */
const attempts = 4;

/** Answers operations from their first declared success, else redirection: its example, or else a value made from its schema. */
export function createGenerator(spec: Spec, seed: number): Generator {
  // Made at its first use, with the libraries behind it: most runs never do.
  let maker: Promise<Maker> | undefined;
  const value: Maker = async (...given) => {
    maker ??= createMaker(spec);
    return (await maker)(...given);
  };
  return async function generate(operation, path) {
    const generated = { "X-Mock-Generated": "true" };
    const response = responseOf(operation);
    if (!response) return { status: operation.method === "GET" ? 200 : 204, headers: generated, body: null };
    const status = statusOf(response);
    const seedText = `${seed} ${operation.method} ${path}`;
    const headers = { ...(await headersOf(spec, operation, response, value, seedText)), ...generated };
    const content = contentOf(response);
    if (!content || [204, 205, 304].includes(status)) return { status, headers, body: null };
    const [type, media] = content;
    const example = media.examples.find((given) => accepts(media.check, given));
    const made = example === undefined ? await value(media, seedText) : { value: example };
    if ("value" in made) return answerOf(status, type, writtenOf(spec, type, media, made.value), headers);
    const place = `#${pointer(response.place)}/content/${type.replace("/", "~1")}`;
    throw new Problem("example_needed", {
      message: `No valid answer to ${operation.id} could be made from the schema of its ${response.status} response: ${made.reason}.`,
      hint: `Add an example under ${place} of the document.`,
    });
  };
}

/** The answer that is declared for when all goes well; else the first that is declared at all. */
function responseOf(operation: Operation): ResponseDescription | undefined {
  for (const wanted of [/^2(\d\d|XX)$/, /^3(\d\d|XX)$/, /^default$/, /^/])
    for (const [status, response] of operation.responses) if (wanted.test(status)) return response;
  return undefined;
}

function statusOf({ status }: ResponseDescription): number {
  return Number(status.replace("default", "200").replace("3XX", "302").replace("XX", "00"));
}

/** The content of a response: JSON where there is any, for whatever a schema says can be said in it. */
function contentOf(response: ResponseDescription): readonly [string, MediaType] | undefined {
  const all = [...response.content];
  return all.find(([type]) => isJson(type)) ?? all[0];
}

/** A value as its media type writes it, where that is a text; else the value. */
function writtenOf(spec: Spec, type: string, media: MediaType, value: unknown): unknown {
  if (!/[/+]xml$/.test(mediaTypeOf(type)) || typeof value === "string") return value;
  return toXml(value, schemaAt(spec, media.place), createAlternatives(spec.validators.document));
}

/** What to send for a range of media types, which is none itself. https://www.rfc-editor.org/rfc/rfc9110#section-8.3 */
const ofRanges: Readonly<Record<string, string>> = {
  "*/*": "application/json",
  "application/*": "application/json",
  "text/*": "text/plain",
  "image/*": "image/png",
};

function answerOf(status: number, declared: string, value: unknown, headers: Readonly<Record<string, string>>): Answer {
  const type = ofRanges[mediaTypeOf(declared)] ?? declared.replace(/\/\*/, "/octet-stream");
  const answer = jsonAnswer(status, value, { ...headers, "Content-Type": type });
  return typeof value === "string" && !isJson(type) ? { ...answer, body: value } : answer;
}

/** What the sending of a body decides, and no document. */
const wireHeader = /^(content-.*|transfer-encoding|connection)$/i;

/** The headers that an answer must have; of a redirection, which says all that it says by them, every declared one. */
async function headersOf(
  spec: Spec,
  operation: Operation,
  response: ResponseDescription,
  value: Maker,
  seed: string,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, header] of response.headers) {
    const { required, place, check } = header;
    if (!required && (!response.status.startsWith("3") || wireHeader.test(name))) continue;
    const description = lookup(spec.document, `#${encodeURI(pointer(place))}`) as JsonObject;
    const { schema } = description;
    const example = examplesOf(description).find((given) => schema === undefined || accepts(check, given));
    const made =
      example !== undefined
        ? { value: example }
        : schema === undefined
          ? { reason: "it has none" }
          : await value({ place: [...place, "schema"], check }, seed);
    if ("value" in made) headers[name] = written(header, made.value);
    else if (required) {
      throw new Problem("example_needed", {
        message: `No valid answer to ${operation.id} could be made from the schema of the header ${name} of its ${response.status} response.`,
        hint: `Add an example under #${pointer(place)} of the document.`,
      });
    }
  }
  return headers;
}

function examplesOf({ example, examples }: JsonObject): readonly unknown[] {
  const named = Object.values(isObject(examples) ? examples : {}).filter(isObject);
  return [...(example === undefined ? [] : [example]), ...named.flatMap((one) => ("value" in one ? [one.value] : []))];
}

/** A value as a header says it, in letters that HTTP knows. */
function written(header: Header, value: unknown): string {
  const text = createParameterCodec(header).write(value) ?? "";
  return text.replace(/[^\t\x20-\x7e]+/g, encodeURIComponent);
}

/** Makes a value that its check accepts, or says why it cannot. */
type Maker = (
  media: Pick<MediaType, "place" | "check">,
  seed: string,
) => Promise<{ readonly value: unknown } | { readonly reason: string }>;

async function createMaker(spec: Spec): Promise<Maker> {
  const [{ faker }, { likely }, { createSchemas }] = await Promise.all([
    import("@faker-js/faker/locale/en"),
    import("../document/sample/sample.ts"),
    import("../document/sample/schemas.ts"),
  ]);
  const schemas: Schemas = createSchemas(spec.validators.document);
  return async ({ place, check }, seed) => {
    const schema = schemaAt(spec, place);
    if (schema === undefined) return { value: {} };
    let reason: string | undefined;
    // A member that has no place in answers is sent only where no answer would be valid without it.
    for (const view of ["answer", undefined] as const) {
      const making: Making = { schemas, known: () => undefined, view };
      for (let attempt = 0; attempt < attempts; attempt++) {
        const number = Number.parseInt(hash("sha256", `${seed} ${attempt}`).slice(0, 8), 16);
        const made = likely(schema, making, number, faker);
        if (made.reason !== undefined) {
          reason ??= made.reason;
          break;
        }
        if (accepts(check, made.value)) return made;
        reason ??= "the validators refuse what was found";
      }
    }
    return { reason: reason ?? "none was found" };
  };
}

/** The schema at a place; `undefined` where the document has none. */
function schemaAt(spec: Spec, place: readonly string[]): unknown {
  const owner = lookup(spec.validators.document, `#${encodeURI(pointer(place.slice(0, -1)))}`);
  return isObject(owner) ? owner[place.at(-1)!] : undefined;
}

/** Whether a check accepts a value; one that cannot be made of its schema says nothing. */
function accepts(check: Check, value: unknown): boolean {
  try {
    return check(value).length === 0;
  } catch {
    return true;
  }
}
