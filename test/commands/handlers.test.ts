import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { understudy } from "./understudy.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Ferry tickets: booked, read, listed and cancelled, and nothing says how. */
const document = `
openapi: 3.1.0
info: { title: Ferries, version: "1" }
components:
  schemas:
    Ticket:
      type: object
      required: [ticketId, crossing]
      properties:
        ticketId: { type: string, format: uuid, readOnly: true }
        crossing: { type: string, format: uuid }
        passenger: { type: string }
        bicycles: { type: integer, minimum: 0 }
    Problem: { type: object, properties: { title: { type: string }, detail: { type: string } } }
  responses:
    Ticket: { description: One., content: { application/json: { schema: { $ref: "#/components/schemas/Ticket" } } } }
    Refused: { description: No., content: { application/problem+json: { schema: { $ref: "#/components/schemas/Problem" } } } }
paths:
  /tickets:
    get:
      operationId: listTickets
      parameters: [{ name: page, in: query, schema: { type: integer } }, { name: limit, in: query, schema: { type: integer } }]
      responses:
        "200": { description: All., content: { application/json: { schema: { type: object, properties: { data: { type: array, items: { $ref: "#/components/schemas/Ticket" } } } } } } }
    post:
      operationId: bookTicket
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Ticket" } } } }
      responses: { "201": { $ref: "#/components/responses/Ticket" }, "409": { $ref: "#/components/responses/Refused" } }
  /tickets/{ticketId}:
    parameters: [{ name: ticketId, in: path, required: true, schema: { type: string, format: uuid } }]
    get: { operationId: readTicket, responses: { "200": { $ref: "#/components/responses/Ticket" }, "404": { $ref: "#/components/responses/Refused" } } }
    delete: { operationId: cancelTicket, responses: { "204": { description: Gone. } } }
`;

/** One rule changed, in TypeScript that has to be compiled: one ferry takes two bicycles. */
const rule = `
import { type Handlers, Problem } from "connect-understudy";
import type { operations } from "./api.ts";

export default {
  async bookTicket({ body }, sandbox, usual) {
    const aboard = await sandbox.collection("tickets").by("crossing", body.crossing);
    const bicycles = aboard.reduce((sum, ticket) => sum + Number(ticket.bicycles ?? 0), 0);
    if (bicycles + (body.bicycles ?? 0) > 2) throw new Problem("conflict", { message: "There is no room for bicycles." });
    return usual();
  },
} satisfies Handlers<operations>;
`;

const api = `
type Ticket = { ticketId: string; crossing: string; bicycles?: number };
export interface operations {
  bookTicket: {
    parameters: { query?: never; path?: never };
    requestBody: { content: { "application/json": Ticket } };
    responses: { 201: { content: { "application/json": Ticket } } };
  };
}
`;

let folder: string;
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "handlers-"));
  write("ferries.yaml", document);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Starts the command for the ferries, and answers once it serves or has ended. */
async function started(...args: string[]) {
  const { url, out, err, ended } = await understudy([
    "start",
    "--port",
    "0",
    "--spec",
    join(folder, "ferries.yaml"),
    ...args,
  ]);
  async function call(method: string, path: string, body?: object) {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : undefined };
  }
  return { out, err, ended, call };
}

const crossing = "6b0f4a3e-5a0c-4d5e-9f43-0d6f1c1f7a11";

test("without a handler a ticket is booked, read, listed and cancelled, and is not there afterwards", async () => {
  const { call, out } = await started();
  expect(out()).toContain("State  tickets: POST, GET, DELETE /tickets/{ticketId} by ticketId\n");
  const { status, body } = await call("POST", "/tickets", { crossing, passenger: "Ada", bicycles: 1 });
  expect([status, body]).toEqual([201, { ticketId: expect.any(String), crossing, passenger: "Ada", bicycles: 1 }]);
  const path = `/tickets/${body.ticketId}`;
  expect(await call("GET", path)).toEqual({ status: 200, body });
  const { body: other } = await call("POST", "/tickets", { crossing });
  expect((await call("GET", "/tickets")).body).toEqual({ data: [body, other] });
  expect((await call("GET", "/tickets?limit=1&page=2")).body).toEqual({ data: [other] });
  expect((await call("DELETE", path)).status).toBe(204);
  expect(await call("GET", path)).toMatchObject({
    status: 404,
    body: { detail: `There is no ticket "${body.ticketId}".` },
  });
  expect((await call("DELETE", path)).status).toBe(404);
  expect((await call("GET", "/tickets")).body).toEqual({ data: [other] });
});

describe("a file of handlers", () => {
  test("in TypeScript changes one rule, and leaves the rest as it is", async () => {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules/connect-understudy"), "junction");
    symlinkSync(join(root, "node_modules/tsx"), join(folder, "node_modules/tsx"), "junction");
    write("package.json", '{ "type": "module" }');
    write("api.ts", api);
    const { call, out, err } = await started("--handlers", write("ferries.ts", rule));
    expect([err(), out()]).toEqual(["", expect.stringContaining("State  tickets: GET, DELETE /tickets/{ticketId}")]);
    const book = (bicycles: number) => call("POST", "/tickets", { crossing, bicycles });
    const first = await book(2);
    expect([first.status, first.body.bicycles]).toEqual([201, 2]);
    expect(await book(1)).toMatchObject({ status: 409, body: { detail: "There is no room for bicycles." } });
    expect((await call("GET", "/tickets")).body.data).toEqual([first.body]);
    await call("DELETE", `/tickets/${first.body.ticketId}`);
    expect((await book(1)).status).toBe(201);
  });

  test("may bring the first records", async () => {
    const tickets = [{ ticketId: crossing, crossing, passenger: "Bo" }];
    const text = `export default { handlers: {}, fixtures: ${JSON.stringify({ tickets })} };`;
    const { call } = await started("--handlers", write("fixtures.mjs", text));
    expect((await call("GET", "/tickets")).body).toEqual({ data: tickets });
  });

  test.each<[string, string | undefined, RegExp]>([
    ["absent.mjs", undefined, /^error: Cannot read the handlers .*absent\.mjs: there is no such file\.$/],
    ["broken.mjs", "export default {", /^error: Cannot load the handlers .*broken\.mjs: Unexpected end of input\.$/],
    [
      "none.mjs",
      "export const bookTicket = 1;",
      /^error: The default export of .* should hold handlers by operationId, such as .*; it has none\.$/,
    ],
    ["empty.cjs", "", /should hold handlers by operationId, such as .*; it has none\.$/],
    [
      "typo.mjs",
      "export default { bookTickets() {} };",
      /has a handler of "bookTickets", an operation that the document does not declare\. Did you mean "bookTicket"\?$/,
    ],
    [
      "value.mjs",
      "export default { bookTicket: 1 };",
      /^error: The handler of bookTicket in .* should be a function; received 1\.$/,
    ],
    [
      "member.mjs",
      "export default { handlers: {}, fixture: {} };",
      /takes handlers, fixtures, collections, check, announce; received "fixture"\.$/,
    ],
  ])("%s is refused in one line", async (name, text, wanted) => {
    if (text !== undefined) write(name, text);
    const { ended, err, out } = await started("--handlers", join(folder, name));
    expect([await ended, out()]).toEqual([2, ""]);
    expect(err().trimEnd()).toMatch(wanted);
  });

  const strips = "typescript" in process.features && process.features.typescript;

  test.skipIf(strips)(
    `in TypeScript is refused where nothing loads it${strips ? " (skipped: this Node does)" : ""}`,
    async () => {
      const alone = mkdtempSync(join(tmpdir(), "alone-"));
      try {
        writeFileSync(join(alone, "rule.ts"), "export default {};");
        const { ended, err } = await started("--handlers", join(alone, "rule.ts"));
        expect(await ended).toBe(2);
        expect(err()).toMatch(
          /^error: Node [\d.]+ cannot load TypeScript such as .*rule\.ts: take Node 22\.18 or later, install tsx beside it \(npm install --save-dev tsx\), or give the JavaScript that it compiles to\.\n$/,
        );
      } finally {
        rmSync(alone, { recursive: true });
      }
    },
  );
});

describe("what the document says of its records", () => {
  const saying = (said: string) =>
    document.replace("  /tickets/{ticketId}:\n", `  /tickets/{ticketId}:\n    x-understudy-resource: ${said}\n`);

  test.each([
    ["{ name: passages, id: crossing }", /^State {2}passages: POST, GET, DELETE \/tickets\/\{ticketId\} by crossing$/m],
    ["false", /^Docs {3}\S+\nLive {3}\S+\n\nTry/m],
  ])("%s is what is shown", async (said, wanted) => {
    const { out } = await started("--spec", write("said.yaml", saying(said)));
    expect(out()).toMatch(wanted);
  });

  test("and refused in one line where it cannot be", async () => {
    const { ended, err } = await started("--spec", write("said.yaml", saying("{ id: ticked }")));
    expect(await ended).toBe(2);
    expect(err()).toBe(
      'error: x-understudy-resource of /tickets/{ticketId}: none of its answers has a schema of records with a member "ticked". Did you mean "ticketId"?\n',
    );
  });
});
