import { expect, test } from "vitest";
import { verify } from "../../../src/contract/verify.ts";
import { parseSpec } from "../../../src/document/spec.ts";

const text = { type: "string", minLength: 1 };
const json = (schema: object) => ({ content: { "application/json": { schema } } });
const inPath = (name: string, schema: object = text) => ({ name, in: "path", required: true, schema });
const answers = (status: number, schema: object) => ({
  [status]: { description: "Done.", ...json(schema) },
  "4XX": { description: "Refused." },
});

function documentOf(paths: object) {
  return parseSpec(JSON.stringify({ openapi: "3.1.0", info: { title: "Club", version: "1" }, paths }));
}

type Serve = (request: Request, path: readonly string[]) => Response | Promise<Response>;

/** The outcome of each case of a run, with why. */
async function outcomes(spec: ReturnType<typeof documentOf>, serve: Serve): Promise<Record<string, string>> {
  const { cases } = await verify({
    spec,
    fetch: (request) => serve(request, new URL(request.url).pathname.split("/").slice(1)),
    target: "http://club.test",
    apiKey: "key",
    allowLeftovers: true,
    generated: { seed: 1, examples: 3 },
  });
  return Object.fromEntries(
    cases.map(({ id, outcome, reason, findings }) => [
      id.replace("generated/", ""),
      [outcome, reason ?? findings[0]?.message].filter(Boolean).join(": "),
    ]),
  );
}

const seat = { type: "object", required: ["code", "row"], properties: { code: text, row: { type: "integer" } } };
const seats = documentOf({
  "/seats/{code}": {
    parameters: [inPath("code", { type: "string", pattern: "^[A-Z][0-9]{3}$" })],
    get: { operationId: "getSeat", responses: answers(200, seat) },
    put: {
      operationId: "putSeat",
      requestBody: { required: true, ...json({ type: "object", properties: { row: { type: "integer" } } }) },
      responses: { ...answers(200, seat), ...answers(201, seat) },
    },
    delete: { operationId: "dropSeat", responses: { 204: { description: "Gone." }, "4XX": { description: "" } } },
  },
});

/** Seats that clients name themselves; `stored` answers what is kept of one. */
function createSeats(stored: (seat: object) => object) {
  const kept = new Map<string, object>();
  const serve: Serve = async (request, [, code = ""]) => {
    if (!/^[A-Z]\d{3}$/.test(code)) return new Response(null, { status: 404 });
    if (request.method === "PUT") {
      const body: unknown = await request.json().catch(() => undefined);
      const row =
        typeof body === "object" && body !== null && !Array.isArray(body) ? (body as { row?: unknown }).row : {};
      if (row !== undefined && !Number.isSafeInteger(row)) return new Response(null, { status: 400 });
      const isNew = !kept.has(code);
      kept.set(code, stored({ code, row: row ?? 0 }));
      return Response.json({ code, row: row ?? 0 }, { status: isNew ? 201 : 200 });
    }
    const found = kept.get(code);
    if (!found) return new Response(null, { status: 404 });
    if (request.method !== "DELETE") return Response.json(found);
    kept.delete(code);
    return new Response(null, { status: 204 });
  };
  return { serve, kept };
}

test("what PUT makes is made on a path of its own, read back and removed", async () => {
  const { serve, kept } = createSeats((one) => one);
  const found = await outcomes(seats, serve);
  expect(found).toMatchObject({
    "put-seat-is-read-back": "held",
    "get-seat-valid": "held",
    "drop-seat-is-gone": "held",
  });
  expect([...kept]).toEqual([]);
  const changed = createSeats((one) => ({ ...one, row: 0 }));
  expect((await outcomes(seats, changed.serve))["put-seat-is-read-back"]).toMatch(/^broken: getSeat does not show/);
});

const member = {
  type: "object",
  required: ["id", "name", "email", "state"],
  properties: {
    id: { type: "integer", readOnly: true },
    name: text,
    email: text,
    state: { type: "string", readOnly: true },
  },
};
const members = documentOf({
  "/members": {
    post: { operationId: "join", requestBody: { required: true, ...json(member) }, responses: answers(201, member) },
  },
  "/members/{id}": {
    parameters: [inPath("id", { type: "integer" })],
    get: { operationId: "getMember", responses: answers(200, member) },
    delete: { operationId: "leave", responses: { 204: { description: "Gone." }, "4XX": { description: "" } } },
  },
  "/members/{id}/ban": {
    parameters: [inPath("id", { type: "integer" })],
    post: { operationId: "ban", responses: answers(200, member) },
  },
});

test("two members get two addresses where no address may be taken twice, and each ban a member of its own", async () => {
  const kept = new Map<string, { email: unknown; state: string }>();
  let count = 0;
  let bans = 0;
  const found = await outcomes(members, async (request, [, id = "", act]) => {
    if (request.method === "POST" && !act) {
      const body: { name?: unknown; email?: unknown } = (await request.json().catch(() => undefined)) ?? {};
      const texts = [body.name, body.email].every((one) => typeof one === "string" && one !== "");
      if (!texts) return new Response(null, { status: 400 });
      if ([...kept.values()].some(({ email }) => email === body.email)) return new Response(null, { status: 409 });
      const made = { ...body, email: body.email, id: ++count, state: "in" };
      kept.set(`${count}`, made);
      return Response.json(made, { status: 201 });
    }
    const one = kept.get(id);
    if (!one) return new Response(null, { status: 404 });
    if (request.method === "DELETE") kept.delete(id);
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    if (act && one.state === "banned") return new Response(null, { status: 409 });
    if (act) bans++;
    if (act) one.state = "banned";
    return Response.json(one);
  });
  expect(found).toMatchObject({ "get-member-valid": "held", "leave-is-gone": "held", "ban-valid": "held" });
  expect(bans).toBeGreaterThan(1);
  expect([...kept]).toEqual([]);
});
