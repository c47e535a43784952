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
