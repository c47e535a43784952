import { expect, test } from "vitest";
import { orderAsked } from "../../src/document/sorting.ts";

const members = ["id", "name", "created_at", "unitPrice"];

/** An order as one word: `-name,unitPrice`. */
const asked = (query: Record<string, unknown>) =>
  orderAsked(query, members)
    ?.map(({ member, isDescending }) => `${isDescending ? "-" : ""}${member}`)
    .join();

test.each([
  [{ sort: "name" }, "name"],
  [{ sort: "-name" }, "-name"],
  // The plus of `sort=+name` is a space to most readers of a query.
  [{ sort: " name" }, "name"],
  [{ sort: "+name" }, "name"],
  [{ sort: "-name,unit_price" }, "-name,unitPrice"],
  [{ sort: ["-name", "unit_price"] }, "-name,unitPrice"],
  [{ sort: "name,desc" }, "-name"],
  [{ sort: ["name,desc", "id,asc"] }, "-name,id"],
  [{ sort: "unitPrice:desc" }, "-unitPrice"],
  [{ order_by: "unit_price desc" }, "-unitPrice"],
  [{ orderBy: "CREATED_AT_DESC" }, "-created_at"],
  [{ sort: "created", direction: "desc" }, "-created_at"],
  [{ sort: "created", order: "asc" }, "created_at"],
  [{ sortBy: "name", sortOrder: "DESCENDING" }, "-name"],
  [{ ordering: "name", limit: 5 }, "name"],
])("%j asks for %s", (query, wanted) => {
  expect(asked(query)).toBe(wanted);
});

test.each([{}, { sort: "" }, { sort: "nearest" }, { sort: "name,nearest" }, { order: "desc" }, { name: "sort" }])(
  "%j asks for no order that is known",
  (query) => {
    expect(asked(query)).toBeUndefined();
  },
);
