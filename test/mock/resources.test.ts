import { describe, expect, test } from "vitest";
import { parseSpec } from "../../src/index.ts";
import { testMock } from "../mock.ts";

const book = { $ref: "#/components/schemas/Book" };
const review = { $ref: "#/components/schemas/Review" };
const json = (schema: object, more: object = {}) => ({ content: { "application/json": { schema, ...more } } });
const answers = (status: number, schema?: object, more: object = {}) => ({
  responses: { [status]: { description: "Done.", ...(schema ? json(schema) : {}), ...more } },
});
const takes = (schema: object) => ({ requestBody: { required: true, ...json(schema) } });
const inPath = (name: string) => ({ name, in: "path", required: true, schema: { type: "string" } });
const inQuery = (name: string, schema: object) => ({ name, in: "query", schema });

const schemas = {
  Book: {
    type: "object",
    required: ["bookId", "title", "addedAt"],
    properties: {
      bookId: { type: "string", pattern: "^bk-[a-z0-9]{6}$", readOnly: true },
      title: { type: "string", minLength: 1 },
      pages: { type: "integer", minimum: 1 },
      language: { type: "string", default: "en" },
      subtitle: { type: ["string", "null"] },
      author: { type: "object", properties: { name: { type: "string" }, born: { type: "integer" } } },
      addedAt: { type: "string", format: "date-time", readOnly: true },
    },
  },
  Review: {
    type: "object",
    required: ["id", "bookId", "stars"],
    properties: {
      id: { type: "integer", readOnly: true },
      bookId: { type: "string", readOnly: true },
      stars: { type: "integer", minimum: 1, maximum: 5 },
      text: { type: "string" },
    },
  },
  Problem: { type: "object", required: ["message"], properties: { message: { type: "string" } } },
};

const shelf = {
  type: "object",
  required: ["items", "total", "hasMore"],
  properties: {
    items: { type: "array", items: book },
    total: { type: "integer" },
    hasMore: { type: "boolean" },
    nextCursor: { type: "string" },
  },
};

const paths = {
  "/books": {
    get: {
      parameters: [
        inQuery("limit", { type: "integer" }),
        inQuery("offset", { type: "integer" }),
        inQuery("page", { type: "integer" }),
        inQuery("after", { type: "string" }),
        inQuery("sort", { type: "string" }),
        inQuery("language", { type: "string" }),
      ],
      ...answers(200, shelf),
    },
    post: { ...takes(book), ...answers(201, book, { headers: { Location: { schema: { type: "string" } } } }) },
  },
  "/books/{bookId}": {
    parameters: [inPath("bookId")],
    get: answers(200, book),
    put: { ...takes(book), ...answers(200, book) },
    patch: { ...takes({ type: "object" }), ...answers(200, book) },
    delete: {
      responses: {
        204: { description: "Gone." },
        404: { description: "None.", ...json({ $ref: "#/components/schemas/Problem" }) },
      },
    },
  },
  "/books/{bookId}/lend": {
    parameters: [inPath("bookId")],
    post: answers(200, { type: "object", properties: { until: { type: "string" } } }),
  },
  "/books/{bookId}/reviews": {
    parameters: [inPath("bookId")],
    get: answers(200, { type: "array", items: review }),
    post: { ...takes(review), ...answers(201, review) },
  },
  "/books/{bookId}/reviews/{reviewId}": {
    parameters: [inPath("bookId"), inPath("reviewId")],
    get: answers(200, review),
    delete: answers(200, review),
  },
};

/** A document of these paths, and a short way to call its mock. */
function library(more: object = paths, kinds: object = {}) {
  const document = {
    openapi: "3.1.0",
    info: { title: "Library", version: "1" },
    security: [{ Key: [] }],
    paths: more,
    components: {
      securitySchemes: { Key: { type: "apiKey", in: "header", name: "X-API-Key" } },
      schemas: { ...schemas, ...kinds },
    },
  };
  return testMock({ spec: parseSpec(JSON.stringify(document)) });
}

const titles = (items: readonly { title: string }[]) => items.map(({ title }) => title);

describe("a record", () => {
  test("is created with what was sent, the defaults, and what only the server says; and read", async () => {
    const { call, mock } = library();
    const { status, headers, body } = await call("POST", "/books", { body: { title: "Emma", pages: 474 } });
    expect(status).toBe(201);
    expect(body).toEqual({
      bookId: expect.stringMatching(/^bk-[a-z0-9]{6}$/),
      title: "Emma",
      pages: 474,
      language: "en",
      addedAt: expect.any(String),
    });
    expect(mock.spec.schema("Book")(body)).toEqual([]);
    expect(headers.get("Location")).toBe(`/books/${body.bookId}`);
    const read = await call("GET", headers.get("Location")!);
    expect([read.status, read.body, read.headers.get("X-Mock-Generated")]).toEqual([200, body, null]);
  });

  test("has an id of its own", async () => {
    const { call } = library();
    const ids = [];
    for (let count = 0; count < 20; count++)
      ids.push((await call("POST", "/books", { body: { title: "A" } })).body.bookId);
    await call("DELETE", `/books/${ids[19]}`);
    ids.push((await call("POST", "/books", { body: { title: "A" } })).body.bookId);
    expect(new Set(ids).size).toBe(21);
  });

  test("has nothing of what only the server may say from a client", async () => {
    const { call } = library();
    const theirs = { bookId: "bk-abcdef", addedAt: "1999-01-01T00:00:00Z" };
    const { body: made } = await call("POST", "/books", { body: { title: "Emma", ...theirs } });
    expect(made.bookId).not.toBe(theirs.bookId);
    expect(made.addedAt).not.toBe(theirs.addedAt);
    for (const method of ["PUT", "PATCH"]) {
      const { body } = await call(method, `/books/${made.bookId}`, { body: { title: "Persuasion", ...theirs } });
      expect(body).toEqual({ ...made, title: "Persuasion" });
    }
  });

  test("is replaced by PUT as a whole, and changed by PATCH in part", async () => {
    const { call } = library();
    const { body: made } = await call("POST", "/books", {
      body: { title: "Emma", pages: 474, author: { name: "Jane", born: 1775 } },
    });
    const path = `/books/${made.bookId}`;
    const changed = await call("PATCH", path, {
      body: { pages: null, author: { born: null }, language: "fr", title: "" },
    });
    expect(changed.body).toEqual({ ...made, pages: undefined, author: { name: "Jane" }, language: "fr" });
    const put = await call("PUT", path, { body: { title: "Persuasion" } });
    const { bookId, addedAt } = made;
    expect(put.body).toEqual({ bookId, addedAt, title: "Persuasion", language: "en" });
    expect((await call("GET", path)).body).toEqual(put.body);
  });

  test("is not there once it was deleted, whatever is asked for", async () => {
    const { call } = library();
    const { bookId } = (await call("POST", "/books", { body: { title: "Emma" } })).body;
    const path = `/books/${bookId}`;
    expect(await call("DELETE", path)).toMatchObject({ status: 204, text: "" });
    expect(await call("DELETE", path)).toMatchObject({
      status: 404,
      body: { message: `There is no book "${bookId}".` },
    });
    const statuses = [
      await call("GET", path),
      await call("PUT", path, { body: { title: "Emma" } }),
      await call("PATCH", path, { body: {} }),
      await call("POST", `${path}/lend`),
      await call("GET", `${path}/reviews`),
      await call("POST", `${path}/reviews`, { body: { stars: 5 } }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([404, 404, 404, 404, 404, 404]);
    expect((await call("GET", "/books")).body.items).toEqual([]);
  });

  test("that the document refuses is not kept", async () => {
    const { call } = library();
    await call("POST", "/books", { body: { title: "Emma" } });
    expect((await call("POST", "/books", { body: { title: "" } })).status).toBe(400);
    expect((await call("POST", "/books", { body: [] })).status).toBe(400);
    expect((await call("POST", "/books", { body: "title=x", headers: { "Content-Type": "text/plain" } })).status).toBe(
      415,
    );
    expect(titles((await call("GET", "/books")).body.items)).toEqual(["Emma"]);
  });
});

describe("while nobody has created a record", () => {
  test("any id is that of one, which is the same from then on", async () => {
    const { call, mock } = library();
    const first = await call("GET", "/books/bk-000001");
    expect([first.status, first.headers.get("X-Mock-Generated"), first.body.bookId]).toEqual([
      200,
      "true",
      "bk-000001",
    ]);
    expect(mock.spec.schema("Book")(first.body)).toEqual([]);
    expect((await call("GET", "/books/bk-000001")).body).toEqual(first.body);
    await call("POST", "/books", { body: { title: "Emma" } });
    expect((await call("GET", "/books/bk-000001")).body).toEqual(first.body);
    expect((await call("GET", "/books/bk-000002")).status).toBe(404);
    expect((await call("POST", "/books/bk-000002/lend")).status).toBe(404);
  });

  test("any id can be changed and deleted", async () => {
    const { call } = library();
    expect((await call("PATCH", "/books/bk-000001", { body: { title: "Emma" } })).body).toMatchObject({
      bookId: "bk-000001",
      title: "Emma",
    });
    expect((await call("PUT", "/books/bk-000002", { body: { title: "Ivanhoe" } })).body).toMatchObject({
      bookId: "bk-000002",
      title: "Ivanhoe",
    });
    expect((await call("DELETE", "/books/bk-000003")).status).toBe(204);
    expect((await call("GET", "/books/bk-000003")).status).toBe(404);
    expect((await call("GET", "/books/bk-000004")).status).toBe(200);
    expect(titles((await call("GET", "/books")).body.items).slice(0, 2)).toEqual(["Emma", "Ivanhoe"]);
  });

  test("a list is made up, and each of its records can be read", async () => {
    const { call } = library();
    const { body, headers } = await call("GET", "/books");
    expect(headers.get("X-Mock-Generated")).toBe("true");
    expect(body.items.length).toBeGreaterThan(0);
    for (const item of body.items) expect((await call("GET", `/books/${item.bookId}`)).body).toEqual(item);
    await call("DELETE", `/books/${body.items[0].bookId}`);
    expect((await call("GET", "/books")).body.items).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ bookId: body.items[0].bookId })]),
    );
  });

  test("a page of a list that is made up is as large as asked for", async () => {
    const { call } = library();
    const { body: whole } = await call("GET", "/books");
    const { body: first } = await call("GET", "/books?limit=1");
    const { body: second } = await call("GET", "/books?limit=1&offset=1");
    expect([...first.items, ...second.items]).toEqual(whole.items.slice(0, 2));
    expect(first).toMatchObject({ total: whole.items.length, hasMore: true });
  });

  test("tells what is behind a page, though its example does not", async () => {
    const paged = {
      "/books": {
        ...paths["/books"],
        get: {
          ...paths["/books"].get,
          responses: { 200: { description: "", ...json(shelf, { example: { items: [], total: 0, hasMore: false } }) } },
        },
      },
      "/books/{bookId}": paths["/books/{bookId}"],
    };
    const { call } = library(paged);
    for (const title of ["A", "B"]) await call("POST", "/books", { body: { title } });
    const { body } = await call("GET", "/books?limit=1");
    const { body: rest } = await call("GET", `/books?limit=1&after=${body.nextCursor}`);
    expect([...titles(body.items), ...titles(rest.items)]).toEqual(["A", "B"]);
    expect(rest).not.toHaveProperty("nextCursor");
  });

  test("a valid example is the answer, whatever id is asked for", async () => {
    const example = { bookId: "bk-abcdef", title: "Emma", addedAt: "2026-01-01T00:00:00Z" };
    const read = { get: { responses: { 200: { description: "One.", ...json(book, { example }) } } } };
    const { call } = library({ ...paths, "/books/{bookId}": { ...paths["/books/{bookId}"], ...read } });
    expect((await call("GET", "/books/bk-000001")).body).toEqual(example);
    expect((await call("GET", "/books/bk-000001")).body).toEqual(example);
    await call("PATCH", "/books/bk-000001", { body: { pages: 1 } });
    expect((await call("GET", "/books/bk-000001")).body).toEqual({ ...example, bookId: "bk-000001", pages: 1 });
  });
});

describe("a list", () => {
  const five = ["A", "B", "C", "D", "E"];

  test.each([
    ["?limit=2", ["A", "B"], true],
    ["?limit=2&offset=3", ["D", "E"], false],
    ["?limit=2&page=2", ["C", "D"], true],
    ["?limit=9&offset=9", [], false],
    ["", five, false],
  ])("is told in pages: %s", async (query, wanted, hasMore) => {
    const { call } = library();
    for (const title of five) await call("POST", "/books", { body: { title } });
    const { body, headers } = await call("GET", `/books${query}`);
    expect([titles(body.items), body.total, body.hasMore]).toEqual([wanted, 5, hasMore]);
    expect("nextCursor" in body && !hasMore).toBe(false);
    expect(headers.get("X-Mock-Generated")).toBeNull();
  });

  test("is told behind a cursor", async () => {
    const { call } = library();
    const ids = [];
    for (const title of five) ids.push((await call("POST", "/books", { body: { title } })).body.bookId);
    const { body } = await call("GET", `/books?limit=2&after=${ids[1]}`);
    expect(titles(body.items)).toEqual(["C", "D"]);
  });

  test("holds those whose member has the value that is asked for", async () => {
    const { call } = library();
    await call("POST", "/books", { body: { title: "Emma" } });
    await call("POST", "/books", { body: { title: "Candide", language: "fr" } });
    expect(titles((await call("GET", "/books?language=fr")).body.items)).toEqual(["Candide"]);
    expect(titles((await call("GET", "/books?language=de")).body.items)).toEqual([]);
  });

  test("has the order that is asked for, also in pages; one that nobody understands changes nothing", async () => {
    const { call } = library();
    const pages = { b: 10, c: undefined, a: 9, B: 10 };
    for (const [title, count] of Object.entries(pages))
      await call("POST", "/books", { body: { title, ...(count === undefined ? {} : { pages: count }) } });
    const inOrder = async (query: string) => titles((await call("GET", `/books?${query}`)).body.items).join("");
    expect(await inOrder("")).toBe("bcaB");
    expect(await inOrder("sort=title")).toBe("Babc");
    expect(await inOrder("sort=-title&limit=2&offset=1")).toBe("ba");
    // What says nothing of it comes last, whichever way the others go; 9 comes before 10.
    expect(await inOrder("sort=pages")).toBe("abBc");
    expect(await inOrder("sort=pages,desc")).toBe("bBac");
    expect(await inOrder("sort=-pages,title")).toBe("Bbac");
    for (const sort of ["nearest", "title,nearest", ""]) expect(await inOrder(`sort=${sort}`)).toBe("bcaB");
  });

  test("leaves out nothing where its filter is by default for all of them", async () => {
    const tag = {
      type: "object",
      required: ["id", "kind"],
      properties: { id: { type: "string" }, kind: { type: "string", default: "plain" } },
    };
    const { call } = library({
      "/tags": {
        get: {
          parameters: [inQuery("kind", { type: "string", default: "none" })],
          ...answers(200, { type: "array", items: tag }),
        },
        post: { ...takes({ type: "object", properties: tag.properties }), ...answers(201, tag) },
      },
      "/tags/{id}": { parameters: [inPath("id")], delete: answers(204) },
    });
    expect((await call("POST", "/tags", { body: {} })).body.kind).toBe("plain");
    expect((await call("GET", "/tags")).body).toHaveLength(1);
  });

  test("whose records have no read of their own makes up no address of one", async () => {
    const located = { headers: { Location: { schema: { type: "string" }, example: "/tags/example" } } };
    const tag = { type: "object", required: ["id"], properties: { id: { type: "string" } } };
    const { call } = library({
      "/tags": {
        get: answers(200, { type: "array", items: tag }),
        post: { ...takes({ type: "object" }), ...answers(201, tag, located) },
      },
      "/tags/{id}": { parameters: [inPath("id")], delete: answers(204) },
    });
    expect((await call("POST", "/tags", { body: {} })).headers.get("Location")).toBe("/tags/example");
  });

  test("shows records as its own schema has them", async () => {
    const brief = {
      type: "object",
      additionalProperties: false,
      required: ["bookId"],
      properties: { bookId: { type: "string" }, title: { type: "string" } },
    };
    const list = { get: answers(200, { type: "array", items: brief }), post: paths["/books"].post };
    const { call } = library({ ...paths, "/books": list });
    const { bookId } = (await call("POST", "/books", { body: { title: "Emma", pages: 3 } })).body;
    expect((await call("GET", "/books")).body).toEqual([{ bookId, title: "Emma" }]);
    expect((await call("GET", `/books/${bookId}`)).body.pages).toBe(3);
  });
});

describe("records that belong to others", () => {
  test("are those of their own parent", async () => {
    const { call, mock } = library();
    const one = (await call("POST", "/books", { body: { title: "One" } })).body.bookId;
    const two = (await call("POST", "/books", { body: { title: "Two" } })).body.bookId;
    const first = await call("POST", `/books/${one}/reviews`, { body: { stars: 5 } });
    expect(first.body).toEqual({ id: 1, bookId: one, stars: 5 });
    await call("POST", `/books/${one}/reviews`, { body: { stars: 4 } });
    const other = await call("POST", `/books/${two}/reviews`, { body: { stars: 1, text: "No." } });
    expect(other.body).toEqual({ id: 1, bookId: two, stars: 1, text: "No." });
    const stars = async (id: string) =>
      (await call("GET", `/books/${id}/reviews`)).body.map((one: { stars: number }) => one.stars);
    expect([await stars(one), await stars(two)]).toEqual([[5, 4], [1]]);
    expect((await call("GET", `/books/${two}/reviews/2`)).status).toBe(404);
    expect((await call("DELETE", `/books/${one}/reviews/1`)).body).toEqual(first.body);
    expect([await stars(one), await stars(two)]).toEqual([[4], [1]]);
    const { records } = await (await mock.sandbox()).snapshot();
    expect(Object.keys(records)).toEqual(expect.arrayContaining(["books", `/books/${one}/reviews`]));
  });
});

describe("what is kept", () => {
  test("is kept for each key by itself, and forgotten by a reset", async () => {
    const { call } = library();
    const { bookId } = (await call("POST", "/books", { body: { title: "Emma" } })).body;
    const other = { headers: { "X-API-Key": "test_other" } };
    await call("POST", "/books", { body: { title: "Candide" }, ...other });
    expect(titles((await call("GET", "/books")).body.items)).toEqual(["Emma"]);
    expect(titles((await call("GET", "/books", other)).body.items)).toEqual(["Candide"]);
    await call("DELETE", `/books/${bookId}`);
    await call("POST", "/_understudy/reset");
    expect((await call("GET", `/books/${bookId}`)).headers.get("X-Mock-Generated")).toBe("true");
    expect(titles((await call("GET", "/books", other)).body.items)).toEqual(["Candide"]);
  });

  test("stands in the control plane's state, and can be put back there", async () => {
    const { call } = library();
    const { body } = await call("POST", "/books", { body: { title: "Emma" } });
    await call("POST", `/books/${body.bookId}/reviews`, { body: { stars: 5 } });
    const state = (await call("GET", "/_understudy/state")).body;
    expect(state).toMatchObject({ books: [body], [`/books/${body.bookId}/reviews`]: [{ id: 1, stars: 5 }] });
    await call("POST", "/_understudy/reset");
    expect((await call("PUT", "/_understudy/state", { body: state })).status).toBe(204);
    expect((await call("GET", `/books/${body.bookId}`)).body).toEqual(body);
    expect((await call("GET", `/books/${body.bookId}/reviews`)).body).toMatchObject([{ stars: 5 }]);
    const wrong = { ...state, [`/books/${body.bookId}/reviews`]: [{ id: 1, stars: 9 }] };
    expect((await call("PUT", "/_understudy/state", { body: wrong })).status).toBe(400);
  });

  test("by a handler of one's own is read by the others", async () => {
    const document = library().mock.spec;
    const { call } = testMock({
      spec: document,
      handlers: {
        "POST /books": async (_, sandbox) => {
          const record = { bookId: "bk-aaaaaa", title: "By hand", addedAt: "2026-01-01T00:00:00Z" };
          return { status: 201, body: await sandbox.collection("books").insert(record), headers: { "X-Hand": "yes" } };
        },
      },
    });
    expect((await call("POST", "/books", { body: { title: "?" } })).headers.get("X-Hand")).toBe("yes");
    expect(titles((await call("GET", "/books")).body.items)).toEqual(["By hand"]);
    expect((await call("GET", "/books/bk-bbbbbb")).status).toBe(404);
  });
});

describe("a handler of one's own may ask for the usual", () => {
  test.each([
    ["POST /books", "POST", "/books", 201],
    ["POST /books/{bookId}/lend", "POST", "/books/bk-aaaaaa/lend", 200],
    ["DELETE /books/{bookId}", "DELETE", "/books/bk-aaaaaa", 204],
  ])("in %s", async (id, method, path, status) => {
    const { call } = testMock({
      spec: library().mock.spec,
      handlers: {
        [id]: async (_input: object, _sandbox: object, usual: () => Promise<{ status: number; body: unknown }>) => ({
          ...(await usual()),
          headers: { "X-Hand": "yes" },
        }),
      },
    });
    const body = method === "POST" ? { body: { title: "Emma" } } : {};
    const reply = await call(method, path, body);
    expect([reply.status, reply.headers.get("X-Hand")]).toEqual([status, "yes"]);
    const wanted = { 201: { title: "Emma" }, 200: { until: expect.any(String) }, 204: undefined }[status];
    if (wanted) expect(reply.body).toMatchObject(wanted);
    const [gone] = [await call("GET", "/books/bk-aaaaaa")];
    expect(gone.status).toBe(status === 200 ? 200 : 404);
  });
});

describe("other ways to say the same", () => {
  test("a form, POST to one record, a list in an envelope, and a deletion that is told", async () => {
    const form = {
      content: {
        "application/x-www-form-urlencoded": {
          schema: {
            type: "object",
            properties: {
              amount: { type: "integer" },
              label: { type: "string" },
              tags: { type: "object", additionalProperties: { type: "string" } },
            },
          },
          encoding: { tags: { style: "deepObject", explode: true } },
        },
      },
    };
    const charge = { $ref: "#/components/schemas/Charge" };
    const Charge = {
      type: "object",
      required: ["id", "object", "amount"],
      properties: {
        id: { type: "string" },
        object: { enum: ["charge"] },
        amount: { type: "integer" },
        label: { type: ["string", "null"] },
        tags: { type: "object", additionalProperties: { type: "string" } },
      },
    };
    const gone = {
      type: "object",
      required: ["id", "object", "deleted"],
      properties: { id: { type: "string" }, object: { enum: ["charge"] }, deleted: { enum: [true] } },
    };
    const { call } = library(
      {
        "/v1/charges": {
          get: answers(200, {
            type: "object",
            required: ["data", "has_more"],
            properties: { data: { type: "array", items: charge }, has_more: { type: "boolean" } },
          }),
          post: { requestBody: form, ...answers(200, charge) },
        },
        "/v1/charges/{charge}": {
          parameters: [inPath("charge")],
          get: answers(200, { anyOf: [charge, { $ref: "#/components/schemas/Gone" }] }),
          post: { requestBody: form, ...answers(200, charge) },
          delete: answers(200, { $ref: "#/components/schemas/Gone" }),
        },
      },
      { Charge, Gone: gone },
    );
    const send = (path: string, body: string) =>
      call("POST", path, { body, headers: { "Content-Type": "application/x-www-form-urlencoded" } });
    const { id, ...made } = (await send("/v1/charges", "amount=1200&tags[a]=b")).body;
    expect(made).toEqual({ object: "charge", amount: 1200, tags: { a: "b" } });
    expect((await send("/v1/charges", "amount=x")).status).toBe(400);
    expect((await send(`/v1/charges/${id}`, "label=tea&tags[c]=d")).body).toEqual({
      id,
      ...made,
      label: "tea",
      tags: { a: "b", c: "d" },
    });
    expect((await call("GET", "/v1/charges")).body).toMatchObject({ data: [{ id, label: "tea" }], has_more: false });
    expect((await call("DELETE", `/v1/charges/${id}`)).body).toEqual({ id, object: "charge", deleted: true });
    expect((await call("GET", `/v1/charges/${id}`)).status).toBe(404);
  });

  test("the id that a client sends, once", async () => {
    const label = {
      type: "object",
      required: ["name"],
      properties: { id: { type: "integer" }, name: { type: "string" } },
    };
    const { call } = library({
      "/labels": {
        post: { ...takes(label), ...answers(201, label) },
        get: answers(200, { type: "array", items: label }),
      },
      "/labels/{name}": { parameters: [inPath("name")], get: answers(200, label), delete: answers(204) },
    });
    expect((await call("GET", "/labels/bug")).status).toBe(200);
    expect((await call("POST", "/labels", { body: { name: "bug" } })).body.name).toBe("bug");
    expect(await call("POST", "/labels", { body: { name: "bug" } })).toMatchObject({
      status: 409,
      body: { detail: 'The label "bug" is there already.' },
    });
    await call("DELETE", "/labels/bug");
    expect((await call("POST", "/labels", { body: { name: "bug" } })).status).toBe(201);
  });

  test("a record in a wrapper, in requests and answers", async () => {
    const wrapped = { type: "object", required: ["data"], properties: { data: book } };
    const { call } = library({
      "/books": {
        post: { ...takes(wrapped), ...answers(201, wrapped) },
        get: answers(200, { type: "object", properties: { data: { type: "array", items: book } } }),
      },
      "/books/{id}": {
        parameters: [inPath("id")],
        get: answers(200, wrapped),
        put: { ...takes(wrapped), ...answers(200, wrapped) },
      },
    });
    const { data } = (await call("POST", "/books", { body: { data: { title: "Emma" } } })).body;
    expect(data.title).toBe("Emma");
    await call("PUT", `/books/${data.bookId}`, { body: { data: { title: "Ivanhoe" } } });
    expect((await call("GET", `/books/${data.bookId}`)).body).toEqual({ data: { ...data, title: "Ivanhoe" } });
    expect(titles((await call("GET", "/books")).body.data)).toEqual(["Ivanhoe"]);
  });

  test("an object beside others is no wrapper, whatever it holds", async () => {
    const hold = {
      type: "object",
      required: ["id", "kind"],
      properties: { id: { type: "string" }, kind: { enum: ["hold"] }, of: { type: "object" } },
    };
    const sent = {
      type: "object",
      properties: { rule: { type: "string" }, target: { type: "object", properties: { id: {}, kind: {} } } },
    };
    const { call } = library({
      "/holds": { post: { ...takes(sent), ...answers(201, hold) } },
      "/holds/{id}": { parameters: [inPath("id")], get: answers(200, hold) },
    });
    const body = { rule: "r1", target: { id: "t1", kind: "hold" } };
    const made = [await call("POST", "/holds", { body }), await call("POST", "/holds", { body })];
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    expect(made[0]!.body.id).not.toBe("t1");
  });

  test("PUT of the whole path, which names its record in the body, and an answer that POST alone gives", async () => {
    const pet = {
      type: "object",
      required: ["id", "name"],
      properties: { id: { type: "integer" }, name: { type: "string" } },
    };
    const { call } = library({
      "/pet": {
        post: { ...takes({ ...pet, required: ["name"] }), ...answers(200, pet) },
        put: { ...takes(pet), ...answers(200, pet) },
      },
      "/pet/{petId}": { parameters: [{ ...inPath("petId"), schema: { type: "integer" } }], delete: answers(204) },
    });
    const { id } = (await call("POST", "/pet", { body: { name: "Rex" } })).body;
    expect(id).toBe(1);
    expect((await call("PUT", "/pet", { body: { id, name: "Max" } })).body).toEqual({ id, name: "Max" });
    expect((await call("PUT", "/pet", { body: { id: 7, name: "Max" } })).status).toBe(404);
    expect((await call("DELETE", `/pet/${id}`)).status).toBe(204);
    expect((await call("DELETE", `/pet/${id}`)).status).toBe(404);
  });

  test("PUT creates where it declares 201", async () => {
    const put = {
      ...takes(book),
      responses: { 200: { description: "Replaced.", ...json(book) }, 201: { description: "Made.", ...json(book) } },
    };
    const { call } = library({
      "/books": { get: paths["/books"].get },
      "/books/{bookId}": { parameters: [inPath("bookId")], put, delete: answers(204) },
    });
    const statuses = [];
    for (const method of ["PUT", "PUT", "DELETE", "PUT"])
      statuses.push(
        (await call(method, "/books/bk-aaaaaa", method === "PUT" ? { body: { title: "Emma" } } : {})).status,
      );
    expect(statuses).toEqual([201, 200, 204, 201]);
    expect(titles((await call("GET", "/books")).body.items)).toEqual(["Emma"]);
  });

  test("what is done to a record answers it, changed by what was sent; what is made of it does not", async () => {
    const done = (status: number) => ({
      post: { parameters: [inPath("bookId")], requestBody: json({ type: "object" }), ...answers(status, book) },
    });
    const { call } = library({ ...paths, "/books/{bookId}/sell": done(200), "/books/{bookId}/copy": done(201) });
    const { body: made } = await call("POST", "/books", { body: { title: "Emma" } });
    const path = `/books/${made.bookId}`;
    expect((await call("POST", `${path}/sell`, { body: { pages: 3, price: 2 } })).body).toEqual({ ...made, pages: 3 });
    expect((await call("GET", path)).body.pages).toBe(3);
    expect((await call("POST", `${path}/copy`, { body: {} })).body.bookId).not.toBe(made.bookId);
    await call("DELETE", path);
    expect((await call("POST", `${path}/sell`, { body: {} })).status).toBe(404);
  });

  test("a write that keeps nothing answers what was sent", async () => {
    const receipt = {
      type: "object",
      required: ["number", "amount"],
      properties: { number: { type: "string" }, amount: { type: "integer" }, card: { type: "string" } },
    };
    const post = {
      ...takes({ type: "object", properties: { amount: {}, note: {}, card: {} } }),
      ...answers(200, receipt, {}),
    };
    const { call } = library({ ...paths, "/fines": { post } });
    const { body, headers } = await call("POST", "/fines", { body: { amount: 7, note: "late", card: [] } });
    expect(body).toMatchObject({ amount: 7, card: expect.any(String) });
    expect([body.note, headers.get("X-Mock-Generated")]).toEqual([undefined, "true"]);
  });

  test("an object by its name alone, a list by its only item, and a text as a number", async () => {
    const person = {
      type: "object",
      required: ["id", "login"],
      properties: { id: { type: "integer" }, login: { type: "string" } },
    };
    const parcel = {
      type: "object",
      required: ["id", "owner", "helpers", "tags", "size", "place"],
      properties: {
        id: { type: "string" },
        owner: person,
        helpers: { type: "array", items: person, minItems: 1 },
        tags: { type: "array", items: { type: "string" }, minItems: 1 },
        size: { type: "string" },
        place: { type: "object", required: ["id"], properties: { id: { type: "string" }, floor: { type: "string" } } },
      },
    };
    const { call } = library({
      "/parcels": { post: { ...takes({ type: "object" }), ...answers(201, parcel) } },
      "/parcels/{id}": { parameters: [inPath("id")], get: answers(200, parcel) },
    });
    const sent = { owner: "ada", helpers: ["bo", "cy"], tags: "new", size: 12, place: { floor: 3 } };
    expect((await call("POST", "/parcels", { body: sent })).body).toMatchObject({
      owner: { login: "ada" },
      helpers: [{ login: "bo" }, { login: "cy" }],
      tags: ["new"],
      size: "12",
      place: { id: expect.any(String), floor: "3" },
    });
  });

  test("a part of a request that says less than the record has, of a member that is not there yet", async () => {
    const place = { type: "object", required: ["id", "kind"], properties: { id: {}, kind: { enum: ["shelf"] } } };
    const crate = {
      type: "object",
      required: ["id"],
      properties: { id: { type: "string" }, at: place, past: { type: "array", items: place } },
    };
    const sent = { type: "object", properties: { at: { type: "object" }, past: { type: "array" } } };
    const one = { parameters: [inPath("id")], get: answers(200, crate) };
    const { call } = library({
      "/crates": { post: { ...takes(sent), ...answers(201, crate) } },
      "/crates/{id}": { ...one, put: { ...takes(sent), ...answers(200, crate) } },
    });
    const { body: made } = await call("POST", "/crates", { body: {} });
    const path = `/crates/${made.id}`;
    expect((await call("PUT", path, { body: {} })).body).toEqual({ id: made.id });
    const body = { at: { id: "s1" }, past: [{ id: "s2" }] };
    const [at, past] = ["s1", "s2"].map((id) => ({ id, kind: "shelf" }));
    expect((await call("PUT", path, { body })).body).toEqual({ id: made.id, at, past: [past] });
  });

  test("what is only written is not answered, wherever it stands", async () => {
    const card = {
      type: "object",
      properties: { number: { type: "string" }, code: { type: "string", writeOnly: true } },
    };
    const reader = {
      type: "object",
      required: ["id", "pin"],
      properties: {
        id: { type: "integer", readOnly: true },
        pin: { type: "string", writeOnly: true },
        card,
        others: { type: "array", items: { oneOf: [card, { type: "object", required: ["iban"] }] } },
      },
    };
    const post = { ...takes(reader), ...answers(201, reader) };
    const { call } = library({
      "/readers": { post },
      "/readers/{id}": { parameters: [{ ...inPath("id"), schema: { type: "integer" } }], get: answers(200, reader) },
      "/visitors": { post },
    });
    const body = { pin: "1", card: { number: "2", code: "3" }, others: [{ number: "4", code: "5" }] };
    const wanted = { id: expect.any(Number), card: { number: "2" }, others: [{ number: "4" }] };
    expect((await call("POST", "/readers", { body })).body).toEqual(wanted);
    expect((await call("GET", "/readers/1")).body).toEqual(wanted);
    expect((await call("POST", "/visitors", { body })).body).toEqual(wanted);
  });

  test("a record in one of several wrappers, and in no other", async () => {
    const tool = { type: "object", required: ["id"], properties: { id: { type: "string" }, use: { type: "string" } } };
    const wrapped = (name: string, schema: object) => ({
      type: "object",
      required: [name],
      properties: { [name]: schema },
    });
    const either = { oneOf: [wrapped("tools", { type: "array", items: tool }), wrapped("tool", tool)] };
    const { call } = library({
      "/tools": { post: { ...takes({ type: "object" }), ...answers(201, either) } },
      "/tools/{id}": { parameters: [inPath("id")], get: answers(200, wrapped("tool", tool)) },
    });
    const { body } = await call("POST", "/tools", { body: { use: "digging" } });
    expect(body).toEqual({ tool: { id: expect.any(String), use: "digging" } });
  });

  test("names in another style", async () => {
    const form = {
      type: "object",
      required: ["FriendlyName"],
      properties: { FriendlyName: { type: "string" }, To: { type: "string" } },
    };
    const message = {
      type: "object",
      properties: { sid: { type: "string" }, friendly_name: { type: "string" }, to: { type: "string" } },
    };
    const { call } = library({
      "/Messages.json": {
        post: { ...takes(form), ...answers(201, message) },
        get: { parameters: [inQuery("To", { type: "string" })], ...answers(200, { type: "array", items: message }) },
      },
      "/Messages/{Sid}.json": {
        parameters: [inPath("Sid")],
        get: answers(200, message),
        post: { ...takes({ ...form, required: [] }), ...answers(200, message) },
      },
    });
    const { sid, ...made } = (await call("POST", "/Messages.json", { body: { FriendlyName: "Ada", To: "1" } })).body;
    expect(made).toEqual({ friendly_name: "Ada", to: "1" });
    await call("POST", "/Messages.json", { body: { FriendlyName: "Bo" } });
    expect((await call("GET", "/Messages.json?To=1")).body).toEqual([{ sid, ...made }]);
    expect((await call("POST", `/Messages/${sid}.json`, { body: { To: "2" } })).body).toEqual({
      sid,
      ...made,
      to: "2",
    });
  });

  test("records without a path of their own, which their list shows", async () => {
    const note = { type: "object", required: ["id"], properties: { id: { type: "string" }, text: { type: "string" } } };
    const all = answers(200, { type: "object", properties: { notes: { type: "array", items: note } } });
    const { call } = library({
      ...paths,
      "/notes": { get: all, post: { ...takes({ type: "object" }), ...answers(201, note) } },
    });
    const { body: made } = await call("POST", "/notes", { body: { text: "Return it." } });
    expect(made.text).toBe("Return it.");
    expect((await call("GET", "/notes")).body.notes).toEqual([made]);
  });

  test("a document may say that a path is none of a resource", async () => {
    const item = { ...paths["/books/{bookId}"], "x-understudy-resource": false };
    const { call } = library({ ...paths, "/books/{bookId}": item });
    await call("DELETE", "/books/bk-aaaaaa");
    expect((await call("GET", "/books/bk-aaaaaa")).status).toBe(200);
  });
});
