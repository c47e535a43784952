import { withoutDynamicRefs } from "./dynamic-ref.ts";
import { createLibrary, type Found, type Library, type Scope } from "./library.ts";
import { isObject, type JsonObject, type Place, pointer, refTo } from "./pointer.ts";
import type { Remarks } from "./remarks.ts";
import { componentsOf, holdsOf, type Kind, unread, withMembers } from "./structure.ts";

export type BundleOptions = {
  /** The path of the document's file; without it, there are no files beside it. */
  readonly file?: string | undefined;
  /** The folder whose files the document may name; that of its file by default. */
  readonly folder?: string | undefined;
  readonly remarks: Remarks;
};

/** What a `$ref` leads to: the `$ref` to write in its place, and the object behind all of them; or why it leads nowhere. */
type Led = { readonly ref: string; readonly found: Found } | { readonly lost: string };

/** So many `$ref`s may stand behind each other. */
const mostHops = 50;

/**
 * A document in which every `$ref` is a JSON pointer into itself, to an object of the kind that is wanted there: what stands in
 * other files, or where the OpenAPI specification has no objects, comes under `components`; path items and operations are laid in the place of their `$ref`.
 * What names nothing is left out with a remark, and with it the operations that cannot be read without it.
 * https://spec.openapis.org/oas/v3.1.0#reference-object
 */
export function bundle(document: JsonObject, options: BundleOptions): JsonObject {
  const { remarks } = options;
  const library = createLibrary(document, options);
  const components = isObject(document.components) ? document.components : {};
  const added: Record<string, Record<string, unknown>> = {};
  const imported = new Map<string, string>();
  const led = new Map<string, Led>();
  const done = new Map<Kind, WeakMap<object, unknown>>();

  function visit(value: unknown, kind: Kind, place: Place, around: Scope): unknown {
    if (!isObject(value)) return value;
    const scope = kind === "schema" ? library.inside(value, around) : around;
    const known = done.get(kind) ?? new WeakMap<object, unknown>();
    done.set(kind, known);
    if (known.has(value)) return known.get(value);
    const changed = changedOf(value, kind, place, scope);
    known.set(value, changed);
    return changed;
  }

  function changedOf(value: JsonObject, kind: Kind, place: Place, scope: Scope): unknown {
    if (typeof value.$ref !== "string") return withParts(value, kind, place, scope);
    const target = lead(value.$ref, kind, scope);
    if ("lost" in target) {
      remarks.add("dangling", `"${value.$ref}"${target.lost}`, place);
      if (kind !== "schema") return undefined;
      const { $ref, ...rest } = value;
      return withParts({ ...rest, [unread]: $ref }, kind, place, scope);
    }
    if (kind === "pathItem" || kind === "operation") {
      const { $ref: _, ...own } = value;
      const there = changedOf(target.found.value as JsonObject, kind, place, target.found.scope);
      const here = withParts(own, kind, place, scope);
      return isObject(there) && isObject(here) ? { ...there, ...here } : undefined;
    }
    const written = target.ref === value.$ref ? value : { ...value, $ref: target.ref };
    return kind === "schema" ? withParts(written, kind, place, scope) : written;
  }

  function withParts(value: JsonObject, kind: Kind, place: Place, scope: Scope): JsonObject | undefined {
    const missing = kind === "pathItem" || kind === "operation" ? missingIn(value, scope) : undefined;
    if (missing !== undefined) {
      const operation = kind === "operation" ? `${place.at(-1)!.toUpperCase()} ${place.at(-2)}` : place.at(-1);
      remarks.add("unread", `${operation}, which needs "${missing}"`, place);
      return undefined;
    }
    const whole = kind === "schema" ? withMapping(value, place, scope) : value;
    return withMembers(whole, kind, place, (member, of, at) => visit(member, of, at, scope));
  }

  /** The `$ref` of a parameter or body that names nothing: without it, nobody knows what the operation takes. */
  function missingIn({ parameters, requestBody }: JsonObject, scope: Scope): string | undefined {
    const refs = (list: unknown[], kind: Kind) =>
      list.flatMap((part) => (isObject(part) && typeof part.$ref === "string" ? [{ $ref: part.$ref, kind }] : []));
    const all = [
      ...refs(Array.isArray(parameters) ? parameters : [], "parameter"),
      ...refs([requestBody], "requestBody"),
    ];
    return all.find(({ $ref, kind }) => "lost" in lead($ref, kind, scope))?.$ref;
  }

  /** The `mapping` of a discriminator holds `$ref`s too, where it holds no names. */
  function withMapping(schema: JsonObject, place: Place, scope: Scope): JsonObject {
    const { discriminator } = schema;
    if (!isObject(discriminator) || !isObject(discriminator.mapping)) return schema;
    const entries = Object.entries(discriminator.mapping).map(([tag, target]) => {
      if (typeof target !== "string" || !/[#/.]/.test(target)) return [tag, target] as const;
      const to = lead(target, "schema", scope);
      if ("ref" in to) return [tag, to.ref] as const;
      // A dot may be part of a name.
      if (/[#/]/.test(target))
        remarks.add("dangling", `"${target}"${to.lost}`, [...place, "discriminator", "mapping", tag]);
      return [tag, target] as const;
    });
    const { mapping } = discriminator;
    if (entries.every(([tag, target]) => mapping[tag] === target)) return schema;
    return { ...schema, discriminator: { ...discriminator, mapping: Object.fromEntries(entries) } };
  }

  function lead(ref: string, kind: Kind, scope: Scope): Led {
    const key = `${kind} ${scope.file.name} ${scope.base} ${ref}`;
    const before = led.get(key);
    if (before) return before;
    const target = targetOf(ref, kind, scope);
    led.set(key, target);
    return target;
  }

  function targetOf(ref: string, kind: Kind, scope: Scope): Led {
    const found = library.find(ref, scope);
    if ("lost" in found) return found;
    let last: Found = found;
    for (let hops = 0; isOnlyRef(last.value, kind); hops++) {
      const next = library.find(last.value.$ref, last.scope);
      if ("lost" in next) return next;
      if (hops > mostHops) return { lost: ", for it leads in a circle" };
      last = next;
    }
    // Nothing but an object, or the true and false of a schema, can stand there.
    if (!isObject(last.value) && !(kind === "schema" && typeof last.value === "boolean"))
      return { lost: `, for ${JSON.stringify(last.value)?.slice(0, 40)} stands there` };
    const own = last.scope.file.document === document;
    if (own && kindAt(found.place) === kind && found.scope.file.document === document)
      return { ref: ref.startsWith("#/") ? ref : refTo(found.place), found };
    if (kind === "pathItem" || kind === "operation") return { ref, found };
    if (own && last.place.length === 0) return { lost: ", for the whole document stands there" };
    return { ref: refTo(["components", componentsOf(kind)!, importedAs(last, kind)]), found: last };
  }

  /** The name under `components` of an object that stands somewhere else; what it holds comes with it. */
  function importedAs(found: Found, kind: Kind): string {
    const { file } = found.scope;
    const key = `${kind} ${file.name}#${pointer(found.place)}`;
    const before = imported.get(key);
    if (before !== undefined) return before;
    const bucket = componentsOf(kind)!;
    const taken = { ...(isObject(components[bucket]) ? components[bucket] : {}), ...added[bucket] };
    const wanted = (
      found.place.at(-1) ??
      file.name
        .split("/")
        .at(-1)!
        .replace(/\.\w+$/, "")
    ).replace(/[^\w.-]+/g, "-");
    let name = wanted;
    for (let count = 2; Object.hasOwn(taken, name); count++) name = `${wanted}-${count}`;
    imported.set(key, name);
    added[bucket] ??= {};
    // Before what it holds is read: it may hold itself.
    added[bucket][name] = {};
    added[bucket][name] = visit(found.value, kind, ["components", bucket, name], found.scope);
    return name;
  }

  const whole = visit(document, "document", [], library.start) as JsonObject;
  return withoutIdentifiers(withoutDynamicRefs(withComponents(whole, added), library), library);
}

function isOnlyRef(value: unknown, kind: Kind): value is { readonly $ref: string } {
  return isObject(value) && typeof value.$ref === "string" && (kind !== "schema" || Object.keys(value).length === 1);
}

/** What kind of object stands at a place of an OpenAPI document; `undefined` where it is data. */
function kindAt(place: Place): Kind | undefined {
  let kind: Kind | undefined = "document";
  for (let at = 0; at < place.length; at++) {
    const holds: ReturnType<typeof holdsOf> = kind && holdsOf(kind, place[at]!);
    if (!holds) return undefined;
    if (holds.as !== "one" && ++at >= place.length) return undefined;
    kind = holds.kind;
  }
  return kind;
}

function withComponents(document: JsonObject, added: Readonly<Record<string, JsonObject>>): JsonObject {
  if (Object.keys(added).length === 0) return document;
  const components: Record<string, unknown> = { ...(isObject(document.components) ? document.components : {}) };
  for (const [bucket, objects] of Object.entries(added))
    components[bucket] = { ...(isObject(components[bucket]) ? components[bucket] : {}), ...objects };
  return { ...document, components };
}

/** Once every `$ref` is a pointer from the root, identifiers would only make it one from somewhere else. */
function withoutIdentifiers(document: JsonObject, library: Library): JsonObject {
  if (!library.hasIdentifiers) return document;
  const strip = (value: unknown, kind: Kind, place: Place): unknown => {
    if (!isObject(value)) return value;
    if (kind !== "schema") return withMembers(value, kind, place, strip);
    const { $id, $anchor, $dynamicAnchor, ...rest } = value;
    const named = [$id, $anchor, $dynamicAnchor].some((name) => name !== undefined);
    return withMembers(named ? rest : value, kind, place, strip);
  };
  return strip(document, "document", []) as JsonObject;
}
