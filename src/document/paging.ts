import { isObject } from "./pointer.ts";
import { squeezed } from "./resources.ts";

/**
 * What a parameter of a list asks for: how many records, how many to pass over, which page by its number, or what stands behind or
 * before a place that an earlier answer has told.
 */
export type PagingRole = "limit" | "offset" | "page" | "after" | "before";

/** The names of parameters, in small letters and nothing else. */
const asking: Readonly<Record<PagingRole, RegExp>> = {
  limit: /^(limit|perpage|pagesize|size|count|maxresults|maxitems|pagelimit|top|take|first|rows)$/,
  offset: /^(offset|skip|start|startindex|pageoffset)$/,
  page: /^(page|pagenumber|pageno|pageindex|currentpage)$/,
  after: /^(startingafter|after|cursor|nextcursor|pagetoken|nextpagetoken|marker|pageafter|pagecursor)$/,
  before: /^(endingbefore|before|pagebefore)$/,
};

/** The names of members of an answer, in small letters and nothing else. */
export const telling = {
  total: /^(total|totalcount|totalitems|totalresults|totalelements|totalrecords|totalsize|totalnumber|recordcount)$/,
  more: /^(hasmore|hasnext|hasnextpage|more)$/,
  next: /^(nextcursor|nextpagetoken|endcursor|next|nextpage|nextpageurl|nexturl|after|cursor|nextoffset)$/,
} as const;

/** What a parameter asks for, by its name; `undefined` where it asks for no part of a list. */
export function pagingRoleOf(name: string): PagingRole | undefined {
  const plain = squeezed(name);
  return (Object.keys(asking) as PagingRole[]).find((role) => asking[role].test(plain));
}

/** Whether a value of a filter leaves records out; a list may be asked for as a whole, too. */
export function leavesOut(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((one) => !isObject(one));
  return value !== undefined && value !== "" && !isObject(value) && !/^(all|any|none|\*)$/i.test(String(value));
}
