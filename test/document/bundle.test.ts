import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadSpec, parseSpec, type Spec, SpecError } from "../../src/document/spec.ts";

/** Files in a folder of their own, which goes when the test ends; answers with its path. */
function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "bundle-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

const ok = (schema: unknown) => ({
  responses: { 200: { description: "ok", content: { "application/json": { schema } } } },
});

/** A document with these paths. */
function documentOf(paths: unknown, more: object = {}) {
  return { openapi: "3.1.0", info: { title: "Pets", version: "1" }, paths, ...more };
}

function parse(document: unknown): Spec {
  return parseSpec(JSON.stringify(document));
}

/** What the answer 200 of the first operation finds wrong with a value. */
function wrong({ operations }: Spec, value: unknown): string[] {
  const media = operations[0]!.responses.get("200")!.content.get("application/json")!;
  return media.check(value).map(({ at, keyword }) => `${at} ${keyword}`);
}

const texts = ({ remarks }: Spec) => remarks.map(({ kind, text }) => `${kind}: ${text}`);

describe("files beside the document", () => {
  const name = { type: "object", required: ["name"], properties: { name: { type: "string" } } };

  test("are read where a reference names them, one through another", () => {
    const folder = folderOf({
      "api/openapi.json": documentOf({
        "/pets": {
          get: {
            parameters: [{ $ref: "shared/parameters.yaml#/limit" }],
            responses: { 200: { $ref: "./shared/responses.yaml#/Pet" }, 404: { $ref: "shared/responses.yaml#/None" } },
          },
        },
      }),
      "api/shared/parameters.yaml": "limit: {name: limit, in: query, schema: {type: integer, maximum: 9}}\n",
      "api/shared/responses.yaml":
        "Pet:\n  description: A pet.\n  content: {application/json: {schema: {$ref: '../schemas/pet.json'}}}\nNone: {description: None.}\n",
      "api/schemas/pet.json": {
        ...name,
        properties: { name: { $ref: "#/$defs/Name" } },
        $defs: { Name: { minLength: 2 } },
      },
    });
    const spec = loadSpec(join(folder, "api/openapi.json"));
    expect(texts(spec)).toEqual([]);
    expect(wrong(spec, { name: "Rex" })).toEqual([]);
    expect(wrong(spec, { name: "R" })).toEqual(["body.name minLength"]);
    expect(spec.operations[0]!.parameters[0]!.check(10).map(({ keyword }) => keyword)).toEqual(["maximum"]);
    expect([...spec.operations[0]!.responses.keys()]).toEqual(["200", "404"]);
    expect(JSON.stringify(spec.document)).not.toContain("shared/");
  });

  test("stand for whole lists and maps, which references go through", () => {
    const folder = folderOf({
      "openapi.yaml": `openapi: 3.1.0
info: {title: Pets, version: "1"}
paths: {$ref: paths.yaml}
components:
  schemas: {$ref: schemas/index.yaml}
  parameters: {$ref: parts.yaml#/parameters}
`,
      "paths.yaml": `/pets: {$ref: pets.yaml}
/owners:
  get:
    parameters: {$ref: parts.yaml#/list}
    responses: {$ref: parts.yaml#/responses}
`,
      "pets.yaml":
        "get: {responses: {200: {description: '', content: {application/json: {schema: {$ref: 'openapi.yaml#/components/schemas/Pet'}}}}}}\n",
      "parts.yaml": `parameters: {limit: {name: limit, in: query, schema: {type: integer, maximum: 9}}}
list: [{$ref: openapi.yaml#/components/parameters/limit}]
responses:
  200: {description: "", content: {application/json: {schema: {$ref: "openapi.yaml#/components/schemas/Owner"}}}}
`,
      "schemas/index.yaml": "Pet: {$ref: pet.yaml}\nOwner: {$ref: owner.yaml}\n",
      "schemas/pet.yaml": {
        type: "object",
        properties: { $ref: "properties.yaml#/pet", age: { type: "integer" } },
      },
      "schemas/properties.yaml":
        "pet: {name: {type: string}, owner: {$ref: '../openapi.yaml#/components/schemas/Owner'}}\n",
      "schemas/owner.yaml":
        "type: object\nproperties: {pets: {type: array, items: {$ref: '../openapi.yaml#/components/schemas/Pet'}}}\n",
    });
    const spec = loadSpec(join(folder, "openapi.yaml"));
    expect(texts(spec)).toEqual([]);
    expect(spec.operations.map(({ id }) => id)).toEqual(["GET /pets", "GET /owners"]);
    const pet = { name: "Rex", age: 3, owner: { pets: [{ name: 1, age: "3" }] } };
    expect(wrong(spec, pet)).toEqual(["body.owner.pets.0.name type", "body.owner.pets.0.age type"]);
    const [, owners] = spec.operations;
    expect(owners!.parameters.map(({ name, check }) => [name, check(10).length])).toEqual([["limit", 1]]);
    expect(owners!.responses.get("200")!.content.get("application/json")!.check({ pets: 1 })).toHaveLength(1);
    expect(JSON.stringify(spec.document)).not.toContain(".yaml");
  });

  test("may lead back to the document, and hold themselves", () => {
    const folder = folderOf({
      "openapi.json": documentOf(
        { "/": { get: ok({ $ref: "tree.json" }) } },
        { components: { schemas: { Leaf: { type: "string" } } } },
      ),
      "tree.json": {
        type: "object",
        properties: {
          leaf: { $ref: "openapi.json#/components/schemas/Leaf" },
          below: { type: "array", items: { $ref: "tree.json" } },
        },
      },
    });
    const spec = loadSpec(join(folder, "openapi.json"));
    expect(wrong(spec, { below: [{ below: [], leaf: "x" }] })).toEqual([]);
    expect(wrong(spec, { below: [{ below: [{ leaf: 1 }] }] })).toEqual(["body.below.0.below.0.leaf type"]);
    expect(Object.keys((spec.document.components as { schemas: object }).schemas)).toEqual(["Leaf", "tree"]);
  });

  test("of one name come in under several", () => {
    const folder = folderOf({
      "openapi.json": documentOf({
        "/": { get: ok({ type: "object", properties: { a: { $ref: "a.json#/It" }, b: { $ref: "b.json#/It" } } }) },
      }),
      "a.json": { It: { type: "string" } },
      "b.json": { It: { type: "number" } },
    });
    expect(wrong(loadSpec(join(folder, "openapi.json")), { a: 1, b: "x" })).toEqual(["body.a type", "body.b type"]);
  });

  test.each([
    ["outside of its folder", "../secret.json#/S", "lies outside of the document's folder"],
    ["behind a link that leads outside", "link.json#/S", "lies outside of the document's folder"],
    ["that are not there", "gone.json#/S", "there is no such file"],
    ["on the network", "http://127.0.0.1:9/s.json", "nothing is read from the network"],
    ["that are broken", "broken.json", "its file cannot be read: broken.json:1:3 is no JSON"],
    ["without what is named", "fine.json#/Gone", '"fine.json#/Gone"'],
  ])("%s are a remark, and what hangs on them goes unchecked", (_, ref, reason) => {
    const folder = folderOf({
      "secret.json": { S: { type: "string" } },
      "api/openapi.json": documentOf({ "/": { get: ok({ $ref: ref }) } }),
      "api/broken.json": "{ ]",
      "api/fine.json": {},
    });
    symlinkSync(join(folder, "secret.json"), join(folder, "api/link.json"));
    const spec = loadSpec(join(folder, "api/openapi.json"));
    expect(texts(spec)).toHaveLength(1);
    expect(texts(spec)[0]).toContain(reason);
    expect(texts(spec)[0]).toContain("#/paths/~1/get/responses/200/content/application~1json/schema");
    expect(wrong(spec, 1)).toEqual([]);
  });

  test("outside of its folder are read where that is told", () => {
    const folder = folderOf({
      "shared.json": { S: { type: "string" } },
      "api/openapi.json": documentOf({ "/": { get: ok({ $ref: "../shared.json#/S" }) } }),
    });
    const spec = loadSpec(join(folder, "api/openapi.json"), { folder });
    expect(wrong(spec, 1)).toEqual(["body type"]);
  });

  test("are none where the document was no file", () => {
    const spec = parse(documentOf({ "/": { get: ok({ $ref: "a.json" }) } }));
    expect(texts(spec)).toEqual([expect.stringContaining("the document was not read from a file")]);
  });
});

describe("references within the document", () => {
  test("path items and operations are read behind them", () => {
    const spec = parse(
      documentOf(
        {
          "/a": { $ref: "#/components/pathItems/A", post: ok({ type: "string" }) },
          "/b": { get: { $ref: "#/x-shared/get" } },
        },
        {
          components: { pathItems: { A: { get: { ...ok({ type: "number" }), operationId: "getA" } } } },
          "x-shared": { get: { ...ok({ type: "boolean" }), operationId: "getB" } },
        },
      ),
    );
    expect(spec.operations.map(({ id, place }) => [id, place.join(" ")])).toEqual([
      ["getA", "paths /a get"],
      ["POST /a", "paths /a post"],
      ["getB", "paths /b get"],
    ]);
    expect(wrong(spec, "x")).toEqual(["body type"]);
  });

  test("path items may hold themselves in a callback, which is left out", () => {
    const post = { ...ok({ type: "number" }), callbacks: { done: { "{$url}": { $ref: "#/components/pathItems/A" } } } };
    const spec = parse(
      documentOf(
        { "/a": { $ref: "#/components/pathItems/A" }, "/b": { $ref: "#/components/pathItems/A" } },
        { components: { pathItems: { A: { post } } } },
      ),
    );
    expect(spec.operations.map(({ id }) => id)).toEqual(["POST /a", "POST /b"]);
    expect(texts(spec)[0]).toMatch(/^dangling: "#\/components\/pathItems\/A", for it is a part of itself at /);
  });

  test("so are the encodings of a form", () => {
    const content = {
      "multipart/form-data": { schema: { type: "object" }, encoding: { photo: { $ref: "#/x-photo" } } },
    };
    const spec = parse(
      documentOf(
        { "/": { post: { requestBody: { content }, ...ok({}) } } },
        { "x-photo": { contentType: "image/png" } },
      ),
    );
    const { encodings } = spec.operations[0]!.requestBody!.content.get("multipart/form-data")!;
    expect(encodings.get("photo")).toMatchObject({ contentType: "image/png" });
  });

  test.each<[string, object, string]>([
    ["pointers, encoded twice", { "a/b{c}": { type: "number" } }, "#/components/schemas/a~1b%7Bc%7D"],
    ["an anchor", { A: { $anchor: "it", type: "number" } }, "#it"],
    [
      "an anchor in a schema with an identifier",
      { A: { $id: "https://pets.test/a", $defs: { B: { $anchor: "b", type: "number" } } } },
      "https://pets.test/a#b",
    ],
    ["an identifier", { A: { $id: "https://pets.test/a", type: "number" } }, "https://pets.test/a"],
    [
      "a pointer from the schema around with an identifier",
      { A: { $id: "https://pets.test/a", $ref: "#/$defs/B", $defs: { B: { type: "number" } } } },
      "#/components/schemas/A",
    ],
    ["a place that is no component", {}, "#/x-schemas/N"],
    [
      "a pointer through another reference",
      { A: { $ref: "#/components/schemas/B" }, B: { properties: { n: { type: "number" } } } },
      "#/components/schemas/A/properties/n",
    ],
    [
      "one behind another",
      { A: { $ref: "#/components/schemas/B" }, B: { $ref: "#/components/schemas/C" }, C: { type: "number" } },
      "#/components/schemas/A",
    ],
  ])("by %s", (_, schemas, $ref) => {
    const spec = parse(
      documentOf({ "/": { get: ok({ $ref }) } }, { components: { schemas }, "x-schemas": { N: { type: "number" } } }),
    );
    expect(texts(spec)).toEqual([]);
    expect(wrong(spec, "x")).toEqual(["body type"]);
    expect(wrong(spec, 1)).toEqual([]);
  });

  test("relative to the schema around with an identifier", () => {
    const schemas = {
      Tree: {
        $id: "https://pets.test/tree",
        type: "object",
        properties: { below: { $ref: "#" }, kind: { $ref: "kind" } },
      },
      Kind: { $id: "https://pets.test/kind", enum: ["oak"] },
    };
    const spec = parse(
      documentOf({ "/": { get: ok({ $ref: "#/components/schemas/Tree" }) } }, { components: { schemas } }),
    );
    expect(wrong(spec, { below: { below: { kind: "elm" } } })).toEqual(["body.below.below.kind enum"]);
  });

  test("what looks like an identifier in an example is data", () => {
    const example = { $id: "1", $anchor: "one", $ref: "#/nowhere" };
    const get = ok({ type: "object", example, examples: [example], default: example, enum: [example] });
    const media = { examples: { one: { value: example } } };
    const spec = parse(
      documentOf({
        "/a": { get },
        "/b": { get: { responses: { 200: { description: "", content: { "application/json": media } } } } },
      }),
    );
    expect(texts(spec)).toEqual([]);
    expect(spec.operations[1]!.responses.get("200")!.content.get("application/json")!.examples).toEqual([example]);
    expect(wrong(spec, example)).toEqual([]);
  });
});

describe("what names nothing", () => {
  const gone = "#/components/schemas/Gone";

  test("is a remark in a schema, which says nothing then", () => {
    const spec = parse(
      documentOf({ "/": { get: ok({ type: "object", properties: { a: { $ref: gone, description: "A." } } }) } }),
    );
    expect(texts(spec)).toEqual([
      `dangling: "${gone}" at #/paths/~1/get/responses/200/content/application~1json/schema/properties/a`,
    ]);
    expect(wrong(spec, { a: 1 })).toEqual([]);
  });

  test("takes with it the operation that cannot be read without it, and no other", () => {
    const item = {
      get: { parameters: [{ $ref: "#/components/parameters/Gone" }], ...ok({}) },
      put: { requestBody: { $ref: "#/components/requestBodies/Gone" }, ...ok({}) },
      delete: { responses: { 204: { description: "" }, 404: { $ref: "#/components/responses/Gone" } } },
    };
    const spec = parse(
      documentOf({
        "/a": item,
        "/b": { parameters: [{ $ref: "#/nowhere" }], get: ok({}) },
        "/c": { $ref: "#/nowhere" },
      }),
    );
    expect(spec.operations.map(({ id }) => id)).toEqual(["DELETE /a"]);
    expect([...spec.operations[0]!.responses.keys()]).toEqual(["204"]);
    expect(texts(spec)).toEqual([
      'unread: GET /a, which needs "#/components/parameters/Gone" at #/paths/~1a/get',
      'unread: PUT /a, which needs "#/components/requestBodies/Gone" at #/paths/~1a/put',
      'dangling: "#/components/responses/Gone" at #/paths/~1a/delete/responses/404',
      'unread: /b, which needs "#/nowhere" at #/paths/~1b',
      'dangling: "#/nowhere" at #/paths/~1c',
    ]);
  });

  test("where a list or a map should stand", () => {
    const spec = parse(
      documentOf(
        {
          "/a": { get: { parameters: { $ref: "#/nowhere" }, ...ok({}) } },
          "/b": { get: { parameters: { $ref: "#/x-list" }, ...ok({}) } },
          "/c": { get: ok({ type: "object", properties: { $ref: "#/x-properties" } }) },
          "/d": { get: { responses: { $ref: "#/x-circle/responses" } } },
        },
        {
          "x-list": [{ $ref: "#/components/parameters/Gone" }],
          "x-properties": { a: { type: "number" }, b: { properties: { $ref: "#/x-properties" } } },
          "x-circle": { $ref: "#/x-circle/more" },
        },
      ),
    );
    expect(spec.operations.map(({ id }) => id)).toEqual(["GET /c", "GET /d"]);
    expect(texts(spec)).toEqual([
      'unread: GET /a, which needs "#/nowhere" at #/paths/~1a/get',
      'unread: GET /b, which needs "#/components/parameters/Gone" at #/paths/~1b/get',
      'dangling: "#/x-properties", for it is a part of itself at #/paths/~1c/get/responses/200/content/application~1json/schema/properties/b/properties',
      'dangling: "#/x-circle/responses" at #/paths/~1d/get/responses',
    ]);
    expect(wrong(spec, { a: "x" })).toEqual(["body.a type"]);
  });

  test("or leads in a circle", () => {
    const schemas = { A: { $ref: "#/components/schemas/B" }, B: { $ref: "#/components/schemas/A" } };
    const spec = parse(
      documentOf({ "/": { get: ok({ $ref: "#/components/schemas/A" }) } }, { components: { schemas } }),
    );
    expect(texts(spec)[0]).toContain("leads in a circle");
    expect(wrong(spec, 1)).toEqual([]);
  });
});

describe("a $dynamicRef leads to the outermost anchor of its name", () => {
  const tree = {
    $id: "https://pets.test/tree",
    $dynamicAnchor: "node",
    type: "object",
    properties: { name: true, children: { type: "array", items: { $dynamicRef: "#node" } } },
  };
  const strict = {
    $id: "https://pets.test/strict",
    $dynamicAnchor: "node",
    $ref: "tree",
    unevaluatedProperties: false,
  };

  test.each<[string, string, string[]]>([
    ["to the closed tree, entered by it", "Strict", ["body.children.0.nmae unevaluatedProperties"]],
    ["to the open one, entered by itself", "Tree", []],
  ])("%s", (_, name, found) => {
    const schemas = { Tree: tree, Strict: strict };
    const spec = parse(
      documentOf({ "/": { get: ok({ $ref: `#/components/schemas/${name}` }) } }, { components: { schemas } }),
    );
    expect(texts(spec)).toEqual([]);
    expect(wrong(spec, { children: [{ nmae: "x" }] })).toEqual(found);
    expect(JSON.stringify(spec.document)).not.toContain("$dynamic");
  });

  test("so that a list is one of whatever enters it", () => {
    const schemas = {
      List: { $id: "list", type: "array", items: { $dynamicRef: "#item" }, $defs: { any: { $dynamicAnchor: "item" } } },
      Names: { $id: "names", $ref: "list", $defs: { item: { $dynamicAnchor: "item", type: "string" } } },
      Counts: { $id: "counts", $ref: "list", $defs: { item: { $dynamicAnchor: "item", type: "integer" } } },
    };
    const both = {
      type: "object",
      properties: { names: { $ref: "names" }, counts: { $ref: "counts" }, any: { $ref: "list" } },
    };
    const spec = parse(documentOf({ "/": { get: ok(both) } }, { components: { schemas } }));
    expect(texts(spec)).toEqual([]);
    expect(wrong(spec, { names: ["a"], counts: [1], any: ["a", 1] })).toEqual([]);
    expect(wrong(spec, { names: [1], counts: ["a"] })).toEqual(["body.names.0 type", "body.counts.0 type"]);
  });
});

test("a document that is nested too deep is refused in one line", () => {
  const deep = `${'{"not":'.repeat(20_000)}{}${"}".repeat(20_000)}`;
  const text = `{"openapi":"3.1.0","info":{},"paths":{},"components":{"schemas":{"A":${deep}}}}`;
  expect(() => parseSpec(text, "deep.json")).toThrow(new SpecError("deep.json is nested too deep to be read."));
});
