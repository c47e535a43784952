import { isObject, type JsonObject, lookup, mentions, type Place } from "./pointer.ts";
import { type Kind, withMembers } from "./structure.ts";

/** Which way a value goes: what a client sends, or what it is answered. */
export type View = "request" | "answer";

const mostHops = 20;
const none: ReadonlySet<string> = new Set();

/**
 * A document as it holds in one direction: a request need not have what is `readOnly`, and an answer not what is `writeOnly`,
 * even if it is `required`. The very same document where that changes nothing.
 * https://spec.openapis.org/oas/v3.0.3#fixed-fields-19
 */
export function viewOf(document: JsonObject, view: View): JsonObject {
  const mark = view === "request" ? "readOnly" : "writeOnly";
  if (!mentions(document, [mark])) return document;
  const { hiddenIn, requires } = createHidden(document, mark);
  const done = new Map<Kind, WeakMap<object, unknown>>();

  function visit(value: unknown, kind: Kind, place: Place): unknown {
    if (!isObject(value)) return value;
    const known = done.get(kind) ?? new WeakMap<object, unknown>();
    done.set(kind, known);
    if (known.has(value)) return known.get(value);
    const changed = kind === "schema" ? schemaOf(value, place, none) : withMembers(value, kind, place, visit);
    known.set(value, changed);
    return changed;
  }

  /** A schema of this view; `around` are the members that a schema hides of which this one is a part. */
  function schemaOf(schema: JsonObject, place: Place, around: ReadonlySet<string>, hops = 0): JsonObject {
    const own = hiddenIn(schema);
    const names = own.size === 0 ? around : around.size === 0 ? own : new Set([...own, ...around]);
    if (names.size === 0) return withMembers(schema, "schema", place, visit);
    return withMembers(withoutHidden(schema, names, place, hops), "schema", place, (member, kind, at) => {
      // Parts speak of the same object: what one of them hides is hidden in all.
      const part = /^(allOf|anyOf|oneOf|then|else)$/.test(at[place.length] ?? "");
      return part && isObject(member) ? schemaOf(member, at, names, hops + 1) : visit(member, kind, at);
    });
  }

  function withoutHidden(schema: JsonObject, names: ReadonlySet<string>, place: Place, hops: number): JsonObject {
    const all = Array.isArray(schema.required) ? schema.required : [];
    const required = all.filter((name) => !names.has(String(name)));
    const whole = required.length < all.length ? { ...schema, required } : schema;
    if (typeof whole.$ref !== "string") return whole;
    const target = lookup(document, whole.$ref);
    if (!isObject(target) || hops > mostHops || !requires(target, names, 0)) return whole;
    // Here, and only here, the schema that it refers to requires less.
    const { $ref: _, allOf, ...rest } = whole;
    return { ...rest, allOf: [...(Array.isArray(allOf) ? allOf : []), schemaOf(target, place, names, hops + 1)] };
  }

  return visit(document, "document", []) as JsonObject;
}

type Hidden = {
  /** The members that a schema and its parts mark. */
  hiddenIn(schema: unknown): ReadonlySet<string>;
  /** Whether a schema or a part of it requires one of these members and does not itself hide it. */
  requires(schema: unknown, names: ReadonlySet<string>, hops: number): boolean;
};

/** Makes the reader of what the schemas of a document hide by a mark. */
function createHidden(document: JsonObject, mark: "readOnly" | "writeOnly"): Hidden {
  const hidden = new WeakMap<object, ReadonlySet<string>>();
  const marked = new WeakMap<object, boolean>();

  /** Whether a schema, or a part of it that always holds, has the mark. */
  function isMarked(schema: unknown): boolean {
    if (!isObject(schema)) return false;
    const before = marked.get(schema);
    if (before !== undefined) return before;
    // Until it is known: a schema may be a part of itself.
    marked.set(schema, false);
    const found = schema[mark] === true || partsOf(schema).some(isMarked);
    marked.set(schema, found);
    return found;
  }

  function partsOf({ $ref, allOf }: JsonObject): readonly unknown[] {
    return [...(typeof $ref === "string" ? [lookup(document, $ref)] : []), ...(Array.isArray(allOf) ? allOf : [])];
  }

  /** The members that a schema and its parts mark. */
  function hiddenIn(schema: unknown): ReadonlySet<string> {
    if (!isObject(schema)) return none;
    const before = hidden.get(schema);
    if (before) return before;
    hidden.set(schema, none);
    const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
    const own = properties.filter(([, member]) => isMarked(member)).map(([name]) => name);
    const inParts = partsOf(schema).flatMap((part) => [...hiddenIn(part)]);
    const found = own.length + inParts.length > 0 ? new Set([...own, ...inParts]) : none;
    hidden.set(schema, found);
    return found;
  }

  /** Whether a schema or a part of it requires a member that it does not itself hide. */
  function requires(schema: unknown, names: ReadonlySet<string>, hops: number): boolean {
    if (!isObject(schema) || hops > mostHops) return false;
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    const own = hiddenIn(schema);
    return (
      required.some((name) => names.has(name) && !own.has(name)) ||
      partsOf(schema).some((part) => requires(part, names, hops + 1))
    );
  }

  return { hiddenIn, requires };
}
