import { type Alternatives, propertiesOf } from "./schema.ts";
import { isObject, type JsonObject } from "./validator.ts";

/**
 * A value as an XML document, with the names that its schema gives its elements and attributes.
 * https://spec.openapis.org/oas/v3.1.0#xml-object
 */
export function toXml(value: unknown, schema: unknown, alternatives: Alternatives): string {
  const ref = isObject(schema) && typeof schema.$ref === "string" ? schema.$ref.split("/").at(-1) : undefined;
  return `<?xml version="1.0" encoding="UTF-8"?>${element(ref ?? "response", value, schema, alternatives)}`;
}

function element(fallback: string, value: unknown, schema: unknown, alternatives: Alternatives): string {
  const xml = xmlOf(schema, alternatives);
  const name = nameOf(fallback, xml);
  if (Array.isArray(value)) {
    const items = alternatives(schema).find((plain) => plain.items !== undefined)?.items;
    const content = value.map((item) => element(fallback, item, items, alternatives)).join("");
    return `<${name}${namespaceOf(xml)}>${content}</${name}>`;
  }
  if (!isObject(value)) return `<${name}${namespaceOf(xml)}>${value === null ? "" : escaped(value)}</${name}>`;
  const properties: JsonObject = Object.assign({}, ...alternatives(schema).map(propertiesOf));
  let [attributes, content] = [namespaceOf(xml), ""];
  for (const [member, inner] of Object.entries(value)) {
    const own = xmlOf(properties[member], alternatives);
    if (own.attribute === true) attributes += ` ${nameOf(member, own)}="${escaped(inner)}"`;
    else if (Array.isArray(inner) && own.wrapped !== true)
      content += repeated(member, inner, properties[member], alternatives);
    else content += element(member, inner, properties[member], alternatives);
  }
  return `<${name}${attributes}>${content}</${name}>`;
}

/** The items of a list that no element holds together: each has the name of the list, unless it has one of its own. */
function repeated(name: string, values: readonly unknown[], schema: unknown, alternatives: Alternatives): string {
  const items = alternatives(schema).find((plain) => plain.items !== undefined)?.items;
  return values.map((item) => element(nameOf(name, xmlOf(schema, alternatives)), item, items, alternatives)).join("");
}

function xmlOf(schema: unknown, alternatives: Alternatives): JsonObject {
  const own = isObject(schema) && isObject(schema.xml) ? schema.xml : undefined;
  const found = own ?? (schema === undefined ? [] : alternatives(schema)).find((plain) => isObject(plain.xml))?.xml;
  return isObject(found) ? found : {};
}

function nameOf(fallback: string, { name, prefix }: JsonObject): string {
  // A name that XML does not allow would break the whole.
  const plain = String(name ?? fallback).replace(/[^\w.-]/g, "_");
  const safe = /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
  return typeof prefix === "string" ? `${prefix}:${safe}` : safe;
}

function namespaceOf({ namespace, prefix }: JsonObject): string {
  if (typeof namespace !== "string") return "";
  return ` xmlns${typeof prefix === "string" ? `:${prefix}` : ""}="${escaped(namespace)}"`;
}

function escaped(value: unknown): string {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\u{10ffff}]/gu, "");
}
