import { leavesOut, telling as names, type PagingRole, pagingRoleOf } from "../document/paging.ts";
import { squeezed } from "../document/resources.ts";
import { isObject, type JsonObject } from "../document/validator.ts";
import { type Accepts, without } from "./merge.ts";

/** Which part of a list is asked for. */
export type PageAsked = {
  readonly limit: number | undefined;
  readonly offset: number;
  /** The number of the page, as the client counts; `undefined` where it does not. */
  readonly page: number | undefined;
  /** The id of the record before the first, or of the one behind the last. */
  readonly after: string | undefined;
  readonly before: string | undefined;
};

/** A part of a list, with what its envelope may tell of it. */
export type Page = PageAsked & {
  readonly items: readonly JsonObject[];
  readonly total: number;
  readonly more: boolean;
};

/** The page that a query asks for; `firstPage` is the number of the first one. */
export function pageAsked(query: JsonObject, firstPage: number): PageAsked {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    isObject(value) && squeezed(name) === "page"
      ? Object.entries(value).map(([inner, one]) => [`page${squeezed(inner)}`, one] as const)
      : [[squeezed(name), value] as const],
  );
  const asked = (role: PagingRole) =>
    pairs.find(([name, value]) => pagingRoleOf(name) === role && value !== undefined)?.[1];
  const whole = (role: PagingRole) => {
    const value = asked(role);
    return value !== undefined && /^\d{1,9}$/.test(String(value)) ? Number(value) : undefined;
  };
  const text = (role: PagingRole) => {
    const value = asked(role);
    return value === undefined || value === "" ? undefined : String(value);
  };
  const [limit, page] = [whole("limit"), whole("page")];
  const skipped = page !== undefined && limit !== undefined ? Math.max(0, page - firstPage) * limit : 0;
  const offset = whole("offset") ?? skipped;
  return { limit, page, offset, after: text("after"), before: text("before") };
}

/** The part of a list that is asked for; `idOf` tells the cursors of its records. */
export function pageOf(all: readonly JsonObject[], asked: PageAsked, idOf: (record: JsonObject) => string): Page {
  const placeOf = (id: string | undefined) => (id === undefined ? -1 : all.findIndex((record) => idOf(record) === id));
  const limit = asked.limit ?? all.length;
  const before = placeOf(asked.before);
  const start = before >= 0 ? Math.max(0, before - limit) : asked.offset + placeOf(asked.after) + 1;
  const end = before >= 0 ? before : start + limit;
  return { ...asked, items: all.slice(start, end), total: all.length, more: end < all.length };
}

/** The records whose members have the values that parameters of their names ask for. */
export function filtered(
  records: readonly JsonObject[],
  query: JsonObject,
  members: ReadonlySet<string>,
): readonly JsonObject[] {
  const filters = Object.entries(query).filter(
    ([name, value]) => members.has(name) && pagingRoleOf(name) === undefined && leavesOut(value),
  );
  return records.filter((record) =>
    filters.every(([name, value]) => {
      const own = record[name];
      if (typeof own === "object" && own !== null) return true;
      return (Array.isArray(value) ? value : [value]).some((one) => String(one) === String(own ?? ""));
    }),
  );
}

type IdOf = (record: JsonObject) => string;

/** What a page is told by, by the names of the members of an envelope; of several answers the first valid one counts. */
const telling: readonly (readonly [
  RegExp,
  (page: Page, idOf: IdOf, around: JsonObject, before: unknown) => unknown,
])[] = [
  [names.total, ({ total }) => total],
  [
    /^(count|itemcount|resultcount|numberofelements|numitems)$/,
    ({ items, total }, _, around) =>
      Object.keys(around).some((name) => names.total.test(squeezed(name))) ? items.length : total,
  ],
  [/^(limit|perpage|pagesize|itemsperpage|size)$/, ({ limit, items }) => limit ?? items.length],
  [/^(offset|skip|start|startindex)$/, ({ offset }) => offset],
  [/^(page|pagenumber|currentpage|pageindex)$/, ({ page }) => page ?? 1],
  [
    /^(pages|totalpages|pagecount|lastpage)$/,
    ({ total, limit }) => Math.max(1, Math.ceil(total / (limit || total || 1))),
  ],
  [names.more, ({ more }) => more],
  [/^(hasprevious|hasprev|haspreviouspage)$/, ({ offset, after }) => offset > 0 || after !== undefined],
  [
    names.next,
    (page, idOf, around, before) => {
      if (!page.more || page.items.length === 0) return undefined;
      if (typeof before === "string" && before.includes("/")) return linked(before, page, idOf);
      const number = (page.page ?? 1) + 1;
      const isNumbered = page.page !== undefined && Object.values(around).includes(page.page);
      return isNumbered ? number : [idOf(page.items.at(-1)!), number];
    },
  ],
  [/^(prev|previous|prevpage|previouspage|prevurl|previousurl|prevcursor|previouscursor|before)$/, () => undefined],
];

/** A link with what it asks for now; what asks for no part of a list stays as it is. */
function linked(before: string, { page, offset, items, limit }: Page, idOf: IdOf): string {
  const [path, query = ""] = before.split("?");
  const asked: Partial<Record<PagingRole, unknown>> = {
    page: (page ?? 1) + 1,
    offset: offset + items.length,
    after: idOf(items.at(-1)!),
    limit,
  };
  const params = [...new URLSearchParams(query)].map(([name, value]): [string, string] => {
    const now = asked[pagingRoleOf(name) ?? "before"];
    return [name, now === undefined ? value : `${now}`];
  });
  return query === "" ? before : `${path}?${new URLSearchParams(params)}`;
}

/** An envelope that tells of this page what it told of another one, as far as that is valid. */
export function tellingOf(envelope: JsonObject, page: Page, idOf: IdOf, accepts: Accepts): JsonObject {
  let result = envelope;
  const isThere = (path: readonly string[], value: unknown, depth: number): void => {
    if (!isObject(value) || depth > 2) return;
    for (const [name, inner] of Object.entries(value)) {
      const teller = telling.find(([pattern]) => pattern.test(squeezed(name)))?.[1];
      if (teller && !isObject(inner) && !Array.isArray(inner))
        result = changed(result, [...path, name], inner, teller(page, idOf, value, inner), accepts);
      else isThere([...path, name], inner, depth + 1);
    }
  };
  isThere([], envelope, 0);
  return result;
}

function changed(
  envelope: JsonObject,
  path: readonly string[],
  before: unknown,
  told: unknown,
  accepts: Accepts,
): JsonObject {
  const given = Array.isArray(told) ? told : [told];
  const values =
    told === undefined ? [undefined, null] : typeof before === "string" ? [...given.map(String), ...given] : given;
  return values.map((value) => replaced(envelope, path, value)).find(accepts) ?? envelope;
}

function replaced(owner: JsonObject, [name, ...rest]: readonly string[], value: unknown): JsonObject {
  if (name === undefined) return owner;
  if (rest.length > 0) return { ...owner, [name]: replaced(owner[name] as JsonObject, rest, value) };
  return value === undefined ? without(owner, [name]) : { ...owner, [name]: value };
}
