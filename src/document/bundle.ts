import { withoutDynamicRefs } from "./dynamic-ref.ts";
import { createLeads, type Leads } from "./leads.ts";
import { createLibrary, type Library, type Scope } from "./library.ts";
import { isObject, type JsonObject, type Place } from "./pointer.ts";
import type { Remarks } from "./remarks.ts";
import { isCollection, isLaidIn, type Kind, unread, withMembers } from "./structure.ts";

export type BundleOptions = {
  /** The path of the document's file; without it, there are no files beside it. */
  readonly file?: string | undefined;
  /** The folder whose files the document may name; that of its file by default. */
  readonly folder?: string | undefined;
  readonly remarks: Remarks;
  /** Told each file beside the document that it names. */
  readonly onFile?: ((path: string) => void) | undefined;
};

/**
 * A document in which every `$ref` is a JSON pointer into itself, to an object of the kind that is wanted there: what stands in
 * other files, or where the OpenAPI specification has no objects, comes under `components`; path items, and what has no place there, are laid in the place of their `$ref`.
 * What names nothing is left out with a remark, and with it the operations that cannot be read without it.
 * https://spec.openapis.org/oas/v3.1.0#reference-object
 */
export function bundle(document: JsonObject, options: BundleOptions): JsonObject {
  const { remarks } = options;
  const library = createLibrary(document, options);
  const leads = createLeads(document, library, visit);
  const reading: Reading = { library, leads, remarks };
  const done = new Map<Kind, WeakMap<object, unknown>>();
  /** The lists and maps that are being laid in. */
  const open = new Set<unknown>();

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
    if (!isReference(value) || kind === "document") return withParts(value, kind, place, scope);
    const target = leads.to(value.$ref, kind, scope);
    if ("lost" in target) {
      remarks.add("dangling", `"${value.$ref}"${target.lost}`, place);
      if (kind !== "schema") return undefined;
      const { $ref, ...rest } = value;
      return withParts({ ...rest, [unread]: $ref }, kind, place, scope);
    }
    if (isLaidIn(kind)) {
      const { $ref: _, ...own } = value;
      const there = changedOf(target.found.value as JsonObject, kind, place, target.found.scope);
      const here = withParts(own, kind, place, scope);
      return isObject(there) && isObject(here) ? { ...there, ...here } : undefined;
    }
    const written = target.ref === value.$ref ? value : { ...value, $ref: target.ref };
    return kind === "schema" ? withParts(written, kind, place, scope) : written;
  }

  function withParts(value: JsonObject, kind: Kind, place: Place, scope: Scope): JsonObject | undefined {
    if (!isReadable(value, kind, place, scope, reading)) return undefined;
    const whole = kind === "schema" ? withMapping(value, place, scope, reading) : value;
    let changed: JsonObject = withMembers(whole, kind, place, (member, of, at) => visit(member, of, at, scope));
    for (const [name, collection] of Object.entries(changed)) {
      if (!isCollection(kind, name) || !isReference(collection)) continue;
      const laid = collectionOf(collection, kind, [...place, name], scope);
      if (laid === undefined) return undefined;
      changed = { ...changed, [name]: laid };
    }
    return changed;
  }

  /**
   * The list or map that a `$ref` in its place names: the specification knows none there, but many a document is written so.
   * `undefined` where the object that holds it cannot be read without what it lacks.
   */
  function collectionOf({ $ref, ...own }: Reference, owner: Kind, place: Place, scope: Scope): unknown {
    const there = library.find($ref, scope);
    const found = "value" in there && open.has(there.value) ? { lost: ", for it is a part of itself" } : there;
    if ("lost" in found) {
      remarks.add("dangling", `"${$ref}"${found.lost}`, place);
      return own;
    }
    open.add(found.value);
    const name = place.at(-1)!;
    const laid = withParts({ [name]: found.value }, owner, place.slice(0, -1), found.scope)?.[name];
    open.delete(found.value);
    return isObject(laid) ? { ...laid, ...own } : laid;
  }

  const whole = visit(document, "document", [], library.start) as JsonObject;
  return withoutIdentifiers(withoutDynamicRefs(withComponents(whole, leads.added), library), library);
}

/** Stands for something else. https://spec.openapis.org/oas/v3.1.0#reference-object */
type Reference = JsonObject & { readonly $ref: string };

function isReference(value: unknown): value is Reference {
  return isObject(value) && typeof value.$ref === "string";
}

type Reading = { readonly library: Library; readonly leads: Leads; readonly remarks: Remarks };

/** Whether everything is there without which nobody knows what an operation takes; a remark where not. */
function isReadable(value: JsonObject, kind: Kind, place: Place, scope: Scope, reading: Reading): boolean {
  const missing = kind === "pathItem" || kind === "operation" ? missingIn(value, scope, reading) : undefined;
  if (missing === undefined) return true;
  const operation = kind === "operation" ? `${place.at(-1)!.toUpperCase()} ${place.at(-2)}` : place.at(-1);
  reading.remarks.add("unread", `${operation}, which needs "${missing}"`, place);
  return false;
}

/** The `$ref` of a parameter, of all of them or of a body that names nothing. */
function missingIn(
  { parameters, requestBody }: JsonObject,
  scope: Scope,
  { library, leads }: Reading,
): string | undefined {
  if (isReference(parameters) && "lost" in library.find(parameters.$ref, scope)) return parameters.$ref;
  const refs = (list: unknown[], kind: Kind) =>
    list.flatMap((part) => (isReference(part) ? [{ $ref: part.$ref, kind }] : []));
  const all = [
    ...refs(Array.isArray(parameters) ? parameters : [], "parameter"),
    ...refs([requestBody], "requestBody"),
  ];
  return all.find(({ $ref, kind }) => "lost" in leads.to($ref, kind, scope))?.$ref;
}

/** The `mapping` of a discriminator holds `$ref`s too, where it holds no names. */
function withMapping(schema: JsonObject, place: Place, scope: Scope, { leads, remarks }: Reading): JsonObject {
  const { discriminator } = schema;
  if (!isObject(discriminator) || !isObject(discriminator.mapping)) return schema;
  const entries = Object.entries(discriminator.mapping).map(([tag, target]) => {
    if (typeof target !== "string" || !/[#/.]/.test(target)) return [tag, target] as const;
    const to = leads.to(target, "schema", scope);
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
