import { pathToFileURL } from "#platform";
import { isObject, type JsonObject, mentions, type Place } from "./pointer.ts";

/** A file of a document: the one that was asked for, or one that its `$ref`s name. */
export type File = { readonly name: string; readonly path: string | undefined; readonly document: unknown };

/** Where a `$ref` stands: in which file, and in which schema with an `$id` of its own; that decides what it is relative to. */
export type Scope = {
  readonly file: File;
  /** The URL that relative ones are resolved against. */
  readonly base: string;
  /** The place of the nearest schema around with an `$id`; the root of the file where there is none. */
  readonly root: Place;
};

/** An object of a file. */
export type Spot = { readonly file: File; readonly place: Place };

/** Everything in the files of a document that has a name of its own: by `$id`, `$anchor` or `$dynamicAnchor`. */
export type Identifiers = {
  /** Takes note of the identifiers of a file; answers with the scope of its root. */
  read(file: File): Scope;
  /** Whether there has been any. */
  readonly found: boolean;
  /** What has this URL: a file, or a schema by its `$id`. */
  byUrl(url: string): Spot | undefined;
  /** The schema with this anchor, in the scope or else anywhere in its file. */
  byAnchor(anchor: string, scope: Scope): Spot | undefined;
  /** The scope that a schema opens; `undefined` where it has no `$id`. */
  scopeOf(schema: JsonObject): Scope | undefined;
};

/** Makes an empty list of identifiers. */
export function createIdentifiers(): Identifiers {
  const schemas = new Map<string, Spot>();
  const anchors = new Map<string, Spot>();
  const scopes = new WeakMap<object, Scope>();
  let found = false;

  function visit(value: unknown, place: Place, around: Scope, areNames: boolean): void {
    if (typeof value !== "object" || value === null) return;
    const scope = !areNames && isObject(value) ? readSchema(value, place, around) : around;
    for (const [name, member] of Object.entries(value)) {
      if (typeof member !== "object" || member === null || (!areNames && isData(name))) continue;
      visit(member, [...place, name], scope, !areNames && isObject(value) && mapsOfNames.has(name));
    }
  }

  function readSchema(value: JsonObject, place: Place, around: Scope): Scope {
    const { file } = around;
    const url = typeof value.$id === "string" && place.length > 0 ? urlOf(value.$id, around.base) : undefined;
    const scope = url === undefined ? around : { file, base: url, root: place };
    if (url !== undefined) {
      found = true;
      scopes.set(value, scope);
      if (!schemas.has(url)) schemas.set(url, { file, place });
    }
    for (const anchor of [value.$anchor, value.$dynamicAnchor]) {
      if (typeof anchor !== "string") continue;
      found = true;
      anchors.set(`${scope.base}#${anchor}`, { file, place });
      if (!anchors.has(`${file.name} ${anchor}`)) anchors.set(`${file.name} ${anchor}`, { file, place });
    }
    return scope;
  }

  return {
    read(file) {
      const root = rootOf(file);
      schemas.set(root.base, { file, place: [] });
      if (mentions(file.document, ["$id", "$anchor", "$dynamicAnchor"])) visit(file.document, [], root, false);
      return root;
    },
    get found() {
      return found;
    },
    byUrl: (url) => schemas.get(url),
    byAnchor: (anchor, { base, file }) => anchors.get(`${base}#${anchor}`) ?? anchors.get(`${file.name} ${anchor}`),
    scopeOf: (schema) => scopes.get(schema),
  };
}

/** The scope of a file's root. Since OpenAPI 3.2 a document may say its own URL. */
export function rootOf(file: File): Scope {
  const self = isObject(file.document) ? file.document.$self : undefined;
  const address = file.path ? pathToFileURL(file.path).href : `document:/${file.name}`;
  return { file, base: (typeof self === "string" ? urlOf(self, address) : undefined) ?? address, root: [] };
}

/** A URL as it is resolved against another; `undefined` where it is none. */
export function urlOf(address: string, base: string): string | undefined {
  const url = URL.canParse(address, base) ? new URL(address, base) : undefined;
  return url?.href.replace(/#$/, "");
}

/** Members whose own members are names of the author's choice, and no keywords. */
const mapsOfNames = new Set(
  "properties patternProperties $defs definitions dependentSchemas schemas responses parameters headers requestBodies pathItems mediaTypes content paths webhooks callbacks".split(
    " ",
  ),
);

/** Members that hold values of the API: whatever they look like, nothing in them has a name. */
function isData(name: string): boolean {
  return /^(example|examples|enum|const|default|x-.*)$/.test(name);
}
