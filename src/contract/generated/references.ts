import { type Resource, resourcesOf, squeezed, wordOf } from "../../document/resources.ts";
import { propertiesOf, typesOf } from "../../document/schema.ts";
import type { Operation, Spec } from "../../document/spec.ts";
import { isObject } from "../../document/validator.ts";
import type { RequestShape } from "./request.ts";
import { creatorOf, resourceFor, resourceNamed } from "./stock.ts";

/** A member of a body that names an item of a resource, such as `authorId`; the document tells how one is made. */
export type Reference = { readonly member: string; readonly resource: Resource; readonly isText: boolean };

type ShapeOf = (operation: Operation) => RequestShape;

/**
 * The members of an operation's body that name items of other resources: an item has to be there for the request to be accepted.
 * Resources that need each other in a circle are left out, for none of them could be made first.
 */
export function referencesOf(spec: Spec, shapeOf: ShapeOf, operation: Operation): readonly Reference[] {
  const own = resourceFor(spec, operation);
  return namedIn(spec, shapeOf(operation)).filter(
    ({ resource }) => resource !== own && !(own && needs(spec, shapeOf, resource, own)),
  );
}

/** Whether making an item of a resource leads, by whatever way, to making one of another. */
function needs(spec: Spec, shapeOf: ShapeOf, from: Resource, wanted: Resource, seen = new Set<Resource>()): boolean {
  if (from === wanted) return true;
  const creator = creatorOf(from);
  if (!creator || seen.has(from)) return false;
  seen.add(from);
  const above = creator.parameters.flatMap(({ in: part, name }) =>
    part === "path" ? (resourceNamed(spec, creator, name) ?? []) : [],
  );
  const next = [...above, ...namedIn(spec, shapeOf(creator)).map(({ resource }) => resource)];
  return next.some((one) => needs(spec, shapeOf, one, wanted, seen));
}

function namedIn(spec: Spec, shape: RequestShape): readonly Reference[] {
  const { body } = propertiesOf(shape.schema);
  if (body === undefined || shape.impossible !== undefined) return [];
  const found = new Map<string, Reference>();
  for (const plain of shape.schemas.alternatives(body))
    for (const [member, schema] of Object.entries(propertiesOf(plain))) {
      const resource = resourceMeant(spec, member);
      const types = shape.schemas.alternatives(schema).filter(isObject).flatMap(typesOf);
      const isText = types.includes("string");
      if (resource && !found.has(member) && (isText || types.includes("integer") || types.includes("number")))
        found.set(member, { member, resource, isText });
    }
  return [...found.values()];
}

/** The resource whose items can be made and which a member is named after: `authors` of `authorId` and `author_id`. */
function resourceMeant(spec: Spec, member: string): Resource | undefined {
  const [, kind] = /^(.+?)_?(?:id|Id|ID|uuid|Uuid)$/.exec(member) ?? [];
  if (kind === undefined) return undefined;
  return resourcesOf(spec).find((resource) => squeezed(wordOf(resource)) === squeezed(kind) && creatorOf(resource));
}
