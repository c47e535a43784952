import { isObject, type JsonObject, lookup } from "./pointer.ts";

/** Which of the alternatives of a `oneOf` each value of its tag means. */
export type Tags = { readonly property: string; readonly branches: ReadonlyMap<string, number> };

/**
 * What the discriminator of a schema tells of its `oneOf`: the tags by a `mapping` that can be, else by the constants of each
 * alternative, else by those of the alternatives within it, else by its name. `undefined` where they tell the alternatives not
 * apart, or where one of them is for all other tags: then exactly one of them has to fit.
 * https://spec.openapis.org/oas/v3.1.0#discriminator-object
 */
export function tagsOf(document: JsonObject, schema: JsonObject, around: readonly unknown[] = []): Tags | undefined {
  const { discriminator, oneOf } = schema;
  if (!isObject(discriminator) || typeof discriminator.propertyName !== "string" || !Array.isArray(oneOf))
    return undefined;
  // https://spec.openapis.org/oas/v3.2.0#optional-discriminating-property
  if (discriminator.defaultMapping !== undefined || around.includes(schema)) return undefined;
  const property = discriminator.propertyName;
  const mapping = Object.entries(isObject(discriminator.mapping) ? discriminator.mapping : {});
  const branches = new Map<string, number>();
  for (const [index, branch] of oneOf.entries()) {
    if (!isObject(branch)) return undefined;
    const ref = typeof branch.$ref === "string" ? branch.$ref : undefined;
    const name = ref?.split("/").at(-1);
    const mapped = ref === undefined ? [] : mapping.filter(([, to]) => to === ref || to === name).map(([tag]) => tag);
    const constants = constantsOf(document, branch, property);
    // A mapping to an alternative that allows none of its tags tells nothing.
    const isMapped = mapped.length > 0 && (constants.length === 0 || mapped.some((tag) => constants.includes(tag)));
    const own = isMapped ? mapped : constants;
    const inner = own.length > 0 ? own : innerTags(document, ref, property, [...around, schema]);
    const tags = inner.length > 0 ? inner : name === undefined ? [] : [name];
    if (tags.length === 0 && mayBeObject(branch)) return undefined;
    for (const tag of new Set(tags)) {
      if (typeof tag !== "string" || branches.has(tag)) return undefined;
      branches.set(tag, index);
    }
  }
  return branches.size === 0 ? undefined : { property, branches };
}

/** The tags of an alternative that has a discriminator of its own. */
function innerTags(document: JsonObject, ref: string | undefined, property: string, around: readonly unknown[]) {
  const target = ref === undefined ? undefined : lookup(document, ref);
  const tags = isObject(target) ? tagsOf(document, target, around) : undefined;
  return tags?.property === property ? [...tags.branches.keys()] : [];
}

/** The values that a schema allows its tag, where it lists them. */
function constantsOf(document: JsonObject, schema: unknown, property: string): readonly unknown[] {
  return listed(document, schema, ({ properties }) =>
    isObject(properties) ? valuesOf(document, properties[property]) : [],
  );
}

function valuesOf(document: JsonObject, schema: unknown): readonly unknown[] {
  return listed(document, schema, (own) => ("const" in own ? [own.const] : Array.isArray(own.enum) ? own.enum : []));
}

/** What a schema lists: by itself, by one of its parts, or by each of its alternatives. */
function listed(
  document: JsonObject,
  schema: unknown,
  own: (schema: JsonObject) => readonly unknown[],
  around: readonly unknown[] = [],
): readonly unknown[] {
  if (!isObject(schema) || around.includes(schema)) return [];
  const found = own(schema);
  if (found.length > 0) return found;
  const within = (part: unknown) => listed(document, part, own, [...around, schema]);
  const { $ref, allOf, oneOf, anyOf } = schema;
  const parts = [...(typeof $ref === "string" ? [lookup(document, $ref)] : []), ...(Array.isArray(allOf) ? allOf : [])];
  for (const part of parts) {
    const inPart = within(part);
    if (inPart.length > 0) return inPart;
  }
  for (const union of [oneOf, anyOf]) {
    const inAll = Array.isArray(union) ? allOfEach(union, within) : [];
    if (inAll.length > 0) return inAll;
  }
  return [];
}

/** The values of all; none where one has none. */
function allOfEach(union: readonly unknown[], valuesIn: (part: unknown) => readonly unknown[]): readonly unknown[] {
  const all: unknown[] = [];
  for (const part of union) {
    const found = valuesIn(part);
    if (found.length === 0) return [];
    all.push(...found);
  }
  return all;
}

function mayBeObject({ type }: JsonObject): boolean {
  return type === undefined || type === "object" || (Array.isArray(type) && type.includes("object"));
}
