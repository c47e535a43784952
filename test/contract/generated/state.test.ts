import { expect, test } from "vitest";
import { verify } from "../../../src/contract/verify.ts";
import { parseSpec } from "../../../src/document/spec.ts";
import { createMock } from "../../../src/index.ts";

const json = (schema: object, example?: unknown) => ({
  content: { "application/json": { schema, ...(example === undefined ? {} : { example }) } },
});
const inPath = (name: string) => ({ name, in: "path", required: true, schema: { type: "string" } });
const refused = { "4XX": { description: "Refused." } };

function specOf(paths: object, components = {}) {
  return parseSpec(JSON.stringify({ openapi: "3.1.0", info: { title: "Yards", version: "1" }, paths, components }));
}

/** The cases of a run that end in one way, each with what was found or the reason. */
async function ended(
  outcome: string,
  spec: ReturnType<typeof specOf>,
  fetch: (request: Request) => Response | Promise<Response>,
) {
  const report = await verify({
    spec,
    fetch,
    target: "http://yards.test",
    apiKey: "test_key",
    allowLeftovers: true,
    generated: { seed: 1, examples: 2 },
  });
  return report.cases
    .filter((result) => result.outcome === outcome)
    .map(({ id, reason, findings }) => `${id}: ${reason ?? findings[0]?.message}`);
}

const tree = { type: "object", required: ["id", "kind"], properties: { id: {}, kind: { type: "string" } } };
const yards = specOf({
  "/yards": {
    post: { responses: { 201: { description: "", ...json({ required: ["id"], properties: { id: {} } }) } } },
  },
  "/yards/{yard}": { parameters: [inPath("yard")], get: { responses: { 200: { description: "" }, ...refused } } },
  "/yards/{yard}/trees": {
    parameters: [inPath("yard")],
    get: { responses: { 200: { description: "", ...json({ type: "array", items: tree }) }, ...refused } },
    post: { responses: { 201: { description: "", ...json(tree) }, ...refused } },
  },
  "/yards/{yard}/trees/{id}": {
    parameters: [inPath("yard"), inPath("id")],
    delete: { responses: { 204: { description: "" }, ...refused } },
  },
});

/** Yards that each begin with an oak of the number 1; where all is one list, what is planted in one stands in all. */
function createYards(isOneList: boolean) {
  const planted = new Map<string, string[]>();
  let count = 0;
  return async ({ method, url }: Request): Promise<Response> => {
    const [, , yard, isTrees, id] = new URL(url).pathname.split("/");
    if (yard === undefined) return Response.json({ id: `y${++count}` }, { status: 201 });
    if (!isTrees) return new Response(null);
    const name = isOneList ? "" : yard;
    const trees = planted.get(name) ?? [];
    planted.set(name, trees);
    if (method === "GET") return Response.json(["1", ...trees].map((one) => ({ id: one, kind: "oak" })));
    if (method === "POST") {
      // The first has the number of one that stands in every other yard.
      trees.push(trees.length === 0 && !isOneList ? "1" : `t${++count}`);
      return Response.json({ id: trees.at(-1), kind: "oak" }, { status: 201 });
    }
    planted.set(
      name,
      trees.filter((one) => one !== id),
    );
    return new Response(null, { status: 204 });
  };
}

test("what stands below every parent is not what was made below one of them", async () => {
  const lists = /below another/;
  expect((await ended("broken", yards, createYards(false))).filter((line) => lists.test(line))).toEqual([]);
  expect((await ended("broken", yards, createYards(true))).filter((line) => lists.test(line))).toHaveLength(1);
});

test("no case removes what another one needs, and cannot be made", async () => {
  const file = { type: "object", required: ["id"], properties: { id: { type: "string" } } };
  const security = [{ key: [] }];
  const all = { description: "", ...json({ type: "array", items: file }, [{ id: "f1" }]) };
  const spec = specOf(
    {
      "/files": { get: { security, responses: { 200: all } } },
      "/files/{id}": {
        parameters: [inPath("id")],
        get: { security, responses: { 200: { description: "", ...json(file) }, ...refused } },
        delete: { security, responses: { 204: { description: "" }, ...refused } },
      },
    },
    { securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Key" } } },
  );
  const mock = createMock({ spec });
  expect(await ended("broken", spec, (request) => mock.fetch(request))).toEqual([]);
});

test("an item is looked up by the member that its path names, whatever the name there", async () => {
  const lamp = {
    type: "object",
    required: ["own_id", "external_id"],
    properties: { own_id: { type: "string" }, external_id: { type: "string" } },
  };
  const list = { type: "object", properties: { lamps: { type: "array", items: lamp } } };
  const spec = specOf({
    "/lamps": { get: { responses: { 200: { description: "", ...json(list) } } } },
    "/lamps/{external_lamp_id}": {
      parameters: [inPath("external_lamp_id")],
      get: { responses: { 200: { description: "", ...json(lamp) }, ...refused } },
    },
  });
  const one = { own_id: "1", external_id: "e1" };
  const serve = async ({ url }: Request) => {
    if (url.endsWith("/lamps")) return Response.json({ lamps: [one] });
    return url.endsWith("/e1") ? Response.json(one) : new Response(null, { status: 404 });
  };
  expect(await ended("broken", spec, serve)).toEqual([]);
});

test("nothing is known of an item whose listed identifier its path does not take", async () => {
  const desk = {
    type: "object",
    required: ["code"],
    properties: { code: { type: "string" }, own_id: { type: "string" } },
  };
  const code = { name: "code", in: "path", required: true, schema: { type: "string", format: "uuid" } };
  const spec = specOf({
    "/desks": { get: { responses: { 200: { description: "", ...json({ type: "array", items: desk }) } } } },
    "/desks/{code}": {
      parameters: [code],
      get: { operationId: "getDesk", responses: { 200: { description: "", ...json(desk) }, ...refused } },
    },
  });
  const listed = { code: "front", own_id: "1a901a90-1a90-4a90-9a90-1a901a901a90" };
  const serve = async ({ url }: Request) =>
    url.endsWith("/desks") ? Response.json([listed]) : new Response(null, { status: 404 });
  expect(await ended("broken", spec, serve)).toEqual([]);
  expect(await ended("skipped", spec, serve)).toContainEqual(expect.stringMatching(/no code is known that getDesk/));
});

test("what was removed stands for no item any more", async () => {
  const seat = { type: "object", required: ["id"], properties: { id: { type: "string" } } };
  const ok = (schema: object) => ({ responses: { 200: { description: "", ...json(schema) }, ...refused } });
  const spec = specOf({
    "/seats": { get: ok({ type: "array", items: seat }) },
    "/seats/{id}": { parameters: [inPath("id")], delete: { responses: { 204: { description: "" }, ...refused } } },
    "/seats/{id}/tickets": {
      parameters: [inPath("id")],
      get: ok({ type: "array", items: seat }),
      post: ok(seat),
    },
  });
  const seats = Array.from({ length: 60 }, (_, index) => `s${index}`);
  let count = 0;
  const tickets: string[] = [];
  const serve = async ({ method, url }: Request) => {
    const [, , id, isTickets] = new URL(url).pathname.split("/");
    if (id === undefined) return Response.json(seats.map((one) => ({ id: one })));
    if (!seats.includes(id)) return new Response(null, { status: 404 });
    if (method === "POST" && isTickets) tickets.push(`t${++count}`);
    if (isTickets)
      return Response.json(method === "POST" ? { id: tickets.at(-1) } : tickets.map((one) => ({ id: one })));
    seats.splice(seats.indexOf(id), 1);
    return new Response(null, { status: 204 });
  };
  // The tickets of the first seat are looked at before it is removed, and again thereafter.
  expect(await ended("broken", spec, serve)).toEqual([]);
});

test("what breaks one path and is another is not to be refused", async () => {
  const ok = { responses: { 200: { description: "" }, 404: { description: "" } } };
  const byIsbn = { name: "isbn", in: "path", required: true, schema: { type: "string", pattern: "^978" } };
  const byNumber = { name: "number", in: "path", required: true, schema: { type: "integer" } };
  const spec = specOf({
    "/books/{isbn}": { parameters: [byIsbn], get: ok },
    "/books/{number}": { parameters: [byNumber], get: ok },
  });
  const serve = async ({ url }: Request) => new Response(null, { status: /\/(978.*|-?\d+)$/.test(url) ? 200 : 404 });
  expect(await ended("broken", spec, serve)).toEqual([]);
});

test("a key that is nearly the run's own is another one in Basic, too", async () => {
  const security = [{ basic: [] }];
  const note = { type: "object", properties: { text: { type: "string" } } };
  const one = { responses: { 200: { description: "", ...json(note) }, ...refused } };
  const spec = specOf(
    {
      "/note": { get: { security, ...one }, put: { security, requestBody: { required: true, ...json(note) }, ...one } },
    },
    { securitySchemes: { basic: { type: "http", scheme: "basic" } } },
  );
  /** A server that takes these keys for one. */
  const serving = (isOwn: (user: string) => boolean) => {
    let kept: unknown = {};
    return async (request: Request) => {
      const [, sent = ""] = /^Basic (.*)$/.exec(request.headers.get("Authorization") ?? "") ?? [];
      if (!isOwn(Buffer.from(sent, "base64").toString().split(":")[0]!)) return new Response(null, { status: 401 });
      const body = request.method === "PUT" ? await request.json().catch(() => undefined) : kept;
      if (typeof body !== "object" || body === null) return new Response(null, { status: 400 });
      kept = body;
      return Response.json(kept);
    };
  };
  const opens = /neighbouring/;
  const found = async (isOwn: (user: string) => boolean) =>
    (await ended("broken", spec, serving(isOwn))).filter((line) => opens.test(line));
  expect(await found((user) => user === "test_key")).toEqual([]);
  expect(await found((user) => user.toLowerCase() === "test_key")).toHaveLength(1);
});

test("a removal that has had its item is given another one", async () => {
  const tag = { type: "object", required: ["code"], properties: { code: { type: "string", example: "red" } } };
  const spec = specOf({
    "/tags": {
      get: { responses: { 200: { description: "", ...json({ type: "array", items: tag }) } } },
      post: {
        requestBody: { required: true, ...json(tag) },
        responses: { 201: { description: "", ...json(tag) }, ...refused },
      },
    },
    "/tags/{code}": { parameters: [inPath("code")], delete: { responses: { 204: { description: "" }, ...refused } } },
  });
  const codes = Array.from({ length: 40 }, (_, index) => `c${index}`);
  // What is made needs a right that this run has not.
  const serve = async ({ method, url }: Request) => {
    const code = new URL(url).pathname.split("/")[2];
    if (method === "GET") return Response.json(codes.map((one) => ({ code: one })));
    if (method === "POST" || !codes.includes(code ?? ""))
      return new Response(null, { status: method === "POST" ? 409 : 404 });
    codes.splice(codes.indexOf(code!), 1);
    return new Response(null, { status: 204 });
  };
  expect((await ended("broken", spec, serve)).filter((line) => /delete/.test(line))).toEqual([]);
});
