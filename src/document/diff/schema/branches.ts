import { isObject } from "../../pointer.ts";
import { objectOf } from "../side.ts";
import { listIn, objectIn, type Schema } from "./reader.ts";

export type UnionKeyword = "oneOf" | "anyOf";

/** An alternative of a union. */
export type Branch = {
  readonly name: string;
  /** Whether it has a name of its own, or is only called something. */
  readonly named: boolean;
  /** Whether the name goes over the wire. */
  readonly tagged: boolean;
  /** Whether it is named as a component. */
  readonly component: boolean;
  readonly schema: unknown;
};

/** The alternatives of a union, by what tells them apart: the tag on the wire, else the name of the component. */
export function branchesOf(schema: Schema, keyword: UnionKeyword): Branch[] {
  const { discriminator } = schema.keywords;
  const mapping = objectOf(objectOf(discriminator).mapping);
  const listsTag = tagReader(schema);
  return listIn(schema, keyword).flatMap((given, index) => {
    const { $ref, title, type } = objectOf(given);
    const ref = typeof $ref === "string" ? $ref : undefined;
    const own = ref?.split("/").at(-1);
    const tags = Object.entries(mapping).filter(([, target]) => target === ref || target === own);
    const name = own || (typeof title === "string" ? title : undefined);
    const told = {
      named: Boolean(name),
      // Where its own schema lists the tag, the name of the component does not go over the wire.
      tagged: isObject(discriminator) && (tags.length > 0 || (Boolean(own) && !listsTag(given))),
      component: Boolean(own),
      schema: given,
    };
    if (tags.length > 0) return tags.map(([tag]) => ({ ...told, name: tag, named: true }));
    return [{ ...told, name: name || (typeof type === "string" && type) || `alternative ${index + 1}` }];
  });
}

/** Makes what tells whether an alternative itself lists the values of the tag. */
function tagReader(schema: Schema): (branch: unknown) => boolean {
  const { propertyName } = objectOf(schema.keywords.discriminator);
  return (branch) => {
    if (typeof propertyName !== "string") return false;
    const member = objectIn(schema.reader.read(branch), "properties")[propertyName];
    return member !== undefined && listIn(schema.reader.read(member), "enum").length > 0;
  };
}
