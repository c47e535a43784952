import { type Answer, jsonAnswer } from "./answer.ts";
import { writtenHeader } from "./header.ts";
import { once, remembering } from "./late.ts";
import { isJson, isXml, mediaTypeOf } from "./media-type.ts";
import { type Code, type Detail, type Problem, refusals } from "./problem.ts";
import { simplest } from "./sample/sample.ts";
import { createSchemas } from "./sample/schemas.ts";
import { type Alternatives, createAlternatives, propertiesOf, requiredOf, typesOf } from "./schema.ts";
import { declaredResponse, type MediaType, type Operation, type ResponseDescription, type Spec } from "./spec.ts";
import { isObject, type JsonObject, valueAt } from "./validator.ts";
import { toXml } from "./xml.ts";

/** Answers a refused request as the document would have it; without an operation, where its path or method is none. */
export type Refuser = (problem: Problem, operation?: Operation) => Answer;

/** The declared statuses that say a thing, the nearest first. */
const nearest: Partial<Record<Code, readonly number[]>> = {
  VALIDATION_ERROR: [400, 422],
  unauthorized: [401, 403],
  conflict: [409, 422, 400],
};

/** How many levels of a schema are filled: an error within the details of an error. */
const deepest = 4;

/**
 * Makes what refuses requests in the document's own words: the declared status nearest to the reason, its media type, and its
 * schema filled with the message where a member is for one. What an operation does not declare is said as others declare it;
 * where none does, as RFC 9457 has it.
 */
export function createRefuser(spec: Spec): Refuser {
  const { document } = spec.validators;
  const schemas = once(() => createSchemas(document));
  const words: Words = {
    alternatives: createAlternatives(document),
    sample: (schema) => simplest(schema, { schemas: schemas(), known: () => undefined }),
  };
  const usual = once(() => usualRefusals(spec));
  const fillOf = (said: Sayable | undefined) => said && createFill(said, valueAt(document, said.media.place), words);
  const ownFillOf = remembering((own: ResponseDescription | undefined) => fillOf(sayable(own) ?? foreign(own)));
  const usualFillOf = remembering((status: string) =>
    fillOf(sayable(usual().get(status)) ?? sayable(usual().get("any"))),
  );
  const needsOf = remembering((own: ResponseDescription) => neededHeaders(document, own, words));

  return function refuse(problem, operation) {
    const status = operation ? statusOf(problem, operation) : problem.status;
    const own = operation && declaredResponse(operation, status);
    const needed = own ? lacking(needsOf(own), problem) : [];
    if (own && own.content.size === 0)
      return { status, headers: { ...Object.fromEntries(needed), ...problem.options.headers }, body: null };
    const fill = ownFillOf(own) ?? usualFillOf(`${status}`);
    const answer = fill?.(problem, status) ?? problemJson(problem, status);
    if (needed.length === 0) return answer;
    return { ...answer, headers: { ...Object.fromEntries(needed), ...answer.headers } };
  };
}

type Header = readonly [name: string, text: string];

/** The headers that a declared refusal must have. */
function neededHeaders(document: JsonObject, { headers }: ResponseDescription, { sample }: Words): readonly Header[] {
  return [...headers].flatMap(([name, header]) => {
    if (!header.required) return [];
    const fitting = header.examples.find((example) => header.check(example).length === 0);
    const value = fitting ?? (header.schema && sample(valueAt(document, header.schema)));
    return value === undefined ? [] : [[name, writtenHeader(header, value)] as const];
  });
}

/** Those of some headers that a problem does not bring. */
function lacking(headers: readonly Header[], { options }: Problem): readonly Header[] {
  if (headers.length === 0) return headers;
  const given = Object.keys(options.headers ?? {}).map((name) => name.toLowerCase());
  return headers.filter(([name]) => !given.includes(name.toLowerCase()));
}

/** The status of a refusal: one that the operation declares for the reason, else that of the reason itself. */
function statusOf({ reason, status, options }: Problem, { responses }: Operation): number {
  if (options.as) return status;
  const wanted = nearest[reason] ?? [status];
  return wanted.find((one) => responses.has(String(one))) ?? status;
}

/** The refusals of all operations, the most usual of each status; under `any` the most usual of all. */
function usualRefusals({ operations }: Spec): ReadonlyMap<string, ResponseDescription> {
  const counts = new Map<string, Map<string, { count: number; response: ResponseDescription }>>();
  const count = (status: string, response: ResponseDescription) => {
    const known = counts.get(status) ?? new Map<string, { count: number; response: ResponseDescription }>();
    const place = response.place.join("/");
    known.set(place, { count: (known.get(place)?.count ?? 0) + 1, response });
    counts.set(status, known);
  };
  for (const { responses } of operations) {
    for (const [status, response] of responses) {
      if (!/^([45]..|default)$/.test(status) || !sayable(response)) continue;
      count(status, response);
      count("any", response);
    }
  }
  const most = (known: Map<string, { count: number; response: ResponseDescription }>) =>
    [...known.values()].reduce((a, b) => (b.count > a.count ? b : a)).response;
  return new Map([...counts].map(([status, known]) => [status, most(known)]));
}

type Sayable = { readonly type: string; readonly media: MediaType };

/** How a declared refusal can be said: as JSON, else as XML, else as text. */
function sayable(response: ResponseDescription | undefined): Sayable | undefined {
  const declared = [...(response?.content ?? [])];
  const found =
    declared.find(([type]) => isJson(type)) ??
    declared.find(([type]) => isXml(type)) ??
    declared.find(([type]) => /^(text\/|\*\/\*|application\/\*)/.test(type));
  if (!found) return undefined;
  const [type, media] = found;
  return { type: type.includes("*") ? "application/json" : type, media };
}

/** What is none of those, and declared all the same: such as a form of several parts, of which one is JSON. */
function foreign(response: ResponseDescription | undefined): Sayable | undefined {
  const [found] = [...(response?.content ?? [])].filter(([type]) => !type.includes("*"));
  return found && { type: found[0], media: found[1] };
}

type Refused = { readonly problem: Problem; readonly status: number; readonly detail?: Detail };

/** Says a refusal in one media type; `undefined` where its schema takes nothing that could be said. */
type Fill = (problem: Problem, status: number) => Answer | undefined;

function createFill({ type, media }: Sayable, schema: unknown, words: Words): Fill {
  const isOfParts = /^multipart\//.test(type);
  const isText = !isJson(type) && !isXml(type) && !isOfParts;
  const isProblem = mediaTypeOf(type) === "application/problem+json";
  const writers = once(() => words.alternatives(schema).map((plain) => writerFor(plain, "error", words, 0)));
  const fits = (value: unknown) => value !== undefined && media.check(value).length === 0;
  const sampled = once(() => [...media.examples, words.sample(schema)].find(fits));

  return (problem, status) => {
    const headers = { "Content-Type": type, ...problem.options.headers };
    const whole = inOne(problem);
    const message = whole?.message ?? problem.message;
    if (isText) return { status, headers, body: `${message}\n` };
    const answer = (value: unknown) => {
      if (isXml(type)) return { status, headers, body: toXml(value, schema, words.alternatives) };
      const said = jsonAnswer(status, value, headers);
      return isOfParts ? inOnePart(said, type) : said;
    };
    for (const write of writers()) {
      const listed = write({ problem, status });
      const isTold = !whole || tells(listed, problem);
      const said = isTold ? [listed] : [write({ problem, status, detail: whole }), listed];
      const values = isProblem ? said.flatMap((one) => [withDetail(one, message), one]) : said;
      const value = values.find(fits);
      if (value !== undefined) return answer(value);
    }
    const example = sampled();
    return example === undefined ? undefined : answer(example);
  };
}

/** What is said in JSON as the one part of several that there may be. https://www.rfc-editor.org/rfc/rfc2046#section-5.1 */
function inOnePart(answer: Answer, type: string): Answer {
  const boundary = "understudy-part";
  const body = `--${boundary}\r\nContent-Type: application/json\r\n\r\n${answer.body}\r\n--${boundary}--\r\n`;
  return { ...answer, headers: { ...answer.headers, "Content-Type": `${type}; boundary=${boundary}` }, body };
}

/** A problem with the member that tells of this one, which its media type has where its schema names none. */
function withDetail(said: unknown, message: string): unknown {
  return isObject(said) ? { detail: message, ...said } : said;
}

/** The most that one message tells of what is wrong. */
const mostTold = 3;

/** All that is wrong as one detail, for a schema that has no place for a list; `undefined` where no more is known than the message. */
function inOne({ code, options: { details = [] } }: Problem): Detail | undefined {
  const [first] = details;
  if (!first) return undefined;
  if (details.length === 1) return { ...first, code };
  const more = details.length - mostTold;
  const told = details.slice(0, mostTold).map(({ message }) => message);
  return { message: [...told, ...(more > 0 ? [`And ${more} more.`] : [])].join(" "), code };
}

/** Whether what is said of a refusal holds its first detail somewhere. */
function tells(said: unknown, { options: { details = [] } }: Problem): boolean {
  const [first] = details;
  return !first || holds(said, first.message) || holds(said, first.code);
}

function holds(value: unknown, text: string): boolean {
  if (typeof value !== "object" || value === null) return value === text;
  return Object.values(value).some((member) => holds(member, text));
}

/** What the words of a document are found by. */
type Words = {
  readonly alternatives: Alternatives;
  /** A value for a member that must be there and that nothing is known for. */
  readonly sample: (schema: unknown) => unknown;
};

/** Writes what a member says of a refusal; `undefined` where it says nothing of it. */
type Writer = (refused: Refused) => unknown;

const silent: Writer = () => undefined;

/** Makes what writes a member of this name and schema: of each document once, for refusals are many. */
function writerFor(plain: JsonObject, name: string, words: Words, depth: number): Writer {
  const types = typesOf(plain);
  const may = (type: string) => types.length === 0 || types.includes(type);
  const { enum: values } = plain;
  if ("const" in plain) return () => plain.const;
  if (Array.isArray(values)) return (refused) => closestOf(values, name, refused);
  if (types.includes("object") || (types.length === 0 && depth === 0))
    return depth > deepest ? silent : objectWriter(plain, words, depth);
  if (types.includes("array")) return depth > deepest ? silent : listWriter(plain, name, words, depth);
  const [isText, isNumber] = [may("string"), (may("integer") || may("number")) && /status|code$/i.test(name)];
  return (refused) => (isText ? textFor(name, refused) : undefined) ?? (isNumber ? refused.status : undefined);
}

function objectWriter(plain: JsonObject, words: Words, depth: number): Writer {
  const properties = propertiesOf(plain);
  if (Object.keys(properties).length === 0) return freeObject;
  const required = new Set(requiredOf(plain));
  const unnamed = [...required].filter((name) => !(name in properties));
  const members = once(() =>
    Object.entries(properties).map(([name, schema]) => {
      const forms = openOf(words.alternatives(schema));
      const isWanted =
        required.has(name) || /^(error|errors|details?|issues|violations)$/i.test(name) || isPlainKind(forms);
      const write = isWanted ? firstOf(forms.map((form) => writerFor(form, name, words, depth + 1))) : silent;
      const sampled = once(() => (required.has(name) ? words.sample(schema) : undefined));
      return [name, (refused: Refused) => write(refused) ?? sampled()] as const;
    }),
  );
  return (refused) => {
    const value: Record<string, unknown> = {};
    for (const [name, write] of members()) {
      const member = write(refused);
      if (member !== undefined) value[name] = member;
    }
    for (const name of unnamed) value[name] = textFor(name, refused) ?? refused.problem.message;
    return value;
  };
}

/** Writes what the first of some writers has to say. */
function firstOf(writers: readonly Writer[]): Writer {
  return (refused) => {
    for (const write of writers) {
      const said = write(refused);
      if (said !== undefined) return said;
    }
    return undefined;
  };
}

/** Beside one that takes any text, a list of the usual values keeps nothing out. */
function openOf(forms: readonly JsonObject[]): readonly JsonObject[] {
  const open = forms.filter((form) => !Array.isArray(form.enum));
  return open.length > 0 ? open : forms;
}

function isPlainKind(forms: readonly JsonObject[]): boolean {
  return forms.some((form) => !typesOf(form).some((type) => type === "object" || type === "array"));
}

/** What is said where the document only says that it is an object. */
function freeObject({ problem, detail }: Refused): JsonObject {
  if (detail) return { ...detail };
  const { details, hint } = problem.options;
  return { message: problem.message, code: problem.code, ...(details ? { details } : {}), ...(hint ? { hint } : {}) };
}

/** Writes one item for each thing that is wrong; of a refusal without details, one for the whole. */
function listWriter(plain: JsonObject, name: string, words: Words, depth: number): Writer {
  if (!/error|detail|issue|violation|problem|message|reason|param|field|cause/i.test(name)) return silent;
  const isForWhole = /^(errors?|messages?|issues)$/i.test(name);
  const writeItem = once(() =>
    firstOf(words.alternatives(plain.items ?? {}).map((form) => writerFor(form, "message", words, depth + 1))),
  );
  return (refused) => {
    const details = refused.detail ? undefined : refused.problem.options.details;
    const told = details ?? (isForWhole && !refused.detail ? [undefined] : []);
    const items = told.flatMap((detail) => writeItem()(detail ? { ...refused, detail } : refused) ?? []);
    return items.length > 0 ? items : undefined;
  };
}

/** What a member of a refusal tells, by its name. */
type Role = "message" | "title" | "hint" | "property" | "status" | "code" | "type";

const roles: readonly (readonly [Role, RegExp])[] = [
  ["message", /(message|messages|msg|detail|details|description|reason|text|explanation|summary|longmessage)$/],
  ["title", /^(title|shortmessage|statustext|statusmessage|name)$/],
  ["hint", /^(hint|suggestion|suggestedaction|remedy|resolution|help)$/],
  ["property", /^(property|field|param|parameter|path|pointer|loc|location|source|target|key|attribute)$/],
  ["status", /^(status|statuscode|httpstatus|httpstatuscode)$/],
  ["code", /^((error|err|problem|reason|fault|issue|result|app|api)?code|.*error(type|name|id))$/],
  ["type", /^type$/],
  ["message", /^(error|errors|err)$/],
];
const roleByName = new Map<string, Role | undefined>();

/** The names are those of documents, and few. */
function roleOf(name: string): Role | undefined {
  if (!roleByName.has(name)) {
    const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
    roleByName.set(name, roles.find(([, names]) => names.test(plain))?.[0]);
  }
  return roleByName.get(name);
}

/** Text for a member by its name; `undefined` where the name is none that speaks of refusals. */
function textFor(name: string, { problem, status, detail }: Refused): string | undefined {
  switch (roleOf(name)) {
    case "message":
      return detail?.message ?? problem.message;
    case "title":
      return refusals[problem.reason].text;
    case "hint":
      return detail ? detail.suggestion : problem.options.hint;
    case "property":
      return detail?.property;
    case "status":
      return String(status);
    case "code":
      return detail?.code ?? problem.code;
    case "type":
      return "about:blank";
    case undefined:
      return undefined;
  }
}

/** The value of a closed list that is nearest to what is to be said; where none is near, one that says whose fault it is. */
function closestOf(values: readonly unknown[], name: string, { problem, status, detail }: Refused): unknown {
  if (values.includes(status)) return status;
  const said = `${detail?.code ?? problem.code} ${problem.reason} ${status} ${textFor(name, { problem, status }) ?? ""}`;
  const [wanted, general] = [said, status < 500 ? "invalid request" : "internal server"].map(wordsOf);
  const score = (value: unknown) => {
    const words = wordsOf(String(value)).filter((word) => word !== "error");
    const shared = (other: readonly string[] = []) => words.filter((word) => other.includes(word)).length;
    return shared(wanted) + shared(general) / 10;
  };
  return values.reduce((best, value) => (score(value) > score(best) ? value : best), values[0]);
}

function wordsOf(text: string): readonly string[] {
  return text
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

/** A refusal that no document describes. https://www.rfc-editor.org/rfc/rfc9457 */
function problemJson(problem: Problem, status: number): Answer {
  const { details, hint, headers } = problem.options;
  const title = refusals[problem.reason].text;
  const body = { type: "about:blank", title, status, detail: problem.message, code: problem.code };
  const more = { ...(details ? { errors: details } : {}), ...(hint ? { hint } : {}) };
  return jsonAnswer(status, { ...body, ...more }, { "Content-Type": "application/problem+json", ...headers });
}
