import { expect, test } from "vitest";
import { resourcesOf } from "../../src/document/resources.ts";
import { loadSpec, parseSpec, SpecError } from "../../src/index.ts";

/** What is recognised in a document of these reads: of each path, the members of what it answers. */
function recognised(paths: Readonly<Record<string, readonly string[] | undefined>>, more: object = {}) {
  const items = Object.entries(paths).map(([path, members]) => {
    const properties = Object.fromEntries((members ?? []).map((name) => [name, { type: "string" }]));
    const schema = { type: "object", properties };
    const media = members ? { schema } : { example: {} };
    const response = { description: "One.", content: { "application/json": media } };
    return [path, { get: { responses: { "200": response } }, ...more }];
  });
  const document = { openapi: "3.1.0", info: { title: "A", version: "1" }, paths: Object.fromEntries(items) };
  return resourcesOf(parseSpec(JSON.stringify(document))).map(({ name, id, itemPath }) => [name, id, itemPath]);
}

test.each([
  ["/books/{bookId}", ["bookId", "title"], ["books", "bookId"]],
  ["/books/{book_id}", ["id", "title"], ["books", "id"]],
  ["/books/{book-id}", ["bookId"], ["books", "bookId"]],
  ["/books/{isbn}", ["isbn", "id"], ["books", "isbn"]],
  ["/books/{id}", ["ID", "title"], ["books", "ID"]],
  ["/books/{bookNumber}", ["number"], ["books", "number"]],
  ["/v1/payment-methods/{id}", ["id"], ["paymentMethods", "id"]],
  ["/shelves/{shelfId}/books/{bookId}", ["bookId"], ["/shelves/{shelfId}/books", "bookId"]],
  ["/books/{bookId}.json", ["bookId"], ["books", "bookId"]],
  ["/books/{bookId}/", ["bookId"], ["books", "bookId"]],
  ["/issues/{issue_number}", ["id", "number"], ["issues", "number"]],
  ["/labels/{label_name}", ["id", "name"], ["labels", "name"]],
  ["/labels/{name}", ["id", "name"], ["labels", "name"]],
  ["/files/{file}", ["uuid"], ["files", "uuid"]],
  ["/pages/{page_slug}", ["slug", "id"], ["pages", "slug"]],
  ["/books/{id}", ["book_id"], ["books", "book_id"]],
  ["/categories/{category_id}", ["id"], ["categories", "id"]],
  ["/books/{external_book_id}", ["external_id", "lib_id"], ["books", "external_id"]],
  ["/taxes/{id}", ["tax_id"], ["taxes", "tax_id"]],
] as const)("%s of records with %j", (path, members, wanted) => {
  expect(recognised({ [path]: members })).toEqual([[...wanted, path]]);
});

test.each([
  ["a list", { "/books": ["id"] }],
  ["a record that has no member for its path", { "/books/{bookId}": ["title"] }],
  ["an answer without a schema", { "/books/{bookId}": undefined }],
  ["what ends in more than a parameter", { "/books/{bookId}/cover": ["bookId"] }],
])("%s is no resource", (_, paths) => {
  expect(recognised(paths)).toEqual([]);
});

test.each([
  ["a text where the id is a number", "string", "slug", "slug"],
  ["a number, as the id is", "integer", "slug", "id"],
  ["a text where no word names a record", "string", "title", "id"],
])("a record is named by %s", (_, type, word, wanted) => {
  const properties = { id: { type: "integer" }, [word]: { type: "string" } };
  const media = { schema: { type: "object", properties } };
  const read = {
    parameters: [{ name: "page", in: "path", required: true, schema: { type } }],
    get: { responses: { 200: { description: "One.", content: { "application/json": media } } } },
  };
  const document = { openapi: "3.1.0", info: { title: "A", version: "1" }, paths: { "/pages/{page}": read } };
  expect(resourcesOf(parseSpec(JSON.stringify(document)))).toMatchObject([{ id: wanted }]);
});

test.each([
  ["card", true],
  ["library_card", true],
  ["data", true],
  ["cardholder", false],
])("a record of /cards/{id} stands in a member %s: %s", (name, wanted) => {
  const card = { type: "object", properties: { id: { type: "string" } } };
  const schema = { type: "object", properties: { errors: { type: "array" }, [name]: card } };
  const get = { responses: { 200: { description: "One.", content: { "application/json": { schema } } } } };
  const paths = { "/cards/{id}": { get } };
  const spec = parseSpec(JSON.stringify({ openapi: "3.1.0", info: { title: "A", version: "1" }, paths }));
  expect(resourcesOf(spec)).toHaveLength(wanted ? 1 : 0);
});

test("of two paths to records of one name the shorter one has it", () => {
  const paths = { "/v2/books/{bookId}": ["bookId"], "/books/{bookId}": ["bookId"] };
  expect(recognised(paths)).toEqual([
    ["books", "bookId", "/books/{bookId}"],
    ["/v2/books", "bookId", "/v2/books/{bookId}"],
  ]);
});

const saying = (said: unknown) => ({ "x-understudy-resource": said });

test("the document may say otherwise", () => {
  const paths = { "/books/{bookId}": ["bookId", "isbn"] };
  expect(recognised(paths, saying(false))).toEqual([]);
  expect(recognised(paths, saying({ name: "library", id: "isbn" }))).toEqual([["library", "isbn", "/books/{bookId}"]]);
  expect(recognised({ "/books/{page}": ["title"] }, saying({ id: "title" }))).toEqual([
    ["books", "title", "/books/{page}"],
  ]);
  expect(recognised({ "/books/{page}": ["slug", "id"] }, saying({ id: "id" }))).toEqual([
    ["books", "id", "/books/{page}"],
  ]);
});

test("and where all records are", () => {
  const schema = { type: "object", properties: { id: { type: "string" } } };
  const response = { description: "One.", content: { "application/json": { schema } } };
  const document = {
    openapi: "3.1.0",
    info: { title: "A", version: "1" },
    paths: {
      "/shelves/{shelf}/{id}": {
        parameters: ["shelf", "id"].map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
        get: { responses: { 200: response } },
        ...saying({ list: "/my/books" }),
      },
      "/my/books": { post: { responses: { 201: response } } },
    },
  };
  const [resource] = resourcesOf(parseSpec(JSON.stringify(document)));
  expect(resource).toMatchObject({ listPath: "/my/books", id: "id" });
  expect([...resource!.uses.values()]).toEqual(["create", "read"]);
});

test.each<[unknown, string]>([
  [true, "should be false, or { name, id, list } with what the path does not tell; received true."],
  [{ ident: "isbn" }, 'takes name, id, list; received "ident".'],
  [{ name: "my books" }, 'has a name that should be the name of a collection, such as books; received "my books".'],
  [{ id: 7 }, "has an id that should be the name of the member that the path holds, such as isbn; received 7."],
  [{ list: "/book" }, 'has a list that should be the path of all records, one of the document; received "/book".'],
  [{ id: "isbm" }, ': none of its answers has a schema of records with a member "isbm". Did you mean "isbn"?'],
  [
    { id: "signature" },
    ': none of its answers has a schema of records with a member "signature". They have isbn, title.',
  ],
])("x-understudy-resource: %j is refused", (said, wanted) => {
  const path = "/books/{isbn}";
  const separator = wanted.startsWith(":") ? "" : " ";
  expect(() => recognised({ [path]: ["isbn", "title"] }, saying(said))).toThrow(
    new SpecError(`x-understudy-resource of ${path}${separator}${wanted}`),
  );
});

test.each([
  ["/books", "x-understudy-resource of /books should stand at the path of one record, which ends in a parameter."],
  [
    "/books/{page}",
    "x-understudy-resource of /books/{page}: none of its answers has a schema of records with a member for the parameter; say which with id. They have title.",
  ],
])("nor may it say so of %s", (path, wanted) => {
  expect(() => recognised({ [path]: ["title"] }, saying({ name: "books" }))).toThrow(new SpecError(wanted));
});

test("the shipped document has customers and payment profiles", () => {
  expect(resourcesOf(loadSpec()).map(({ name, id, listPath }) => [name, id, listPath])).toEqual([
    ["customers", "customerId", "/customers"],
    ["paymentProfiles", "paymentProfileId", "/payment-profiles"],
  ]);
});
