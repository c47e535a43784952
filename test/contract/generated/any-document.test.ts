import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { verify } from "../../../src/commands/verify.ts";
import { generatedCases } from "../../../src/contract/generated/cases.ts";
import { run } from "../../../src/contract/run.ts";
import { createFetchTransport } from "../../../src/contract.ts";
import { parseSpec, SpecError } from "../../../src/document/spec.ts";
import { createMock } from "../../../src/index.ts";

/** A document of another API, in OpenAPI 3.0. */
const shelves = `
openapi: 3.0.3
info: { title: Shelves, version: "1" }
security: [{ Key: [] }]
paths:
  /shelves:
    get:
      operationId: listShelves
      parameters:
        - { name: width, in: query, schema: { $ref: "#/components/schemas/Width" } }
        - { name: tags, in: query, schema: { type: array, items: { type: string, enum: [a, b] }, maxItems: 3 } }
      responses:
        "200":
          description: All of them.
          content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Shelf" } } } }
        4XX: { description: Refused. }
    post:
      operationId: addShelf
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/Shelf" } } }
      responses:
        "201":
          description: Added.
          content: { application/json: { schema: { $ref: "#/components/schemas/Shelf" } } }
        4XX: { description: Refused. }
components:
  securitySchemes: { Key: { type: apiKey, in: header, name: X-Shelf-Key } }
  schemas:
    Width: { type: number, minimum: 0, exclusiveMinimum: true, maximum: 9.5 }
    Shelf:
      type: object
      required: [width, holds]
      additionalProperties: false
      properties:
        width: { $ref: "#/components/schemas/Width" }
        label: { type: string, maxLength: 12, nullable: true, example: top }
        holds:
          oneOf:
            - { type: object, required: [books], properties: { books: { type: integer, minimum: 1 } } }
            - { type: object, required: [plants], properties: { plants: { type: string, enum: [fern, ivy] } } }
`;

test("another API's document is checked on its mock", async () => {
  const spec = parseSpec(shelves);
  const mock = createMock({ spec, apiKeys: ["shelf-key-1"] });
  const cases = generatedCases(spec, { examples: 10, seed: 1 });
  const report = await run({
    spec,
    cases,
    baseUrl: "http://shelves.test",
    transport: createFetchTransport((request) => mock.fetch(request)),
    // The document says which header carries it.
    apiKey: { value: "shelf-key-1", shell: "$KEY" },
    allowLeftovers: true,
  });
  const unheld = report.cases.filter(({ outcome }) => outcome !== "held");
  // A label of 12 letters has no room for a mark.
  expect(unheld.map(({ id, findings }) => [id, findings])).toEqual([
    ["generated/list-shelves-refuses-neighbouring-credentials", []],
  ]);
  expect(cases.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      "generated/list-shelves-refuses-query-width-exclusive-minimum",
      "generated/add-shelf-refuses-label-max-length",
      "generated/add-shelf-refuses-holds-books-minimum",
      "generated/add-shelf-refuses-holds-plants-enum",
      "generated/add-shelf-needs-credentials",
    ]),
  );
});

test("a keyword that nobody knows is refused where that is asked for, and listed by verify", async () => {
  const text = shelves.replace("maxLength: 12", "maxLength: 12, maxWords: 3");
  expect(() => parseSpec(text, "shelves", { unknownKeywords: "refuse" })).toThrow(SpecError);
  const folder = mkdtempSync(join(tmpdir(), "shelves-"));
  try {
    const file = join(folder, "shelves.yaml");
    writeFileSync(file, text);
    const said: string[] = [];
    const code = await verify(
      { spec: file, timeout: 5, seed: 4, examples: 2 },
      { write: (line) => said.push(line) },
      false,
      (message) => said.push(message),
    );
    expect(said.join("")).toContain(
      "Not checked, for no validator here knows it: maxWords at #/components/schemas/Shelf/properties/label",
    );
    expect(said.join("")).toContain("conforms to Shelves 1");
    expect(code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The cases that a run finds broken in a server that answers each path with its last segment as status, under a document of these operations. */
async function brokenIn(paths: Readonly<Record<string, object>>) {
  const spec = parseSpec(JSON.stringify({ openapi: "3.1.0", info: { title: "Statuses", version: "1" }, paths }));
  const report = await run({
    spec,
    cases: generatedCases(spec, { examples: 5, seed: 1 }),
    baseUrl: "http://statuses.test",
    transport: createFetchTransport(async ({ url }) => {
      const status = Number(/\d{3}/.exec(url)?.[0] ?? 200);
      return new Response(null, { status });
    }),
    apiKey: { value: "", shell: "" },
    allowLeftovers: true,
  });
  return report.cases.filter(({ outcome }) => outcome === "broken");
}

const validOf = (cases: Awaited<ReturnType<typeof brokenIn>>) =>
  cases.map(({ id }) => id).filter((id) => id.endsWith("-valid"));

const answering = (...statuses: string[]) => ({
  get: { responses: Object.fromEntries(statuses.map((status) => [status, { description: "So." }])) },
});

test("an operation that declares no answers, or nothing but failures, is not broken by those that it gives", async () => {
  const clean = await brokenIn({ "/a/200": { get: {} }, "/b/204": answering(), "/c/503": answering("503") });
  expect(validOf(clean)).toEqual([]);
  const failing = { "/a/503": answering("200", "503"), "/b/503": { get: {} }, "/c/503": answering("500") };
  expect(validOf(await brokenIn(failing))).toEqual([
    "generated/get-a-503-valid",
    "generated/get-b-503-valid",
    "generated/get-c-503-valid",
  ]);
});

test("a header is sent no letter that cannot stand in one, inside of lists and objects too", async () => {
  const word = { type: "string", minLength: 1 };
  const parameters = [
    { name: "X-Words", in: "header", required: true, schema: { type: "array", minItems: 1, items: word } },
    { name: "X-Pair", in: "header", schema: { type: "object", required: ["a"], properties: { a: word } } },
  ];
  const get = { parameters, responses: { "200": { description: "So." } } };
  const cases = await brokenIn({ "/a": { get } });
  expect(cases.flatMap(({ findings }) => findings).filter(({ message }) => /case itself failed/.test(message))).toEqual(
    [],
  );
  // It takes anything, and is found to.
  expect(cases.map(({ id }) => id)).toContain("generated/get-a-refuses-header-x-words-required");
});
