import { describe, expect, test } from "vitest";
import { parseSpec } from "../../src/document/spec.ts";
import { createMock } from "../../src/index.ts";

const done = (id: string) => ({
  200: { description: "Done.", content: { "application/json": { schema: {}, example: { id } } } },
});
const inPath = (name: string, schema: object) => ({ name, in: "path", required: true, schema });

const document = {
  openapi: "3.1.0",
  info: { title: "Ways", version: "1" },
  servers: [{ url: "https://ways.test/v1" }],
  paths: {
    "/reports/{id}.{format}": {
      get: {
        parameters: [inPath("id", { type: "integer" }), inPath("format", { enum: ["csv", "pdf"] })],
        responses: done("report"),
      },
    },
    "/jobs/{id}:stop": { post: { responses: done("stop") } },
    "/jobs/{id}": {
      get: { responses: done("job") },
      post: { responses: done("again") },
      head: { responses: { 204: { description: "It is there." } } },
      parameters: [inPath("id", { type: "string" })],
    },
    "/jobs/{id}?full=true": { get: { responses: done("full job") } },
    "/pets/{number}": { get: { parameters: [inPath("number", { type: "integer" })], responses: done("by number") } },
    "/pets/{name}": { get: { parameters: [inPath("name", { type: "string" })], responses: done("by name") } },
    "/shelves/{row}/books": { get: { responses: done("row") } },
    "/shelves/{column}/books": { put: { responses: done("column") }, get: { responses: done("books") } },
    "/{hall}/low/{thing}": { get: { responses: done("hall") } },
    "/boxes/{size}/{part}": { put: { responses: done("part") } },
    "/boxes/small/lid#open": { put: { responses: done("lid") } },
    "/boxes/small/lid#shut": { put: { responses: done("lid again") } },
    "/file": {
      head: {
        parameters: [{ name: "v", in: "query", schema: { type: "integer" } }],
        responses: { 200: { description: "" } },
      },
    },
  },
};

const mock = createMock({ spec: parseSpec(JSON.stringify(document)) });
const ask = async (method: string, target: string) => {
  const response = await mock.fetch(new Request(`http://ways.test${target}`, { method }));
  const text = await response.text();
  return { status: response.status, text, allow: response.headers.get("allow") };
};

describe("the mock serves every path template", () => {
  test.each<[string, string, string]>([
    ["GET", "/reports/7.csv", "report"],
    ["POST", "/jobs/7:stop", "stop"],
    ["POST", "/jobs/7%3Astop", "stop"],
    ["POST", "/jobs/7", "again"],
    ["GET", "/jobs/7", "job"],
    ["GET", "/jobs/7?full=true", "full job"],
    ["GET", "/pets/7", "by number"],
    ["GET", "/pets/rex", "by name"],
    ["GET", "/v1/pets/rex", "by name"],
    ["GET", "/shelves/low/books", "row"],
    ["GET", "/cellar/low/books", "hall"],
    ["PUT", "/boxes/large/lid", "part"],
    ["PUT", "/boxes/small/lid", "lid"],
    ["GET", "/v1/reports/7.pdf", "report"],
  ])("%s %s", async (method, target, id) => {
    expect(await ask(method, target)).toEqual({ status: 200, text: JSON.stringify({ id }), allow: null });
  });

  test("and judges the parameters in them", async () => {
    expect(await ask("GET", "/reports/x.csv")).toMatchObject({ status: 400, text: expect.stringContaining('"id"') });
    expect(await ask("GET", "/v1/reports/7.exe")).toMatchObject({
      status: 400,
      text: expect.stringContaining('"format"'),
    });
  });

  test("HEAD where it is declared, with a query too", async () => {
    expect(await ask("HEAD", "/file")).toMatchObject({ status: 200, text: "" });
    expect(await ask("HEAD", "/file?v=2")).toMatchObject({ status: 200, text: "" });
    expect(await ask("HEAD", "/file?v=x")).toMatchObject({ status: 400 });
    expect(await ask("HEAD", "/jobs/7")).toMatchObject({ status: 204 });
  });

  test("what a path takes is told behind a base path too", async () => {
    expect(await ask("DELETE", "/v1/reports/7.csv")).toMatchObject({ status: 405, allow: "GET, HEAD, OPTIONS" });
    expect(await ask("GET", "/v2/reports/7.csv")).toMatchObject({ status: 404 });
  });
});
