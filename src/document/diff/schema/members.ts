import { isObject } from "../../pointer.ts";
import { fieldsOf, isHidden, listIn, namesIn, objectIn, type Schema } from "./reader.ts";
import type { Step } from "./step.ts";

/** `properties`: those of both go on, those of one come or go. */
export function compareProperties({ a, b, direction, walk, change }: Step): void {
  const [before, after] = [fieldsOf(a, direction), fieldsOf(b, direction)];
  const [answer, needed] = [direction === "answer", namesIn(a, "required")];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(name), after.get(name)];
    const at = `.${name}`;
    if (was !== undefined && is !== undefined) walk(was, is, at, needed.includes(name));
    else if (was === undefined) {
      // What it was, as one of the members that nothing names.
      const other = isHidden(a, name, direction) ? undefined : otherwiseOf(a, name);
      if (other !== undefined) walk(other, is, at, false);
      else if (answer || !namesIn(b, "required").includes(name)) {
        const why = answer ? "Clients pass over fields that they do not know." : "It may be left out.";
        change("harmless", "properties", undefined, name, at, why);
      }
    } else {
      const other = isHidden(b, name, direction) ? undefined : otherwiseOf(b, name);
      const why = answer
        ? "Clients that read the field find it no more."
        : "Clients that send the field are refused or not understood.";
      if (other !== undefined) walk(was, other, at, false);
      else change("different", "properties", name, undefined, at, why);
    }
  }
}

/** The schema that a member falls under which `properties` does not name; `undefined` where none is said. */
function otherwiseOf(schema: Schema, name: string): unknown {
  for (const [pattern, given] of Object.entries(objectIn(schema, "patternProperties"))) {
    // Only what is plain at sight: a beginning, or an end.
    const text = /^(\^?)([\w-]+)(\$?)$/.exec(pattern);
    if (text?.[1] && name.startsWith(text[2]!) && (!text[3] || name === text[2])) return given;
  }
  const { additionalProperties } = schema.keywords;
  return isObject(additionalProperties) ? additionalProperties : undefined;
}

/** `required`, of the fields that the direction sees. */
export function compareRequired({ a, b, direction, change }: Step): void {
  const seen = (schema: Schema) => namesIn(schema, "required").filter((name) => !isHidden(schema, name, direction));
  const [before, after] = [seen(a), seen(b)];
  const [fields, left] = [fieldsOf(a, direction), fieldsOf(b, direction)];
  // Of a field that is gone, or that this direction never sees, its requirement is not worth a word.
  const counts = (name: string) => (fields.has(name) ? left.has(name) : !isHidden(b, name, direction));
  for (const name of after.filter((name) => !before.includes(name) && counts(name)))
    change("narrower", "required", undefined, name, `.${name}`);
  for (const name of before.filter((name) => !after.includes(name) && counts(name)))
    change("wider", "required", name, undefined, `.${name}`);
}

/** What the fields are that no other keyword names: none, any, or those of a schema. */
export function compareOthers(keyword: string, { a, b, direction, walk, change }: Step): void {
  const [was, is] = [a.keywords[keyword] ?? true, b.keywords[keyword] ?? true];
  if (is === false) {
    if (was !== false) change("narrower", keyword, was, is);
  } else if (was !== false) walk(was, is, ".*", true);
  // New fields in an answer hurt nobody, whether they are named or not.
  else change(direction === "answer" ? "harmless" : "wider", keyword, was, is);
}

/** `patternProperties`, pattern by pattern. */
export function comparePatterns({ a, b, walk }: Step): void {
  const [before, after] = [objectIn(a, "patternProperties"), objectIn(b, "patternProperties")];
  const others = ({ keywords }: Schema) => keywords.additionalProperties ?? true;
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
    walk(before[name] ?? others(a), after[name] ?? others(b), `./${name}/`, true);
}

/** `prefixItems`, place by place. */
export function comparePrefix({ a, b, walk }: Step): void {
  const [before, after] = [listIn(a, "prefixItems"), listIn(b, "prefixItems")];
  // Behind the last of them, `items` speaks.
  const others = ({ keywords }: Schema) => keywords.items ?? keywords.unevaluatedItems ?? true;
  for (let index = 0; index < Math.max(before.length, after.length); index++)
    walk(before[index] ?? others(a), after[index] ?? others(b), `[${index}]`, true);
}
