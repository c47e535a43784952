import { Hono } from "hono";
import { expect, test } from "vitest";
import { referencesOf } from "../../../src/contract/generated/references.ts";
import { createShapes } from "../../../src/contract/generated/request.ts";
import { verify } from "../../../src/contract.ts";
import { parseSpec } from "../../../src/document/spec.ts";

const json = (schema: unknown) => ({ content: { "application/json": { schema } } });
const answered = (schema: unknown) => ({ description: "Done.", ...json(schema) });
const refused = { "4XX": { description: "Refused." } };

/** A resource whose items are made, listed, read and removed. */
function pathsOf(name: string, kind: string) {
  const item = { $ref: `#/components/schemas/${kind}` };
  const parameters = [{ name: "id", in: "path", required: true, schema: { type: "integer" } }];
  return {
    [`/${name}`]: {
      get: { operationId: `list${kind}`, responses: { "200": answered({ type: "array", items: item }), ...refused } },
      post: {
        operationId: `add${kind}`,
        requestBody: { required: true, ...json(item) },
        responses: { "201": answered(item), ...refused },
      },
    },
    [`/${name}/{id}`]: {
      parameters,
      get: { operationId: `get${kind}`, responses: { "200": answered(item), ...refused } },
      delete: { operationId: `remove${kind}`, responses: { "204": { description: "Gone." }, ...refused } },
    },
  };
}

const id = { type: "integer", readOnly: true };

function specOf(author: object, book: object) {
  return parseSpec(
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Books", version: "1" },
      paths: { ...pathsOf("books", "Book"), ...pathsOf("authors", "Author") },
      components: {
        schemas: {
          Author: { type: "object", required: ["name"], properties: { id, ...author } },
          Book: { type: "object", required: ["title"], properties: { id, title: { type: "string" }, ...book } },
        },
      },
    }),
  );
}

const name = { type: "string", minLength: 1 };

test("what a body names of another resource is made for it, and removed again", async () => {
  const spec = specOf({ name }, { author_id: { type: "integer" } });
  const stored: Record<string, Map<number, object>> = { authors: new Map(), books: new Map() };
  let last = 0;
  const app = new Hono();
  app.use("/:kind/:id?", (c, next) => (c.req.param("kind") in stored ? next() : Promise.resolve(c.body(null, 404))));
  app.get("/:kind", (c) => c.json([...stored[c.req.param("kind")]!.values()]));
  app.post("/:kind", async (c) => {
    const body = await c.req.json().catch(() => undefined);
    if (typeof body !== "object" || body === null) return c.body(null, 400);
    const { kind } = c.req.param();
    if (kind === "books" && !stored.authors!.has(body.author_id)) return c.body(null, 422);
    const item = { ...body, id: ++last };
    stored[kind]!.set(last, item);
    return c.json(item, 201);
  });
  app.get("/:kind/:id", (c) => {
    const item = stored[c.req.param("kind")]!.get(Number(c.req.param("id")));
    return item ? c.json(item) : c.body(null, 404);
  });
  app.delete("/:kind/:id", (c) =>
    c.body(null, stored[c.req.param("kind")]!.delete(Number(c.req.param("id"))) ? 204 : 404),
  );
  const report = await verify({
    spec,
    fetch: async (request) => app.fetch(request),
    generated: { examples: 2, seed: 1 },
    allowLeftovers: true,
  });
  const outcomeOf = (wanted: string) => report.cases.find((item) => item.id === wanted)?.outcome;
  expect(outcomeOf("generated/add-book-is-read-back")).toBe("held");
  expect(outcomeOf("generated/remove-book-is-gone")).toBe("held");
  expect(last).toBeGreaterThan(10);
  expect(stored.authors!.size + stored.books!.size).toBe(0);
});

test("resources that need each other in a circle are not made for each other", () => {
  const named = (spec: ReturnType<typeof specOf>, wanted: string) =>
    referencesOf(spec, createShapes(spec), spec.operations.find((operation) => operation.id === wanted)!).map(
      ({ member }) => member,
    );
  const number = { type: "integer" };
  expect(named(specOf({ name }, { authorId: number, isbnId: number }), "addBook")).toEqual(["authorId"]);
  expect(named(specOf({ name, bookId: number }, { authorId: number }), "addBook")).toEqual([]);
  expect(named(specOf({ name, authorId: number }, {}), "addAuthor")).toEqual([]);
});
