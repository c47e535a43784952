import { isObject, type JsonObject, lookup } from "./pointer.ts";

/** Which of the alternatives of a `oneOf` each value of its tag means. */
export type Tags = { readonly property: string; readonly branches: ReadonlyMap<string, number> };

const mostHops = 8;

/**
 * What the discriminator of a schema tells of its `oneOf`: the tags by `mapping`, else by the constants of each alternative, else
 * by its name. `undefined` where they tell the alternatives not apart: then exactly one of them has to fit.
 * https://spec.openapis.org/oas/v3.1.0#discriminator-object
 */
export function tagsOf(document: JsonObject, schema: JsonObject): Tags | undefined {
  const { discriminator, oneOf } = schema;
  if (!isObject(discriminator) || typeof discriminator.propertyName !== "string" || !Array.isArray(oneOf))
    return undefined;
  const property = discriminator.propertyName;
  const mapping = Object.entries(isObject(discriminator.mapping) ? discriminator.mapping : {});
  const branches = new Map<string, number>();
  for (const [index, branch] of oneOf.entries()) {
    if (!isObject(branch)) return undefined;
    const ref = typeof branch.$ref === "string" ? branch.$ref : undefined;
    const name = ref?.split("/").at(-1);
    const mapped = ref === undefined ? [] : mapping.filter(([, to]) => to === ref || to === name).map(([tag]) => tag);
    const own = constantsOf(document, branch, property, 0);
    const tags = mapped.length > 0 ? mapped : own.length > 0 ? own : name === undefined ? [] : [name];
    if (tags.length === 0 && mayBeObject(branch)) return undefined;
    for (const tag of tags) {
      if (typeof tag !== "string" || branches.has(tag)) return undefined;
      branches.set(tag, index);
    }
  }
  return branches.size === 0 ? undefined : { property, branches };
}

/** The values that a schema allows its tag, where it lists them. */
function constantsOf(document: JsonObject, schema: unknown, property: string, hops: number): readonly unknown[] {
  if (!isObject(schema) || hops > mostHops) return [];
  const member = isObject(schema.properties) ? schema.properties[property] : undefined;
  const listed = valuesOf(document, member, 0);
  if (listed.length > 0) return listed;
  for (const part of partsOf(document, schema)) {
    const found = constantsOf(document, part, property, hops + 1);
    if (found.length > 0) return found;
  }
  return [];
}

function valuesOf(document: JsonObject, schema: unknown, hops: number): readonly unknown[] {
  if (!isObject(schema) || hops > mostHops) return [];
  if ("const" in schema) return [schema.const];
  if (Array.isArray(schema.enum)) return schema.enum;
  for (const part of partsOf(document, schema)) {
    const found = valuesOf(document, part, hops + 1);
    if (found.length > 0) return found;
  }
  return [];
}

function partsOf(document: JsonObject, { $ref, allOf }: JsonObject): readonly unknown[] {
  return [...(typeof $ref === "string" ? [lookup(document, $ref)] : []), ...(Array.isArray(allOf) ? allOf : [])];
}

function mayBeObject({ type }: JsonObject): boolean {
  return type === undefined || type === "object" || (Array.isArray(type) && type.includes("object"));
}
