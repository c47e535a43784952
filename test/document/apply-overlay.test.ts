import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { applyOverlay } from "../../src/document/apply-overlay.ts";
import { resourcesOf } from "../../src/document/resources.ts";
import { loadSpec } from "../../src/document/spec.ts";

const folder = mkdtempSync(join(tmpdir(), "overlay-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ok = {
  description: "ok",
  content: { "application/json": { schema: { type: "object", properties: { id: { type: "string" } } } } },
};
const shelf = {
  openapi: "3.1.0",
  info: { title: "Shelf", version: "1" },
  tags: [{ name: "a" }, { name: "b" }, { name: "c" }],
  paths: {
    "/jars": {
      get: { operationId: "list", responses: { 200: ok } },
      post: { operationId: "put", responses: { 201: ok } },
    },
    "/jars/{id}": {
      parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
      get: { operationId: "get", responses: { 200: ok } },
    },
  },
};
const overlay = (...actions: object[]) => ({ overlay: "1.0.0", info: { title: "o", version: "1" }, actions });

test("objects are merged, lists grow, all else is replaced; the document itself stays", () => {
  const before = structuredClone(shelf);
  const after = applyOverlay(
    shelf,
    overlay(
      { target: "$.info", update: { title: "Cellar", summary: "Jars" } },
      { target: "$.tags", update: { name: "d" } },
      { target: "$.paths.*[?@.operationId == 'get']", update: { description: "One." } },
    ),
    "o",
  );
  expect(after.info).toEqual({ title: "Cellar", version: "1", summary: "Jars" });
  expect(after.tags).toEqual([...shelf.tags, { name: "d" }]);
  expect(after).toMatchObject({ paths: { "/jars/{id}": { get: { operationId: "get", description: "One." } } } });
  expect(shelf).toEqual(before);
});

test("what is removed is gone, several of a list at once", () => {
  const after = applyOverlay(
    shelf,
    overlay({ target: "$.tags[?@.name != 'b']", remove: true }, { target: "$.paths['/jars'].post", remove: true }),
    "o",
  );
  expect(after.tags).toEqual([{ name: "b" }]);
  expect(Object.keys((after.paths as typeof shelf.paths)["/jars"])).toEqual(["get"]);
});

test("corrects what is kept of a document on disk, which is shown as it is then", () => {
  const [file, changes] = [join(folder, "shelf.json"), join(folder, "overlay.yaml")];
  writeFileSync(file, JSON.stringify(shelf));
  writeFileSync(
    changes,
    'overlay: 1.0.0\ninfo: { title: o, version: "1" }\nactions:\n  - target: "$.paths[\'/jars/{id}\']"\n    update: { x-understudy-resource: false }\n',
  );
  expect(resourcesOf(loadSpec(file)).map(({ name }) => name)).toEqual(["jars"]);
  const changed = loadSpec(file, { overlay: changes });
  expect(resourcesOf(changed)).toEqual([]);
  expect(JSON.parse(changed.text).paths["/jars/{id}"]["x-understudy-resource"]).toBe(false);
});

test.each([
  [{}, /^o should be an overlay, .*; received \{\}\.$/],
  [overlay({ update: {} }), /^actions\[0\] of o should have a target/],
  [overlay({ target: "$.paths['/tins']", update: {} }), /^actions\[0\] of o has the target .*tins.*, which is nothing/],
  [
    overlay({ target: "paths(", update: {} }),
    /^actions\[0\] of o should have a JSONPath as its target; received "paths\("/,
  ],
])("%j is refused", (given, message) => {
  expect(() => applyOverlay(shelf, given, "o")).toThrow(message);
});
