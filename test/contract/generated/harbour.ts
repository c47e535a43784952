import { parseSpec } from "../../../src/document/spec.ts";
import type { JsonObject } from "../../../src/document/validator.ts";

const json = (schema: object) => ({ content: { "application/json": { schema } } });
const refused = { "4XX": { description: "Refused." } };
const header = (name: string) => ({ name, in: "header", schema: { type: "string" } });
const query = (name: string, schema: object) => ({ name, in: "query", schema });
const inPath = (name: string) => ({ name, in: "path", required: true, schema: { type: "string" } });
const shore = { type: "string", enum: ["east", "west"] };
const state = { type: "string", enum: ["free", "taken"] };
const own = {
  name: { type: "string", minLength: 1, maxLength: 40 },
  shore,
  depth: { type: "integer", minimum: 1, maximum: 90, default: 4 },
  lit: { type: "boolean", default: false },
  fee: { type: "number", minimum: 0 },
  note: { type: ["string", "null"] },
  code: { type: "string", writeOnly: true, pattern: "^[0-9]{4}$" },
};
const berth = {
  type: "object",
  required: ["id", "name", "shore"],
  properties: {
    id: { type: "string", readOnly: true },
    created_at: { type: "string", format: "date-time", readOnly: true },
    state: { ...state, readOnly: true },
    ...own,
  },
};
const input = { type: "object", required: ["name", "shore"], properties: own };
const change = { type: "object", minProperties: 1, properties: own };
const done = { 200: { description: "It.", ...json({ $ref: "#/components/schemas/Berth" }) }, ...refused };

const documentOf = (filters: readonly object[], { more = {}, tells = true } = {}) =>
  parseSpec(
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Harbour", version: "1" },
      security: [{ token: [] }, { pass: [] }],
      paths: {
        "/berths": {
          get: {
            operationId: "listBerths",
            parameters: [
              query("limit", { type: "integer", minimum: 1, maximum: 50 }),
              query("cursor", { type: "string" }),
              ...filters,
            ],
            responses: {
              200: {
                description: "Berths.",
                content: {
                  "application/json": {
                    schema: {
                      type: "object",
                      required: ["berths"],
                      properties: {
                        berths: { type: "array", items: { $ref: "#/components/schemas/Berth" } },
                        ...(tells ? { next_cursor: { type: ["string", "null"] } } : {}),
                      },
                    },
                  },
                  "text/csv": { schema: { type: "string" } },
                },
              },
              ...refused,
            },
          },
          post: {
            operationId: "addBerth",
            requestBody: { required: true, ...json({ ...input, ...more }) },
            responses: { 201: { description: "It.", ...json({ $ref: "#/components/schemas/Berth" }) }, ...refused },
          },
        },
        "/berths/{id}": {
          parameters: [inPath("id")],
          get: {
            operationId: "getBerth",
            parameters: [header("If-None-Match")],
            responses: { ...done, 304: { description: "As it was." } },
          },
          put: {
            operationId: "putBerth",
            requestBody: { required: true, ...json({ ...input, ...more }) },
            responses: done,
          },
          patch: {
            operationId: "changeBerth",
            parameters: [header("If-Match")],
            requestBody: { required: true, ...json({ ...change, ...more }) },
            responses: { ...done, 412: { description: "It is another one by now." } },
          },
          delete: { operationId: "dropBerth", responses: { 204: { description: "Gone." }, ...refused } },
        },
        "/berths/{id}/switch": {
          parameters: [inPath("id")],
          post: { operationId: "switchBerth", responses: done },
        },
      },
      components: {
        schemas: { Berth: berth },
        securitySchemes: {
          token: { type: "http", scheme: "bearer" },
          pass: { type: "apiKey", in: "cookie", name: "pass" },
        },
      },
    }),
  );

const sort = { type: "string", enum: ["name", "-name", "depth:desc", "created", "nearest"] };

/** A document with a list in pages, filters, orders, conditions, defaults, and members that only one side writes. */
export const harbour = documentOf([query("shore", shore), query("name", { type: "string" }), query("sort", sort)]);

/** One that lets clients only write what its answers have to show. */
export const harbourShown = documentOf([], {
  more: { properties: { ...own, shore: { ...shore, writeOnly: true } } },
});

/** The same, but for the only filter: it asks for what no request can say. */
export const harbourByState = documentOf([query("state", state)], { more: { additionalProperties: false } });

/** The same, but for its list, which shows the west where it is asked for nothing. */
export const harbourOfTheWest = documentOf([query("shore", { ...shore, default: "west" })]);

/** The same, but for its pages: none says where the next one begins. */
export const harbourUntold = documentOf([query("shore", shore)], { tells: false });

const refusal = (status: number) => Response.json({ error: "no" }, { status });

/** A server of that document; `fault` names what is wrong with it. */
export function createHarbour(fault?: string, spec = harbour) {
  const is = (name: string) => fault === name;
  const berths = new Map<string, JsonObject & { version: number }>();
  let count = 0;
  const checkOf = (path: string, method: string) =>
    spec.validators.at(
      ["paths", path, method, "requestBody", "content", "application/json", "schema"],
      "body",
      "request",
    );
  const [check, checkChange] = [checkOf("/berths", "post"), checkOf("/berths/{id}", "patch")];

  const seen = ({ version: _, code, ...rest }: JsonObject) => ({
    ...rest,
    ...(is("shows a secret") && code !== undefined ? { code } : {}),
    ...(is("begins anew") ? { created_at: new Date(Date.now() + 1000 * ++count).toISOString() } : {}),
  });
  const tagOf = ({ version }: { version: number }) => (is("one tag for all") ? '"v"' : `"v${version}"`);
  const answer = (one: JsonObject & { version: number }, status = 200) =>
    Response.json(seen(one), { status, headers: { ETag: tagOf(one) } });

  function isKnown(headers: Headers): boolean {
    const authorization = headers.get("authorization");
    if (authorization === "Bearer key") return true;
    if (is("takes any scheme") && authorization?.endsWith(" key")) return true;
    if (is("takes an empty token") && authorization === "Bearer") return true;
    const pass = /pass=([^;]*)/.exec(headers.get("cookie") ?? "")?.[1];
    return pass !== undefined && (pass === "key" || is("takes any cookie"));
  }

  function list(params: URLSearchParams, accept: string): Response {
    const limit = Number(params.get("limit") ?? 50);
    if (!Number.isInteger(limit) || limit < 1 || limit > 50) return refusal(400);
    const [wanted, name, asked, cursor] = ["shore", "name", "state", "cursor"].map(
      (one) => params.get(one) ?? undefined,
    );
    if (wanted !== undefined && !shore.enum.includes(wanted)) return refusal(400);
    if (asked !== undefined && !state.enum.includes(asked)) return refusal(400);
    if (cursor !== undefined && !/^\d{1,6}$/.test(cursor)) return refusal(400);
    const shown = wanted ?? (spec === harbourOfTheWest ? "west" : undefined);
    const all = [...berths.values()].filter(
      (one) =>
        (is("filters nothing") || !shown || one.shore === shown) &&
        (!name || (one.name === name) !== is("filters the other way round")) &&
        (is("filters by no state") || !asked || one.state === asked) &&
        !(is("filters too much") && wanted === "east"),
    );
    const asc = (member: string) => all.sort((a, b) => (String(a[member]) < String(b[member]) ? -1 : 1));
    const order = params.get("sort");
    if (order !== null && !sort.enum.includes(order)) return refusal(400);
    if (order === "depth:desc" && !is("sorts numbers as texts")) all.sort((a, b) => Number(b.depth) - Number(a.depth));
    else if (order && order !== "nearest" && !is("does not sort"))
      asc({ created: "created_at", "depth:desc": "depth" }[order] ?? "name");
    if (order === "-name" && !is("does not sort") && !is("sorts one way alone")) all.reverse();
    if (order === "depth:desc" && is("sorts numbers as texts")) all.reverse();
    const from = Number(cursor ?? 0) - (cursor && is("begins a page with the last item") ? 1 : 0);
    const end = from + limit + (is("gives one more") ? 1 : 0);
    const more = end < all.length || is("never ends");
    const next = more && !is("ends early") ? String(end) : null;
    const items = all.slice(from, end).map(seen);
    if (/text\/csv/.test(accept) && !/json|\*\/\*/.test(accept) && !is("answers nothing but JSON"))
      return new Response("id\n", { headers: { "Content-Type": "text/csv" } });
    return Response.json({ berths: items, ...(spec === harbourUntold ? {} : { next_cursor: next }) });
  }

  async function change(one: JsonObject & { version: number }, { headers, method }: Request, body: unknown) {
    const condition = headers.get("if-match");
    const isRefused = condition !== null && condition !== tagOf(one) && !is("writes on any condition");
    if (method === "PATCH" && (isRefused || (condition !== null && is("writes on no condition")))) return refusal(412);
    if (method === "PATCH" ? checkChange(body).length > 0 : check(body).length > 0) return refusal(400);
    const { id, created_at, state } = one;
    const kept = method === "PATCH" ? one : { depth: 4, lit: false };
    const next = { ...kept, ...(body as JsonObject), id, created_at, state, version: one.version + 1 };
    if (is(`lets ${method} write what is read-only`)) Object.assign(next, body);
    if (is("keeps some of what is replaced") && method === "PUT")
      Object.assign(next, { depth: one.depth, ...(body as JsonObject) });
    if (is("changes all of them")) for (const other of berths.values()) Object.assign(other, body);
    berths.set(String(id), next);
    return answer(next);
  }

  return async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    const [, kind, id, act] = pathname.split("/");
    if (kind !== "berths") return refusal(404);
    if (!isKnown(request.headers))
      return new Response(null, { status: 401, headers: { "WWW-Authenticate": "Bearer" } });
    const text = await request.text();
    const type = request.headers.get("content-type") ?? "";
    if (text !== "" && (is("knows no charset") ? type !== "application/json" : !type.startsWith("application/json")))
      return refusal(415);
    let body: unknown;
    try {
      body = text === "" ? undefined : JSON.parse(text);
    } catch {
      return refusal(400);
    }
    if (searchParams.has("understudy") && is("fails at other parameters")) return refusal(500);
    if (id === undefined && request.method === "GET") return list(searchParams, request.headers.get("accept") ?? "*/*");
    if (id === undefined && request.method === "POST") {
      const given = body as JsonObject;
      if (Number(given?.depth) > 1e9 && is("fails at huge numbers")) return refusal(500);
      if (check(body).length > 0) return refusal(400);
      const name = is("writes all in small letters") ? String(given.name).toLowerCase() : given.name;
      const own = is("takes what is read-only") && typeof given.id === "string" ? given.id : `b${++count}`;
      const usual = { depth: is("has other defaults") ? 5 : 4, lit: false };
      const fee = is("rounds numbers") && given.fee !== undefined ? { fee: Math.round(Number(given.fee)) } : {};
      const note = is("fills in what is null") && given.note === null ? { note: "none" } : {};
      const ascii = is("knows no other letters") ? { name: String(name).replace(/[^ -~]/g, "?") } : { name };
      const made = { id: own, created_at: new Date().toISOString(), state: "free", version: 1 };
      const one = { ...usual, ...given, ...ascii, ...fee, ...note, ...made };
      berths.set(own, one);
      return answer(one, 201);
    }
    const one = id === undefined ? undefined : berths.get(id);
    if (!one || (act !== undefined && act !== "switch")) return refusal(id === undefined ? 405 : 404);
    if (act) {
      if (request.method !== "POST") return new Response(null, { status: 405, headers: { Allow: "POST" } });
      const lit = { ...one, lit: !one.lit, version: one.version + 1 };
      if (!is("does not what it answers")) berths.set(id!, lit);
      return answer(lit);
    }
    if (request.method === "GET") {
      const isSame = request.headers.get("if-none-match") === tagOf(one) && !is("answers all again");
      return isSame || (request.headers.has("if-none-match") && is("says unchanged of anything"))
        ? new Response(null, { status: 304, headers: { ETag: tagOf(one) } })
        : answer(one);
    }
    if (request.method === "PUT" || request.method === "PATCH") return change(one, request, body);
    if (request.method !== "DELETE") return refusal(405);
    if (is("drops all of them")) berths.clear();
    berths.delete(id!);
    return new Response(null, { status: 204 });
  };
}
