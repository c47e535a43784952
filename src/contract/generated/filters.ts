import { leavesOut } from "../../document/paging.ts";
import { listOf, membersAt } from "../../document/resources.ts";
import { random } from "../../document/sample/sample.ts";
import type { Parameter } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import { difference, Mismatch } from "../findings.ts";
import { isPlain, isScalar } from "./kept.ts";
import { idsOf, type Listed, listed, memberAskedFor } from "./listed.ts";
import { withAt } from "./places.ts";
import { schemaAt } from "./request.ts";
import { makeItem } from "./stock.ts";
import { aroundOf, type Check, type Subject } from "./subject.ts";

/** How many values of one filter are asked for. */
const mostValues = 4;

/** Looks whether filters filter. */
export const filterCheck: Check = {
  what: "filters",
  title: "A filter leaves out what has another value, and nothing else",
  claim: "A parameter of the name of a member asks for the items with its value.",
  applies: (subject) => filtersOf(subject).length > 0,
  run: filters,
};

/** A parameter that asks for items by one of their members. */
type Filter = {
  readonly parameter: Parameter;
  readonly member: string;
  /** The values that it may have, where they are those of the member; `undefined` where nobody knows them all. */
  readonly values: readonly unknown[] | undefined;
  /** Whether it takes a list of values. */
  readonly isList: boolean;
};

function filtersOf({ session, resource, operation }: Omit<Subject, "scene">): readonly Filter[] {
  const held = listOf(session.spec, operation, resource.id);
  if (!held) return [];
  const { schemas } = session.shape(operation);
  const members = membersAt(session.spec, held.item.place);
  return operation.parameters.flatMap((parameter): readonly Filter[] => {
    const { place } = parameter;
    const member = memberAskedFor(parameter, members.keys());
    if (!place || member === undefined) return [];
    const isList = parameter.types.length === 1 && parameter.types[0] === "array";
    const [own] = schemas.alternatives(schemaAt(place));
    const asked = valuesIn(schemas.alternatives(isList ? own?.items : schemaAt(place)));
    const shown = valuesIn(members.get(member)!.flatMap((one) => [...schemas.alternatives(schemaAt(one))]));
    const areSame = asked?.every((value) => shown?.includes(value)) === true;
    return [{ parameter, member, values: areSame ? asked?.filter(leavesOut) : undefined, isList }];
  });
}

/** The values that forms of a schema name; `undefined` where one of them names none. */
function valuesIn(forms: readonly JsonObject[]): readonly unknown[] | undefined {
  const each = forms.map((form) => {
    if (Array.isArray(form.enum)) return form.enum;
    if ("const" in form) return [form.const];
    return form.type === "boolean" ? [true, false] : form.type === "null" ? [null] : undefined;
  });
  return each.length === 0 || each.includes(undefined) ? undefined : each.flat();
}

async function filters(subject: Subject): Promise<void> {
  const { session, resource, operation, scene } = subject;
  const around = await aroundOf(subject);
  const all = filtersOf(subject);
  const made = await makeVaried(subject, all, around);
  const whole = await listed(session, resource, { path: around }, scene);
  // What is made up for whoever asks is no list that could be filtered.
  if (!whole || !idsOf(whole, resource.id).some((id) => made.includes(id)))
    return scene.skip(`${operation.id} lists nothing that the run has made`);
  let asked = 0;
  for (const filter of all) {
    for (const value of valuesFor(subject, filter, whole)) {
      const query = { [filter.parameter.name]: filter.isList ? [value] : value };
      const found = await listed(session, resource, { path: around }, scene, query);
      if (!found) continue;
      asked++;
      holdFiltered(subject, filter, value, found, whole);
    }
  }
  if (asked === 0) scene.skip(`no filter of ${operation.id} is accepted`);
}

/** Makes items that differ in what the filters ask for, where they can be sent with it, and answers their identifiers. */
async function makeVaried({ session, resource, creator, scene }: Subject, all: readonly Filter[], around: JsonObject) {
  const made: string[] = [];
  const [base] = (await session.bases(creator, scene)).accepted;
  if (!base || !isObject(base.body)) return made;
  const shape = session.shape(creator);
  const varied = all.flatMap(({ member, values = [] }) =>
    values.slice(0, 2).map((value) => withAt(base, ["body", member], value)),
  );
  const valid = varied.filter((wanted) => shape.check(wanted).length === 0).slice(0, 2 * mostValues);
  // What nobody can send with it can be asked for all the same.
  for (const wanted of valid.length > 0 ? valid : [base]) {
    const item = await makeItem(session, resource, around, scene, wanted);
    if (item) made.push(String(item.id));
  }
  return made;
}

/** Values that a filter is asked for: those that there are, and of any others one that some item has and one that none may have. */
function valuesFor({ session, operation }: Subject, { parameter, member, values, isList }: Filter, { items }: Listed) {
  if (values) return values.slice(0, mostValues);
  const [known] = items.map((item) => item[member]).filter((value) => isScalar(value) && isPlain(value));
  const { schemas } = session.shape(operation);
  const making = { schemas, known: () => undefined, view: "request" } as const;
  const drawn = isList ? undefined : random(schemaAt(parameter.place!), making, session.options.seed);
  return [known, drawn].filter((value) => isScalar(value) && isPlain(value) && leavesOut(value));
}

function holdFiltered(
  { operation, resource, scene }: Subject,
  { parameter: { name }, member, values }: Filter,
  value: unknown,
  found: Listed,
  whole: Listed,
): void {
  const hold = (message: string, detail: Mismatch["detail"]) => {
    if (values) throw new Mismatch(`${operation.id} ${message}`, found.exchange, detail);
    // A text may be asked for by a part of it, or in another form.
    scene.find(difference(`${operation.id} ${message}`, found.exchange, detail));
  };
  const other = found.items.find((item) => isScalar(item[member]) && String(item[member]) !== String(value));
  if (other)
    hold(`lists for ${name}=${value} what has another ${member}`, {
      at: `body.${member}`,
      expected: value,
      received: other[member],
    });
  if (!whole.isWhole || !found.isWhole) return;
  const ids = idsOf(found, resource.id);
  const lost = whole.items.find((item) => item[member] === value && !ids.includes(String(item[resource.id])));
  if (lost)
    hold(`leaves out for ${name}=${value} what has that ${member}`, {
      at: "body",
      expected: `an item with ${resource.id} ${lost[resource.id]}`,
      received: ids,
    });
}
