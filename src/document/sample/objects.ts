import { fastCheck } from "../late.ts";
import { isObject, type JsonObject } from "../pointer.ts";
import { list, memberSchema, propertiesOf, requiredOf } from "../schema.ts";
import { isHidden } from "./fits.ts";
import { between, pick } from "./random.ts";
import { type At, deepest, isAround, keyOf, type Run } from "./run.ts";

/** Members beyond those that a schema names are made up to so many. */
const mostExtras = 50;

/** Makes an object of a plain schema; `undefined` where a member that it requires could not be made. */
export function makeObject(plain: JsonObject, run: Run, at: At): JsonObject | undefined {
  const wanted = wantedNames(plain, run, at);
  const whole = withDependents(plain, wanted, run);
  const required = new Set(requiredOf(whole).filter((name) => !isUnseen(whole, name, run)));
  const names = new Set([...requiredOf(whole).filter((name) => required.has(name)), ...wanted]);
  const ordered = [
    ...[...names].filter((name) => !Object.hasOwn(propertiesOf(whole), name)),
    ...Object.keys(propertiesOf(whole)).filter((name) => names.has(name)),
  ];
  const nested = ordered.filter((name) => run.making.schemas.isNested(memberSchema(whole, name)));
  const rest = at.share - (ordered.length - nested.length);
  const inner = { depth: at.depth + 1, share: rest / Math.max(1, nested.length), bare: at.bare };
  const around = [...at.around, keyOf(plain)];
  const value: Record<string, unknown> = {};
  for (const name of ordered) {
    const schema = memberSchema(whole, name);
    const optional = !required.has(name);
    if (optional && endsHere(schema, run, { ...at, ...inner, around })) continue;
    const member: At = { ...inner, name, place: `${at.place}.${name}`, around };
    const made = run.make(schema, run, member);
    const anyhow =
      made === undefined && !optional && run.making.known(name) ? run.make(schema, run, { ...member, name: "" }) : made;
    if (anyhow !== undefined) value[name] = anyhow;
    else if (!optional) return undefined;
  }
  return withExtras(whole, value, run, { ...at, ...inner, around });
}

/** Whether a member has no place in what goes this way, or none at all. */
function isUnseen(plain: JsonObject, name: string, { making: { schemas, view } }: Run): boolean {
  return isHidden(propertiesOf(plain)[name], schemas.alternatives, view);
}

/** The optional members that are wished for, as far as there may be so many; at the least, so many as there have to be. */
function wantedNames(plain: JsonObject, run: Run, at: At): readonly string[] {
  const required = new Set(requiredOf(plain));
  const isBare = run.style === "least" || at.bare || at.depth > deepest;
  const needed = Math.max(0, Number(plain.minProperties ?? 0) - required.size);
  if (isBare && needed === 0) return [];
  const most = Number(plain.maxProperties ?? Number.POSITIVE_INFINITY);
  const open = Object.keys(propertiesOf(plain)).filter(
    (name) =>
      !required.has(name) &&
      !isUnseen(plain, name, run) &&
      run.making.schemas.alternatives(propertiesOf(plain)[name]).length > 0 &&
      (plain.propertyNames === undefined || run.making.schemas.fits(plain.propertyNames, name)),
  );
  if (isBare) return open.slice(0, needed);
  const chosen = run.style === "random" ? open.filter(() => run.random.below(2) === 1) : open;
  const room = Math.max(0, Math.min(most - required.size, at.share + 4));
  return chosen.slice(0, room);
}

/** The schema with what it says of values that have one of these members. */
function withDependents(plain: JsonObject, wanted: readonly string[], run: Run): JsonObject {
  const { dependentRequired, dependentSchemas } = plain;
  if (dependentRequired === undefined && dependentSchemas === undefined) return plain;
  let whole = plain;
  const done = new Set<string>();
  for (let names = [...requiredOf(plain), ...wanted]; names.length > 0; ) {
    const parts = names.flatMap((name) => {
      done.add(name);
      const needed = isObject(dependentRequired) ? list(dependentRequired[name]) : [];
      const schema = isObject(dependentSchemas) ? dependentSchemas[name] : undefined;
      return [...(needed.length > 0 ? [{ required: needed }] : []), ...(schema === undefined ? [] : [schema])];
    });
    if (parts.length === 0) return whole;
    whole = run.making.schemas.alternatives({ allOf: [whole, ...parts] })[0] ?? whole;
    names = requiredOf(whole).filter((name) => !done.has(name));
  }
  return whole;
}

/** Whether an optional member is left out, for there has to be an end. */
function endsHere(schema: unknown, run: Run, at: At): boolean {
  if (!run.making.schemas.isNested(schema)) return false;
  if (at.share < 1) return true;
  const forms = run.making.schemas.alternatives(schema);
  return forms.some((plain) => isAround(plain, at)) || run.making.schemas.heightOf(schema) + at.depth > 3 * deepest;
}

/** The object with members that its schema does not name: so many as there have to be, and those of a map. */
function withExtras(plain: JsonObject, value: Record<string, unknown>, run: Run, at: At): JsonObject | undefined {
  const least = Number(plain.minProperties ?? 0);
  const most = Number(plain.maxProperties ?? Number.POSITIVE_INFINITY);
  const count = Object.keys(value).length;
  const free = at.bare || at.depth > deepest || at.share < 1 ? 0 : freeExtras(plain, run);
  const wanted = Math.min(most, Math.max(least, count + free));
  for (let extra = 1; Object.keys(value).length < wanted && extra <= mostExtras; extra++) {
    const name = extraName(plain, run, extra);
    if (name === undefined || Object.hasOwn(value, name) || name === "__proto__") continue;
    if (Object.hasOwn(propertiesOf(plain), name) && isUnseen(plain, name, run)) continue;
    const made = makeExtra(plain, name, run, at);
    if (made !== undefined) value[name] = made;
  }
  return Object.keys(value).length < least ? undefined : value;
}

/** How many members beyond the named ones a value has without need. */
function freeExtras(plain: JsonObject, run: Run): number {
  const { additionalProperties, patternProperties } = plain;
  if (run.style === "random")
    return additionalProperties === true || isObject(additionalProperties) ? run.random.below(4) : 0;
  if (run.style !== "likely" || Object.keys(propertiesOf(plain)).length > 0) return 0;
  return isObject(additionalProperties) || isObject(patternProperties) ? between(run.random, 1, 2) : 0;
}

function makeExtra(plain: JsonObject, name: string, run: Run, at: At): unknown {
  const schema = memberSchema(plain, name);
  if (schema === true && run.style === "random") return run.random.of(fastCheck().jsonValue({ maxDepth: 1 }));
  return run.make(schema, run, { ...at, name: "", place: `${at.place}.${name}` });
}

/** A name for one more member. */
function extraName(plain: JsonObject, run: Run, extra: number): string | undefined {
  const { additionalProperties, patternProperties, propertyNames } = plain;
  const patterns = Object.keys(isObject(patternProperties) ? patternProperties : {});
  const closed = additionalProperties === false || plain.unevaluatedProperties === false;
  if (patterns.length > 0 && (closed || !isObject(additionalProperties))) {
    const schema = { allOf: [{ type: "string", pattern: pick(run.random, patterns) }, propertyNames ?? true] };
    return makeName(schema, run);
  }
  if (propertyNames !== undefined) return makeName({ allOf: [{ type: "string" }, propertyNames] }, run);
  if (closed) return undefined;
  if (run.style === "random") return run.random.of(fastCheck().string({ minLength: 1, maxLength: 8 }));
  return run.faker && run.style === "likely" ? run.faker.lorem.word() : `key${extra}`;
}

function makeName(schema: JsonObject, run: Run): string | undefined {
  // The plainest of a pattern is always the same, and a second member wants another.
  const style = run.style === "likely" ? "likely" : "random";
  const made = run.make(
    schema,
    { ...run, style },
    { name: "", place: "a name", depth: 0, share: 0, around: [], bare: true },
  );
  return typeof made === "string" ? made : undefined;
}
