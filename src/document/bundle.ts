import { withoutDynamicRefs } from "./dynamic-ref.ts";
import { createLeads, type Leads } from "./leads.ts";
import { createLibrary, type Found, type Library, type Scope } from "./library.ts";
import { isObject, isReference, type JsonObject, type Place, type Reference } from "./pointer.ts";
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
 * other files, or where the OpenAPI specification has no objects, comes under `components`; path items, and what has no name
 * there, are laid in the place of their `$ref`. What names nothing is left out with a remark, and with it the operations that cannot be read without it.
 * https://spec.openapis.org/oas/v3.1.0#reference-object
 */
export function bundle(document: JsonObject, options: BundleOptions): JsonObject {
  const { remarks } = options;
  const library = createLibrary(document, options);
  const leads = createLeads(document, library, visit);
  const open = new Set<unknown>();
  const reading: Reading = { library, leads, remarks, open };
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
    if (!isReference(value) || kind === "document") return withParts(value, kind, place, scope);
    const led = leads.to(value.$ref, kind, scope);
    const target = "found" in led && open.has(led.found.value) ? endless : led;
    if ("lost" in target) {
      remarks.add("dangling", `"${value.$ref}"${target.lost}`, place);
      if (kind !== "schema") return undefined;
      const { $ref, ...rest } = value;
      return withParts({ ...rest, [unread]: $ref }, kind, place, scope);
    }
    if (isLaidIn(kind)) {
      const { $ref: _, ...own } = value;
      const { value: named, scope: around } = target.found;
      const there = whileOpen(open, named, () => changedOf(named as JsonObject, kind, place, around));
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
      const laid = collectionOf(collection, [...place, name], scope, reading, (found) =>
        withParts({ [name]: found.value }, kind, place, found.scope),
      );
      if (laid === undefined) return undefined;
      changed = { ...changed, [name]: laid };
    }
    return changed;
  }

  const whole = visit(document, "document", [], library.start) as JsonObject;
  return withoutIdentifiers(withoutDynamicRefs(withComponents(whole, leads.added), library), library);
}

type Reading = {
  readonly library: Library;
  readonly leads: Leads;
  readonly remarks: Remarks;
  /** What is being laid in the place of its `$ref`. */
  readonly open: Set<unknown>;
};

const endless = { lost: ", for it is a part of itself" };

function whileOpen<T>(open: Set<unknown>, value: unknown, read: () => T): T {
  open.add(value);
  const result = read();
  open.delete(value);
  return result;
}

/**
 * The list or map that a `$ref` in its place names: the specification knows none there, but many a document is written so.
 * It is read as a member of the object that holds it; `undefined` where that one cannot be read without what is missing.
 */
function collectionOf(
  { $ref, ...own }: Reference,
  place: Place,
  scope: Scope,
  { library, remarks, open }: Reading,
  read: (found: Found) => JsonObject | undefined,
): unknown {
  const there = library.find($ref, scope);
  const found = "value" in there && open.has(there.value) ? endless : there;
  if ("lost" in found) {
    remarks.add("dangling", `"${$ref}"${found.lost}`, place);
    return own;
  }
  const laid = whileOpen(open, found.value, () => read(found))?.[place.at(-1)!];
  return isObject(laid) ? { ...laid, ...own } : laid;
}

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
