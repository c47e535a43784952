import type { JsonObject } from "../pointer.ts";
import { compareContent, isSingle } from "./content.ts";
import { type Direction, listOf, resolve, type Side, verdictOf } from "./side.ts";
import {
  type Both,
  breaks,
  type Comparison,
  goneFrom,
  harmless,
  newIn,
  type OperationSide,
  resolvedIn,
  tell,
} from "./tell.ts";

/** https://spec.openapis.org/oas/v3.1.0#parameter-object */
export function compareParameters(
  comparison: Comparison,
  at: string,
  was: OperationSide,
  is: OperationSide,
  direction: Direction,
): void {
  const [before, after] = [parametersOf(comparison.old, was), parametersOf(comparison.now, is)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const owner: Both = { was: before.get(key), is: after.get(key) };
    const given = (owner.was ?? owner.is)!;
    const where = `${at} ${given.in}.${given.name}`;
    if (owner.was && owner.is) {
      compareRequired(comparison, where, owner, direction);
      compareDeprecated(comparison, where, owner);
      compareEmpty(comparison, where, owner, direction);
      compareForms(comparison, where, owner);
      compareValues(comparison, where, owner, direction);
    } else {
      const required = given.required === true;
      const name = owner.is && required ? `${given.name} (required)` : given.name;
      const values = { was: owner.was && name, is: owner.is && name };
      const verdict = owner.was ? goneFrom(direction) : newIn(direction, required);
      tell(comparison, where, { was: was.value, is: is.value }, "parameters", values, verdict);
    }
  }
}

/** What a parameter or header holds. It is written as text, but where a media type says how. */
export function compareValues(comparison: Comparison, at: string, owner: Both, direction: Direction): void {
  const { was, is } = owner;
  const way = ({ content }: JsonObject = {}) => (content === undefined ? "schema" : "content");
  if (way(was) !== way(is)) {
    const verdict = breaks("The same value is written in another way.");
    tell(comparison, at, owner, way(is), { was: way(was), is: way(is) }, verdict);
  } else if (way(was) === "content") compareContent(comparison, at, owner, direction);
  else {
    const schema = direction === "request" && isNowListed(comparison, owner) ? itemsOf(comparison, owner) : is?.schema;
    const manner = { wire: "text", given: was?.required === true } as const;
    comparison.walk(was?.schema ?? true, schema ?? true, direction, at, manner);
  }
}

function itemsOf(comparison: Comparison, owner: Both): unknown {
  return resolvedIn(comparison, owner, "schema").is?.items;
}

/** Whether one value has become a list of which each item is written by itself: one item is written as the value was. */
function isNowListed(comparison: Comparison, { was: before, is: after }: Both): boolean {
  const { was, is } = resolvedIn(comparison, { was: before, is: after }, "schema");
  const exploded = [before, after].every((given) => {
    const { in: place, style, explode } = given ?? {};
    return (place === "query" || place === "cookie") && (style ?? "form") === "form" && explode !== false;
  });
  const single = was?.type !== undefined && isSingle(was);
  return exploded && single && is?.type === "array" && Number(is.minItems ?? 0) <= 1;
}

/** How the values of parameters and headers are written: what that is depends on what they are. */
export function compareForms(comparison: Comparison, at: string, owner: Both): void {
  const { was, is } = resolvedIn(comparison, owner, "schema");
  const idle = (keyword: string, { style = styleOf(owner.was ?? {}) }: JsonObject) => {
    if (keyword !== "explode") return false;
    const lists = [was, is].every((schema) => listOf(schema?.type).every((type) => type === "array"));
    return (isSingle(was) && isSingle(is)) || style === "deepObject" || (style === "simple" && lists);
  };
  for (const [keyword, usual] of Object.entries(parameterForms)) {
    const [a, b] = [owner.was?.[keyword] ?? usual(owner.was ?? {}), owner.is?.[keyword] ?? usual(owner.is ?? {})];
    if (a === b || [owner.was, owner.is].every((given) => idle(keyword, given ?? {}))) continue;
    const verdict = breaks("The same value is written in another way.");
    tell(comparison, at, owner, keyword, { was: a, is: b }, verdict);
  }
}

/** How a parameter is written, and what holds where nothing is said. https://spec.openapis.org/oas/v3.1.0#style-values */
const parameterForms: Readonly<Record<string, (parameter: JsonObject) => unknown>> = {
  style: styleOf,
  explode: (parameter) => (parameter.style ?? styleOf(parameter)) === "form",
  allowReserved: () => false,
};

function styleOf(parameter: JsonObject): string {
  return parameter.in === "query" || parameter.in === "cookie" ? "form" : "simple";
}

/** Header parameters that shall be ignored. https://spec.openapis.org/oas/v3.1.0#parameter-name */
const ignoredHeaders = new Set(["accept", "content-type", "authorization"]);

/** An operation's parameters and those of its path, by place and name; those of the path by their order in it. */
function parametersOf(side: Side, { item, value, path }: OperationSide): Map<string, JsonObject> {
  const inPath = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name!);
  const list = [item.parameters, value.parameters].flatMap((given) => (Array.isArray(given) ? given : []));
  // Each of the path is there, whether somebody says so or not, and no other is.
  const found = new Map(inPath.map((name, index) => [`path ${index}`, inPathOnly(side, { name }, value)]));
  for (const given of list) {
    const parameter = resolve(side, given);
    const name = String(parameter.name);
    if (parameter.in === "path") {
      const index = inPath.indexOf(name);
      if (index >= 0) found.set(`path ${index}`, inPathOnly(side, parameter, parameter));
    } else if (parameter.in !== "header") found.set(`${parameter.in} ${name}`, parameter);
    else if (!ignoredHeaders.has(name.toLowerCase())) found.set(`header ${name.toLowerCase()}`, parameter);
  }
  return found;
}

/** A parameter of the path with what is true of all of them. */
function inPathOnly(side: Side, given: JsonObject, origin: JsonObject): JsonObject {
  if (given.required === true) return given;
  const untold = given.schema === undefined && given.content === undefined ? { schema: { type: "string" } } : {};
  const made = { ...untold, ...given, in: "path", required: true };
  side.putAt(made, origin);
  return made;
}

/** Whether a name without a value is taken. */
function compareEmpty(comparison: Comparison, at: string, owner: Both, direction: Direction): void {
  const [was, is] = [owner.was?.allowEmptyValue === true, owner.is?.allowEmptyValue === true];
  if (was === is) return;
  tell(comparison, at, owner, "allowEmptyValue", { was, is }, verdictOf(is ? "wider" : "narrower", direction));
}

/** `required` of a parameter, a body or a header. */
export function compareRequired(comparison: Comparison, at: string, owner: Both, direction: Direction): void {
  const [was, is] = [owner.was?.required === true, owner.is?.required === true];
  if (was === is) return;
  tell(comparison, at, owner, "required", { was, is }, verdictOf(is ? "narrower" : "wider", direction));
}

/** `deprecated` of an operation or a parameter. */
export function compareDeprecated(comparison: Comparison, at: string, owner: Both): void {
  const [was, is] = [owner.was?.deprecated === true, owner.is?.deprecated === true];
  if (was !== is) tell(comparison, at, owner, "deprecated", { was, is }, harmless("It works as before."));
}
