import { createAlternatives, propertiesOf } from "./schema.ts";
import type { Operation, Spec } from "./spec.ts";
import { isObject, type JsonObject, type Place, valueAt } from "./validator.ts";

/** A kind of record that a document tells of by the path of one: `/books/{bookId}` of the records of `/books`. */
export type Resource = {
  /** The name of its collection: the last fixed part of its path in camel case, such as `books`. */
  readonly name: string;
  /** The member that identifies a record, such as `bookId`. */
  readonly id: string;
  /** The parameter of the path that holds it. */
  readonly parameter: string;
  /** The path of one record. */
  readonly itemPath: string;
  /** The path of all of them. */
  readonly listPath: string;
  /** The schema of a record, as a read of one answers it. */
  readonly place: Place;
};

/**
 * The resources of a document, each told by a `GET` of one record whose schema names a member for what its path ends in. Where a
 * path item says `x-understudy-resource`, that decides: `false`, or `{ name, id }` with what the path does not tell.
 */
export function resourcesOf(spec: Spec): readonly Resource[] {
  const alternatives = createAlternatives(spec.validators.document);
  const found = spec.operations.flatMap((operation) => resourceOf(spec, operation, alternatives) ?? []);
  // Of two paths to records of one name the shorter one rules.
  const byName = new Map<string, Resource>();
  for (const resource of found.sort((a, b) => a.itemPath.length - b.itemPath.length))
    if (!byName.has(resource.name)) byName.set(resource.name, resource);
  return [...byName.values()];
}

function resourceOf(
  spec: Spec,
  { method, path, responses }: Operation,
  alternatives: ReturnType<typeof createAlternatives>,
): Resource | undefined {
  const [, listPath, segment, parameter] = /^(.*\/([^/{}]+))\/\{([^{}]+)\}$/.exec(path) ?? [];
  if (method !== "GET" || !listPath || !segment || !parameter) return undefined;
  const item = spec.document.paths as JsonObject;
  const said = isObject(item[path]) ? (item[path] as JsonObject)["x-understudy-resource"] : undefined;
  if (said === false) return undefined;
  const told = isObject(said) ? said : {};
  const success = [...responses.values()].find(({ status }) => /^2(\d\d|XX)$/.test(status));
  const media = [...(success?.content ?? [])].find(([type]) => /[/+]json$/.test(type))?.[1];
  if (!media) return undefined;
  const plain = alternatives(valueAt(spec.validators.document, media.place));
  const members = new Set(plain.flatMap((schema) => Object.keys(propertiesOf(schema))));
  const id = typeof told.id === "string" ? told.id : identifying(members, parameter, segment);
  if (id === undefined) return undefined;
  const name = typeof told.name === "string" ? told.name : camelCase(segment);
  return { name, id, parameter, itemPath: path, listPath, place: media.place };
}

/** The member of a record that its path ends in: of the parameter's name, or of what that says without the name of the kind. */
function identifying(members: ReadonlySet<string>, parameter: string, segment: string): string | undefined {
  const kind = segment.replace(/s$/, "").replace(/[^a-z0-9]/gi, "");
  const short = parameter.replace(/[^a-z0-9]/gi, "").replace(new RegExp(`^${kind}`, "i"), "");
  const wanted = [parameter, camelCase(parameter), short, "id"].map((name) => name.toLowerCase());
  for (const name of wanted) {
    const member = [...members].find((one) => one.toLowerCase() === name);
    if (member !== undefined) return member;
  }
  return undefined;
}

function camelCase(name: string): string {
  return name.replace(/[^a-zA-Z0-9]+(.)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? "");
}
