import { leavesOut, pagingRoleOf, telling } from "../../document/paging.ts";
import { listOf, membersAt, squeezed } from "../../document/resources.ts";
import { random } from "../../document/sample/sample.ts";
import type { Operation, Parameter } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import { Mismatch } from "../findings.ts";
import type { Exchange } from "../wire/exchange.ts";
import { isPlain } from "./kept.ts";
import { type Listed, listed, sizeOf } from "./listed.ts";
import { withAt } from "./places.ts";
import { schemaAt } from "./request.ts";
import { makeItem } from "./stock.ts";
import { aroundOf, type Check, type Subject } from "./subject.ts";

/** How many items there should be for pages of them. */
const fewestItems = 3;
/** How many pages are read where nobody knows how many there are. */
const mostPages = 6;
/** How many values of one filter are asked for. */
const mostValues = 4;

/** What is looked at in lists. */
export const listChecks: readonly Check[] = [
  {
    what: "filters",
    title: "A filter leaves out what has another value, and nothing else",
    claim: "A parameter of the name of a member asks for the items with its value.",
    applies: (subject) => filtersOf(subject).length > 0,
    run: filters,
  },
  {
    what: "pages",
    title: "Its pages are as large as asked for, and hold each item once",
    claim: "The parameters that ask for a part of the list, by what they are called.",
    applies: ({ operation }) => operation.parameters.some((one) => one.in === "query" && pagingRoleOf(one.name)),
    run: pages,
  },
];

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
    const { in: part, name, place } = parameter;
    if (part !== "query" || !place || pagingRoleOf(name) !== undefined) return [];
    const member = [...members.keys()].find((one) => squeezed(one) === squeezed(name));
    if (member === undefined) return [];
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
  await makeVaried(subject, all, around);
  const whole = await listed(session, resource, { path: around }, scene);
  let asked = 0;
  for (const filter of whole ? all : []) {
    for (const value of valuesFor(subject, filter, whole!)) {
      const query = { [filter.parameter.name]: filter.isList ? [value] : value };
      const found = await listed(session, resource, { path: around }, scene, query);
      if (!found) continue;
      asked++;
      holdFiltered(subject, filter, value, found, whole!);
    }
  }
  if (asked === 0) scene.skip(`no filter of ${operation.id} is accepted`);
}

/** Makes items that differ in what the filters ask for, where they can be sent with it. */
async function makeVaried({ session, resource, creator, scene }: Subject, all: readonly Filter[], around: JsonObject) {
  const [base] = (await session.bases(creator, scene)).accepted;
  if (!base || !isObject(base.body)) return;
  const shape = session.shape(creator);
  const varied = all.flatMap(({ member, values = [] }) =>
    values.slice(0, 2).map((value) => withAt(base, ["body", member], value)),
  );
  for (const wanted of varied.length > 0 ? varied.slice(0, 2 * mostValues) : [base])
    if (shape.check(wanted).length === 0) await makeItem(session, resource, around, scene, wanted);
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
    const { curl } = found.exchange;
    scene.find({ message: `${operation.id} ${message}`, ...detail, curl, weight: "differs" });
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

async function pages(subject: Subject): Promise<void> {
  const { session, resource, operation, scene } = subject;
  const around = await aroundOf(subject);
  const read = (query?: JsonObject) => listed(session, resource, { path: around }, scene, query);
  const [wanted] = (await session.bases(subject.creator, scene)).accepted;
  for (let made = (await read())?.items.length ?? fewestItems; made < fewestItems; made++)
    await makeItem(session, resource, around, scene, wanted);
  const whole = await read();
  if (!whole || whole.items.length < 2) return scene.skip(`${operation.id} lists no two items`);
  const ids = idsOf(whole, resource.id);
  const walk = await walked(operation, sizeFor(operation, Math.ceil(ids.length / (mostPages - 1))), resource.id, read);
  const after = await read();
  // Somebody else writes here, or the items have no names of their own.
  if (!after || String(idsOf(after, resource.id)) !== String(ids) || new Set(ids).size < ids.length) return;
  holdSizes(operation, whole, walk);
  holdItems(operation, resource.id, whole, walk);
}

/** Pages that were read one behind the other. */
type Walk = {
  readonly pages: readonly Listed[];
  /** How many items they were to have; `undefined` where that cannot be said. */
  readonly size: number | undefined;
  /** Why they end: there is no more, there was no answer, or there were too many. */
  readonly end: "whole" | "refused" | "endless";
};

async function walked(
  operation: Operation,
  size: number | undefined,
  id: string,
  read: (query: JsonObject) => Promise<Listed | undefined>,
): Promise<Walk> {
  const pages: Listed[] = [];
  let asked: JsonObject | undefined = size === undefined ? {} : { [sizeOf(operation)!.name]: size };
  while (asked && pages.length < mostPages + 2) {
    const page: Listed | undefined = await read(asked);
    if (!page) return { pages, size, end: "refused" };
    pages.push(page);
    asked = following(operation, asked, page, { id, size });
  }
  return { pages, size, end: asked ? "endless" : "whole" };
}

function holdSizes({ id }: Operation, whole: Listed, { pages, size }: Walk): void {
  const large = pages.find(({ items }) => size !== undefined && items.length > size);
  if (large)
    throw new Mismatch(`${id} lists more than it is asked for`, large.exchange, {
      at: "body",
      expected: `at most ${size} items`,
      received: `${large.items.length} items`,
    });
  const total = totalIn(whole.exchange);
  const other = pages.find(({ exchange }) => totalIn(exchange) !== total);
  if (other && whole.isWhole && total === whole.items.length)
    throw new Mismatch(`the total of ${id} is another one on a smaller page`, other.exchange, {
      at: "body",
      expected: total,
      received: totalIn(other.exchange),
    });
}

function holdItems(operation: Operation, id: string, whole: Listed, { pages, end }: Walk): void {
  const seen = new Set<string>();
  for (const page of pages) {
    const ids = idsOf(page, id);
    const twice = ids.find((one) => seen.has(one));
    if (twice !== undefined)
      throw new Mismatch(`${operation.id} lists an item on two pages`, page.exchange, {
        at: "body",
        expected: `no item with ${id} ${twice}, which an earlier page has`,
        received: ids,
      });
    for (const one of ids) seen.add(one);
  }
  const last = pages.at(-1);
  const goesOn = operation.parameters.some(({ name }) => /^(after|page|offset)$/.test(pagingRoleOf(name) ?? ""));
  if (!last || !goesOn || end === "refused") return;
  const all = idsOf(whole, id);
  if (end === "endless" && (whole.isWhole || pages.slice(-2).every(({ items }) => items.length === 0)))
    throw new Mismatch(`the pages of ${operation.id} do not end`, last.exchange, {
      at: "body",
      expected: `the last of the pages that ${all.length} items fill`,
      received: "one more",
    });
  if (!whole.isWhole || end === "endless") return;
  const lost = all.filter((one) => !seen.has(one));
  if (lost.length > 0)
    throw new Mismatch(`no page of ${operation.id} has what its whole list has`, last.exchange, {
      at: "body",
      expected: `items with ${id} ${lost.join(", ")}`,
      received: [...seen],
    });
}

/** The least valid size of a page from one on; `undefined` where there is none. */
function sizeFor(operation: Operation, least: number): number | undefined {
  const parameter = sizeOf(operation);
  const sizes = [1, 2, 3, 5, 10, 20, 25, 50, 100].filter((size) => size >= least);
  return parameter && sizes.find((size) => parameter.check(size).length === 0);
}

/** What asks for the page behind one; `undefined` where that is the last. */
function following(
  { parameters }: Operation,
  asked: JsonObject,
  { exchange, items }: Listed,
  { id, size }: { readonly id: string; readonly size: number | undefined },
): JsonObject | undefined {
  const of = (role: string) => parameters.find((one) => one.in === "query" && pagingRoleOf(one.name) === role);
  const [after, page, offset] = [of("after"), of("page"), of("offset")];
  const linked = /<([^>]*)>\s*;[^,]*\brel="?next\b/i.exec(exchange.headers.link ?? "")?.[1];
  const [next, more] = [toldIn(exchange, telling.next), toldIn(exchange, telling.more)];
  const address = linked ?? (typeof next === "string" && /[/?]/.test(next) ? next : undefined);
  if (address !== undefined) return askedBy(address, parameters, asked, exchange);
  if (next === null || next === "" || more === false) return undefined;
  const told = typeof next === "string" || typeof next === "number" ? next : undefined;
  if (after && told !== undefined) return { ...asked, [after.name]: told };
  if (items.length === 0) return undefined;
  if (size !== undefined && items.length < size) return undefined;
  if (page) return { ...asked, [page.name]: Number(asked[page.name] ?? firstOf(page)) + 1 };
  if (offset) return { ...asked, [offset.name]: Number(asked[offset.name] ?? 0) + items.length };
  return after && more === true ? { ...asked, [after.name]: items.at(-1)![id] } : undefined;
}

function firstOf({ default: usual, check }: Parameter): number {
  return typeof usual === "number" ? usual : check(0).length === 0 && check(-1).length > 0 ? 0 : 1;
}

/** What an address that an answer tells asks for. */
function askedBy(
  address: string,
  parameters: readonly Parameter[],
  asked: JsonObject,
  { request }: Exchange,
): JsonObject | undefined {
  if (!URL.canParse(address, request.url)) return undefined;
  const { searchParams } = new URL(address, request.url);
  const given = parameters.flatMap(({ in: part, name, types }) => {
    const text = part === "query" && pagingRoleOf(name) ? searchParams.get(name) : null;
    if (text === null) return [];
    return [[name, types.includes("integer") && /^\d+$/.test(text) ? Number(text) : text] as const];
  });
  return given.length > 0 ? { ...asked, ...Object.fromEntries(given) } : undefined;
}

/** What an answer tells under a name, beside its items or one level deeper; `undefined` where it has no such member. */
function toldIn({ json }: Exchange, names: RegExp): unknown {
  const members = isObject(json) ? Object.entries(json) : [];
  const flat = members.flatMap(([name, value]) => [
    [name, value] as const,
    ...(isObject(value) ? Object.entries(value) : []),
  ]);
  return flat.find(([name, value]) => names.test(squeezed(name)) && !isObject(value) && !Array.isArray(value))?.[1];
}

function totalIn(exchange: Exchange): unknown {
  return toldIn(exchange, telling.total);
}

function idsOf({ items }: Listed, id: string): readonly string[] {
  return items.map((item) => String(item[id]));
}

function isScalar(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
