import { isObject } from "./pointer.ts";

/** Plain values for schemas that give none; what a reader recognises at once. */
const samples: Readonly<Record<string, unknown>> = {
  email: "name@example.com",
  "date-time": "2026-01-15T09:30:00.000Z",
  date: "2026-01-15",
  uuid: "6f1c2a52-3a55-4cf0-9b39-0b6f4f1f7a10",
  uri: "https://example.com/",
  string: "text",
  integer: 1,
  number: 1,
  boolean: true,
};

/** So deep and so large a value is still one to copy by hand. */
const deepest = 8;
const largest = 200;

/** A plain value of a schema for a reader to copy; `undefined` where none can be told. `resolve` follows a `$ref`. */
export function exampleOf(given: unknown, resolve: (schema: unknown) => unknown): unknown {
  let left = largest;
  return make(given, 0);

  function make(given: unknown, depth: number): unknown {
    const schema = resolve(given);
    if (!isObject(schema) || depth > deepest || left-- <= 0) return undefined;
    if (Array.isArray(schema.examples)) return schema.examples[0];
    for (const keyword of ["example", "const", "default"]) if (keyword in schema) return schema[keyword];
    if (Array.isArray(schema.enum)) return schema.enum[0];
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
    if (type === "object" && isObject(schema.properties)) {
      const { properties } = schema;
      const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
      return Object.fromEntries(required.map((name) => [name, make(properties[name], depth + 1)]));
    }
    if (type === "array") return [make(schema.items, depth + 1)];
    return samples[String(schema.format)] ?? samples[String(type)];
  }
}
