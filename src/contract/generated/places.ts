import { propertiesOf } from "../../document/schema.ts";
import { isObject } from "../../document/validator.ts";
import type { RequestShape, RequestValue } from "./request.ts";

/** What stands at a place of a value. */
export function memberAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  return name === undefined ? value : isObject(value) ? memberAt(value[name], rest) : undefined;
}

/** The places of what a whole value has and another lacks, the outermost alone. */
export function absentIn(value: unknown, whole: unknown): readonly (readonly string[])[] {
  if (value === undefined) return [[]];
  if (!isObject(value) || !isObject(whole)) return [];
  return Object.entries(whole).flatMap(([name, member]) =>
    absentIn(value[name], member).map((place) => [name, ...place]),
  );
}

/** A request with another member at a place; without it where there is no value. */
export function withAt(request: RequestValue, [name, ...rest]: readonly string[], member: unknown): RequestValue {
  if (name === undefined) return request;
  const own = request[name];
  const inner = rest.length === 0 ? member : withAt(isObject(own) ? own : {}, rest, member);
  const { [name]: _, ...others } = request;
  return inner === undefined ? others : { ...request, [name]: inner };
}

/** The parameters of the path of a request. */
export function pathIn({ path }: RequestValue): RequestValue {
  return isObject(path) ? path : {};
}

/** The places of the members of what stands at a place. */
export function placesWithin(value: unknown, place: readonly string[]): readonly (readonly string[])[] {
  const inner = memberAt(value, place);
  return isObject(inner) ? Object.keys(inner).map((name) => [...place, name]) : [];
}

/** The places of the members of the body of a request, and of the objects that it holds. */
export function bodyPlaces(request: RequestValue): readonly (readonly string[])[] {
  return placesWithin(request, ["body"]).flatMap((place) => [place, ...placesWithin(request, place)]);
}

/** Those of them that hold texts. */
export function textPlaces(request: RequestValue): (readonly string[])[] {
  return bodyPlaces(request).filter((place) => typeof memberAt(request, place) === "string");
}

/** The schema of what stands at a place of a request; of several forms, that of the first that names it. */
export function schemaWithin({ schema, schemas }: RequestShape, place: readonly string[]): unknown {
  let found: unknown = schema;
  for (const name of place) {
    const form = schemas.alternatives(found).find((plain) => Object.hasOwn(propertiesOf(plain), name));
    found = form ? propertiesOf(form)[name] : true;
  }
  return isObject(found) ? found : {};
}
