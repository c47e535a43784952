import { describe, expect, test } from "vitest";
import { pageAsked, pageOf, tellingOf } from "../../src/mock/pages.ts";

const all = ["a", "b", "c", "d", "e"].map((id) => ({ id }));
const idOf = ({ id }: Record<string, unknown>) => String(id);
const isAnything = () => true;

/** What an envelope tells of the page that a query asks for. */
function told(envelope: Record<string, unknown>, query: Record<string, unknown>, accepts = (_: unknown) => true) {
  return tellingOf(envelope, pageOf(all, pageAsked(query, 1), idOf), idOf, accepts);
}

describe("what a page tells of the next one", () => {
  test("is the cursor behind its last item, and nothing on the last page", () => {
    expect(told({ next_cursor: "x" }, { limit: 2 })).toEqual({ next_cursor: "b" });
    expect(told({ next_cursor: "x" }, { limit: 2, cursor: "d" })).toEqual({});
  });

  test("is its number where it has one", () => {
    const isNumber = (value: unknown) => typeof (value as { next_page: unknown }).next_page === "number";
    expect(told({ next_page: 7 }, { limit: 2 }, isNumber)).toEqual({ next_page: 2 });
    expect(told({ page: 2, next: 7 }, { limit: 2, page: 2 })).toEqual({ page: 2, next: 3 });
  });

  test.each([
    ["/books?page=2&sort=name", { limit: 2, page: 2 }, "/books?page=3&sort=name"],
    ["https://x.test/books?offset=9&limit=9", { limit: 2, offset: 1 }, "https://x.test/books?offset=3&limit=2"],
    ["/books?starting_after=x", { limit: 2 }, "/books?starting_after=b"],
    ["/books/next", { limit: 2 }, "/books/next"],
  ])("is the link %s with what it asks for", (next, query, expected) => {
    expect(told({ links: { next } }, query, isAnything)).toEqual({ links: { next: expected } });
  });
});
