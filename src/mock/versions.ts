import { sha256Of } from "#platform";
import { Problem } from "../document/problem.ts";
import type { Operation, ResponseDescription } from "../document/spec.ts";
import type { JsonObject } from "../document/validator.ts";
import { accepts, successOf } from "./generate.ts";
import type { Said } from "./handler.ts";

type Condition = "if-match" | "if-none-match";

/** Whether operations speak of versions of a record: one asks under a condition, or answers an ETag. */
export function areVersioned(operations: Iterable<Operation>): boolean {
  return [...operations].some(
    (operation) =>
      parameterOf(operation, "if-match") !== undefined ||
      parameterOf(operation, "if-none-match") !== undefined ||
      tagHeaderOf(successOf(operation)?.response) !== undefined,
  );
}

function parameterOf({ parameters }: Operation, condition: Condition): string | undefined {
  return parameters.find((one) => one.in === "header" && one.name.toLowerCase() === condition)?.name;
}

function tagHeaderOf(response: ResponseDescription | undefined) {
  return [...(response?.headers ?? [])].find(([name]) => name.toLowerCase() === "etag");
}

/** The header with the version of a record: another one for other content. https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 */
export function versionHeader(
  response: ResponseDescription | undefined,
  record: JsonObject,
): Readonly<Record<string, string>> {
  const version = versionOf(record);
  const [name, header] = tagHeaderOf(response) ?? ["ETag"];
  const forms = [`"${version}"`, version, `W/"${version}"`];
  const tag = header ? forms.find((one) => accepts(header.check, one)) : forms[0];
  return tag === undefined ? {} : { [name]: tag };
}

function versionOf(record: JsonObject): string {
  return sha256Of(JSON.stringify(record)).slice(0, 16);
}

/** What a client asks for of the state of a record; `undefined` where it asks for nothing. */
function conditionIn(operation: Operation, condition: Condition, sent: JsonObject): string | undefined {
  const name = parameterOf(operation, condition);
  const value = name === undefined ? undefined : sent[name];
  return value === undefined ? undefined : String(value);
}

/**
 * Refuses a write for another state of a record than there is; `stored` answers the record, `undefined` where there is none.
 * https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
 */
export async function holdState(
  operation: Operation,
  sent: JsonObject,
  stored: () => Promise<JsonObject | undefined>,
): Promise<void> {
  const wanted = conditionIn(operation, "if-match", sent);
  const unwanted = conditionIn(operation, "if-none-match", sent);
  if (wanted === undefined && unwanted === undefined) return;
  const record = await stored();
  const isOther = wanted !== undefined && !(record && names(wanted, record));
  if (isOther || (unwanted !== undefined && record && names(unwanted, record)))
    throw new Problem("precondition_failed", { hint: "Read it, and send this again for the ETag that it has now." });
}

/** An answer with a record and its version; or that it is as its client has it. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
export function unlessUnchanged(operation: Operation, sent: JsonObject, said: Said, record: JsonObject): Said {
  const known = conditionIn(operation, "if-none-match", sent);
  if (known === undefined || !operation.responses.has("304") || !names(known, record)) return said;
  const version = Object.entries(said.headers ?? {}).filter(([name]) => name.toLowerCase() === "etag");
  return { status: 304, body: undefined, headers: Object.fromEntries(version) };
}

/** Whether a list of entity tags, weak or strong, has that of a record. */
function names(tags: string, record: JsonObject): boolean {
  const version = versionOf(record);
  return tags.split(",").some((tag) => ["*", version].includes(tag.trim().replace(/^W\//, "").replaceAll('"', "")));
}
