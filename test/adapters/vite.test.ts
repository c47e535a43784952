import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, createServer, type PluginOption, type PreviewServer, preview, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { understudy } from "../../src/adapters/vite.ts";

const path = "/customers/cus-0001-business-email";
const headers = { "X-API-Key": "test_vite", "Content-Type": "application/json" };
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "understudy-vite-"));
  await writeFile(join(root, "index.html"), "<!doctype html><title>A page</title>");
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Vite's own address of a server that it has started. */
function addressOf({ httpServer }: Pick<ViteDevServer | PreviewServer, "httpServer">): string {
  const { port } = httpServer!.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

const quiet = () => ({ root, configFile: false as const, logLevel: "error" as const });
const port = { host: "127.0.0.1", port: 0 };

describe("the dev server of Vite", () => {
  test("answers for the API under a path, and serves the page beside it", async () => {
    // The type of a plugin, as a configuration asks for it.
    const plugin: PluginOption = understudy({ path: "/api" });
    const server = await createServer({ ...quiet(), plugins: [plugin], server: { ...port, ws: false } });
    await server.listen();
    try {
      const url = addressOf(server);
      const body = JSON.stringify({ method: "EMAIL_INVOICE", email: "new@company.example" });
      const written = await fetch(`${url}/api${path}/billing`, { method: "PUT", headers, body });
      expect(written.status).toBe(200);
      const read = await fetch(`${url}/api${path}`, { headers });
      expect(await read.json()).toMatchObject({ billing: { email: "new@company.example" } });
      expect((await fetch(`${url}/api/_understudy/health`)).status).toBe(200);
      expect(await (await fetch(url)).text()).toContain("A page");
    } finally {
      await server.close();
    }
  });

  test("a fault cuts the line, and nothing else of the server", async () => {
    const plugin = understudy({ path: "/api" });
    const server = await createServer({ ...quiet(), plugins: [plugin], server: { ...port, ws: false } });
    await server.listen();
    try {
      const url = addressOf(server);
      await (await plugin.api.sandbox()).faults.add({}, [{ connection: "drop-after", times: 1 }]);
      await expect(fetch(`${url}/api${path}`, { headers: { "X-API-Key": "test_key" } })).rejects.toThrow();
      expect((await fetch(url)).status).toBe(200);
    } finally {
      await server.close();
    }
  });
});

test("the preview answers too", async () => {
  await build(quiet());
  const server = await preview({ ...quiet(), plugins: [understudy()], preview: port });
  try {
    expect((await fetch(`${addressOf(server)}/api${path}`, { headers })).status).toBe(200);
  } finally {
    await server.close();
  }
});

test.each(["api", "/", "/api/", ""])("a path %j is refused", (given) => {
  expect(() => understudy({ path: given })).toThrow(/path should be one such as "\/api"; received/);
});

test("an option that nobody reads is refused", () => {
  expect(() => understudy({ paths: "/api" } as object)).toThrow(/createMock has no option "paths"/);
});
