import { expect, test } from "vitest";
import { parseSpec } from "../../src/index.ts";
import { testMock } from "../mock.ts";

const title = { title: { type: "string", minLength: 1 } };
const body = (schema: object) => ({ content: { "application/json": { schema } } });
const note = { type: "object", required: ["id", "title"], properties: { id: { type: "string" }, ...title } };
const takes = { requestBody: { required: true, ...body({ type: "object", required: ["title"], properties: title }) } };
const asked = (name: string) => ({ name, in: "header", schema: { type: "string" } });
const other = { 412: { description: "It is another one by now." } };

/** A document of notes whose versions are told by such a header. */
const notes = (headers: object) => {
  const it = { description: "It.", headers, ...body(note) };
  return parseSpec(
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Notes", version: "1" },
      paths: {
        "/notes": { post: { operationId: "add", ...takes, responses: { 201: it } } },
        "/notes/{id}": {
          parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
          get: {
            operationId: "read",
            parameters: [asked("If-None-Match")],
            responses: { 200: it, 304: { description: "As it was." }, 404: { description: "None." } },
          },
          put: {
            operationId: "replace",
            parameters: [asked("If-Match"), asked("If-None-Match")],
            ...takes,
            responses: { 200: it, 201: it, ...other },
          },
          delete: {
            operationId: "drop",
            parameters: [asked("If-Match")],
            responses: { 204: { description: "." }, ...other },
          },
        },
      },
    }),
  );
};

test.for([
  ["a header", { ETag: { schema: { type: "string" } } }, /^"[0-9a-f]{16}"$/],
  ["a weak one", { etag: { schema: { type: "string", pattern: "^W/" } } }, /^W\/"[0-9a-f]{16}"$/],
  ["a plain text", { ETag: { schema: { type: "string", pattern: "^[0-9a-f]+$" } } }, /^[0-9a-f]{16}$/],
  ["what nobody declares", {}, /^"[0-9a-f]{16}"$/],
] as const)("a record has a version, told by %s", async ([, headers, form]) => {
  const { call } = testMock({ spec: notes(headers) });
  const added = await call("POST", "/notes", { body: { title: "first" } });
  const path = `/notes/${added.body.id}`;
  const first = added.headers.get("ETag")!;
  expect(first).toMatch(form);

  const unchanged = await call("GET", path, { headers: { "If-None-Match": `"other", ${first}` } });
  expect([unchanged.status, unchanged.text, unchanged.headers.get("ETag")]).toEqual([304, "", first]);
  const written = await call("PUT", path, { body: { title: "second" }, headers: { "If-Match": first } });
  const second = written.headers.get("ETag")!;
  expect([written.status, written.body.title, second === first]).toEqual([200, "second", false]);

  const late = await call("PUT", path, { body: { title: "late" }, headers: { "If-Match": first } });
  expect(late.status).toBe(412);
  expect((await call("DELETE", path, { headers: { "If-Match": first } })).status).toBe(412);
  const read = await call("GET", path, { headers: { "If-None-Match": first } });
  expect([read.status, read.body.title, read.headers.get("ETag")]).toEqual([200, "second", second]);
  expect((await call("DELETE", path, { headers: { "If-Match": "*" } })).status).toBe(204);
});

test("a made-up record has a version too, and what is not there has none", async () => {
  const { call } = testMock({ spec: notes({}) });
  const tag = (await call("GET", "/notes/made-up")).headers.get("ETag")!;
  const write = (path: string, headers: Record<string, string>) => call("PUT", path, { body: { title: "x" }, headers });
  expect((await write("/notes/made-up", { "If-Match": tag })).status).toBe(200);
  expect((await write("/notes/new", { "If-Match": "*" })).status).toBe(412);
  expect((await write("/notes/new", { "If-None-Match": "*" })).status).toBe(201);
  expect((await write("/notes/new", { "If-None-Match": "*" })).status).toBe(412);
});
