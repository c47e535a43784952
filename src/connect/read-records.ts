import { isObject, type JsonObject } from "../document/validator.ts";
import type { Found } from "./stand-ins.ts";

/** What a deployment answers to a path: JSON, or that there is nothing. */
export type Read = (path: string) => Promise<{ readonly status: 200 | 404; readonly json: unknown }>;

/** A deployment has answered what cannot be read; the message says what. */
export class UnreadableError extends Error {
  override name = "UnreadableError";
}

export type ReadOptions = {
  /** Only these; all unless told. */
  readonly customers?: readonly string[] | undefined;
  /** At most so many. */
  readonly limit?: number | undefined;
  /** Called after each read with how many of how many customers have been read, as far as that is known. */
  readonly onProgress?: (done: number, total: number | undefined, what: "customers" | "payment profiles") => void;
};

/** The page that the reference gives where none is asked for. */
const pageLength = 100;

/**
 * Reads customers and their payment profiles, one request after the other. Throws an `UnreadableError` where an answer is not what
 * the document says, and where a customer that was named is not there.
 */
export async function readRecords(read: Read, options: ReadOptions): Promise<Found> {
  const { onProgress = () => {} } = options;
  const customers = options.customers
    ? await readNamed(read, [...new Set(options.customers)], onProgress)
    : await readPages(read, options.limit ?? Number.POSITIVE_INFINITY, onProgress);
  const paymentProfiles = new Map<unknown, JsonObject>();
  for (const [index, { customerId }] of customers.entries()) {
    if (typeof customerId !== "string") continue;
    const path = `/payment-profiles?customerId=${encodeURIComponent(customerId)}`;
    const { status, json } = await read(path);
    // Gone between two reads, or a deployment that knows of none.
    if (status === 200)
      for (const profile of itemsOf(json, path)) paymentProfiles.set(profile.paymentProfileId ?? profile, profile);
    onProgress(index + 1, customers.length, "payment profiles");
  }
  return { customers, paymentProfiles: [...paymentProfiles.values()] };
}

async function readNamed(
  read: Read,
  ids: readonly string[],
  onProgress: NonNullable<ReadOptions["onProgress"]>,
): Promise<JsonObject[]> {
  const found: JsonObject[] = [];
  for (const id of ids) {
    const path = `/customers/${encodeURIComponent(id)}`;
    const { status, json } = await read(path);
    if (status === 404) throw new UnreadableError(`There is no customer "${id}": GET ${path} is answered 404.`);
    if (!isObject(json))
      throw new UnreadableError(`The answer to GET ${path} should be a customer; it is no JSON object.`);
    found.push(json);
    onProgress(found.length, ids.length, "customers");
  }
  return found;
}

/** Pages until all are read; a page that tells nothing new is the last one, whatever total it tells. */
async function readPages(
  read: Read,
  limit: number,
  onProgress: NonNullable<ReadOptions["onProgress"]>,
): Promise<JsonObject[]> {
  const found = new Map<unknown, JsonObject>();
  for (let offset = 0; found.size < limit; ) {
    const path = `/customers?limit=${Math.min(pageLength, limit - found.size)}&offset=${offset}`;
    const { status, json } = await read(path);
    if (status === 404) throw new UnreadableError(`There are no customers: GET ${path} is answered 404.`);
    const before = found.size;
    const items = itemsOf(json, path);
    for (const item of items) if (found.size < limit) found.set(item.customerId ?? item, item);
    offset += items.length;
    const { total } = (isObject(json) && isObject(json.pagination) ? json.pagination : {}) as { total?: unknown };
    const all = typeof total === "number" ? total : undefined;
    onProgress(found.size, all === undefined ? undefined : Math.min(all, limit), "customers");
    if (found.size === before || (all !== undefined && offset >= all)) break;
  }
  return [...found.values()];
}

function itemsOf(json: unknown, path: string): JsonObject[] {
  if (isObject(json) && Array.isArray(json.items) && json.items.every(isObject)) return json.items;
  throw new UnreadableError(`The answer to GET ${path} should be { "items": [...] }, a list of objects; it is not.`);
}
