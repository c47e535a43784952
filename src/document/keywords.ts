import { isObject } from "./pointer.ts";

const isNumber = (value: unknown) => typeof value === "number" && Number.isFinite(value);
const isCount = (value: unknown) => isNumber(value) && Number(value) >= 0;
const isString = (value: unknown) => typeof value === "string";
const isStrings = (value: unknown) => Array.isArray(value) && value.every(isString);
const isBoolean = (value: unknown) => typeof value === "boolean";
const isSome = (value: unknown) => Array.isArray(value) && value.length > 0;
const isAnything = () => true;
const types = ["array", "boolean", "integer", "null", "number", "object", "string"];

const each = (names: string, is: (value: unknown) => boolean) =>
  Object.fromEntries(names.split(" ").map((name) => [name, is]));

/**
 * The keywords that the validators know, each with what its value has to be; a value of another kind says nothing.
 * https://json-schema.org/draft/2020-12/json-schema-validation
 */
const keywords: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: (value) =>
    Array.isArray(value)
      ? isSome(value) && value.every((type) => types.includes(type))
      : types.includes(value as string),
  enum: Array.isArray,
  ...each("$ref $schema $id $anchor $dynamicAnchor $dynamicRef $comment", isString),
  ...each("maximum minimum exclusiveMaximum exclusiveMinimum", isNumber),
  multipleOf: (value) => isNumber(value) && Number(value) > 0,
  ...each("maxLength minLength maxItems minItems maxProperties minProperties maxContains minContains", isCount),
  ...each("pattern format contentEncoding contentMediaType", isString),
  required: isStrings,
  ...each("properties patternProperties dependentSchemas $defs definitions dependencies", isObject),
  dependentRequired: (value) => isObject(value) && Object.values(value).every(isStrings),
  ...each("allOf anyOf oneOf", isSome),
  prefixItems: Array.isArray,
  uniqueItems: isBoolean,
  discriminator: (value) => isObject(value) && isString(value.propertyName),
  ...each(
    "items additionalProperties unevaluatedProperties unevaluatedItems not if then else contains propertyNames contentSchema",
    isAnything,
  ),
  ...each(
    "const default examples example title description readOnly writeOnly deprecated externalDocs xml $vocabulary",
    isAnything,
  ),
};

/** Whether a keyword is one that the validators know, or an extension. */
export function isKnown(keyword: string): boolean {
  return Object.hasOwn(keywords, keyword) || keyword.startsWith("x-");
}

/** Whether the value of a keyword is one that the keyword can have. */
export function isMeant(keyword: string, value: unknown): boolean {
  return !Object.hasOwn(keywords, keyword) || keywords[keyword]!(value);
}
