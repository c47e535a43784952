import { describe, expect, test } from "vitest";
import { readRecords } from "../../src/connect/read-records.ts";

const customers = Array.from({ length: 230 }, (_, index) => ({ customerId: `cus-${index}` }));

/** A deployment that pages as it likes, and what it was asked. */
function pages(page: (limit: number, offset: number) => unknown, profiles: unknown = { items: [] }) {
  const asked: string[] = [];
  const read = async (path: string) => {
    asked.push(path);
    const { pathname, searchParams } = new URL(path, "http://any.example");
    if (pathname !== "/customers") return { status: 200 as const, json: profiles };
    return { status: 200 as const, json: page(Number(searchParams.get("limit")), Number(searchParams.get("offset"))) };
  };
  return { asked, read, pagesAsked: () => asked.filter((path) => path.startsWith("/customers?")) };
}

const idsOf = (records: readonly object[]) => records.map((record) => (record as { customerId: string }).customerId);
const all = idsOf(customers);

describe("all pages are read", () => {
  test.each([
    [
      "as the document says",
      (limit: number, offset: number) => ({
        items: customers.slice(offset, offset + limit),
        pagination: { total: 230 },
      }),
      3,
    ],
    [
      "of a server with shorter pages",
      (_: number, offset: number) => ({ items: customers.slice(offset, offset + 50), pagination: { total: 230 } }),
      5,
    ],
    [
      "of a server that tells no total",
      (limit: number, offset: number) => ({ items: customers.slice(offset, offset + limit) }),
      4,
    ],
    ["of a server that knows no pages", () => ({ items: customers }), 2],
    [
      "of a list that moves meanwhile",
      (limit: number, offset: number) => ({
        items: customers.slice(Math.max(0, offset - 3), offset + limit),
        pagination: { total: 230 },
      }),
      3,
    ],
  ])("%s", async (_, page, requests) => {
    const { read, pagesAsked } = pages(page);
    expect(idsOf((await readRecords(read, {})).customers)).toEqual(all);
    expect(pagesAsked().length).toBe(requests);
    expect(pagesAsked()[0]).toBe("/customers?limit=100&offset=0");
  });
});

test("no more customers are asked for than are wanted", async () => {
  const { read, asked } = pages((_, offset) => ({
    items: customers.slice(offset, offset + 100),
    pagination: { total: 230 },
  }));
  expect(idsOf((await readRecords(read, { limit: 130 })).customers)).toEqual(all.slice(0, 130));
  expect(asked.slice(0, 2)).toEqual(["/customers?limit=100&offset=0", "/customers?limit=30&offset=100"]);
  expect(asked.length).toBe(2 + 130);
});

test("a profile that two customers list is read once, and an owner without any has none", async () => {
  const { read } = pages(() => ({ items: customers.slice(0, 2) }), { items: [{ paymentProfileId: "pay-1" }] });
  expect((await readRecords(read, {})).paymentProfiles).toEqual([{ paymentProfileId: "pay-1" }]);
  const none = async (path: string) =>
    path.startsWith("/payment-profiles") ? { status: 404 as const, json: {} } : read(path);
  expect((await readRecords(none, {})).paymentProfiles).toEqual([]);
});

test.each([[[]], [{ items: "none" }], [{ items: [1] }], ["text"], [null]])("the page %j is refused", async (page) => {
  const { read } = pages(() => page);
  await expect(readRecords(read, {})).rejects.toThrow(
    'The answer to GET /customers?limit=100&offset=0 should be { "items": [...] }, a list of objects; it is not.',
  );
});
