import { pagingRoleOf, telling } from "../../document/paging.ts";
import { answeredBy, membersAt, squeezed } from "../../document/resources.ts";
import type { Operation, Parameter } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import { Mismatch } from "../findings.ts";
import type { Exchange } from "../wire/exchange.ts";
import { idsOf, type Listed, listed, sizeOf, toldBeside } from "./listed.ts";
import { makeItem } from "./stock.ts";
import { aroundOf, type Check, type Subject } from "./subject.ts";

/** How many items there should be for pages of them. */
const fewestItems = 3;
/** How many pages are read where nobody knows how many there are. */
const mostPages = 6;

/** Looks whether pages are one list. */
export const pageCheck: Check = {
  what: "pages",
  title: "Its pages are as large as asked for, and hold each item once",
  claim: "The parameters that ask for a part of the list, by what they are called.",
  applies: ({ operation }) => operation.parameters.some((one) => one.in === "query" && pagingRoleOf(one.name)),
  run: pages,
};

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
  holdItems(operation, resource.id, whole, { ...walk, isLedOn: isLedOn(subject, [whole, ...walk.pages]) });
}

/**
 * Whether a reader can tell the next page: it counts by itself, or the answers tell, or the document says that they do. A list may as
 * well go on behind a mark that only those know who have read its manual.
 */
function isLedOn({ session, operation }: Subject, lists: readonly Listed[]): boolean {
  const roles = operation.parameters.map(({ in: part, name }) => (part === "query" ? pagingRoleOf(name) : undefined));
  if (roles.includes("page") || roles.includes("offset")) return true;
  if (!roles.includes("after")) return false;
  const tells = (name: string) => telling.next.test(squeezed(name)) || telling.more.test(squeezed(name));
  if (
    lists.some(
      ({ exchange }) => exchange.headers.link !== undefined || toldBeside(exchange.json).some(([name]) => tells(name)),
    )
  )
    return true;
  const { place } = answeredBy(operation) ?? {};
  const members = place ? [...membersAt(session.spec, place)] : [];
  const inner = members.flatMap(([, places]) => places.flatMap((one) => [...membersAt(session.spec, one).keys()]));
  return [...members.map(([name]) => name), ...inner].some(tells);
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

function holdItems(
  operation: Operation,
  id: string,
  whole: Listed,
  { pages, end, isLedOn }: Walk & { readonly isLedOn: boolean },
): void {
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
  if (!last || !isLedOn || end === "refused") return;
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
  return toldBeside(json).find(
    ([name, value]) => names.test(squeezed(name)) && !isObject(value) && !Array.isArray(value),
  )?.[1];
}

function totalIn(exchange: Exchange): unknown {
  return toldIn(exchange, telling.total);
}
