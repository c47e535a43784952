import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { lacking } from "./needs.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const [, build, image] = readFileSync(join(root, "Dockerfile"), "utf8").split(/^FROM /m);

/** The words of an instruction in its exec form, with the files of this folder in the place of those in the image. */
function words(instruction: string): string[] {
  const [, list] = new RegExp(`^${instruction}.*? (\\[.*\\])$`, "m").exec(image!)!;
  return (JSON.parse(list!) as string[]).map((word) => word.replace("/app/", root));
}

/** The variables that the image sets. */
const given = Object.fromEntries(
  [...image!.matchAll(/(\w+)=(\S+)/g)].flatMap(([line, name, value]) =>
    line.startsWith("--") ? [] : [[name!, value!]],
  ),
);

test("both stages are of Node 22 on Alpine, and the second has a user without rights", () => {
  for (const stage of [build, image]) expect(stage).toMatch(/^node:22-alpine\b/);
  expect(image).toMatch(/^USER node$/m);
  expect(given).toMatchObject({ UNDERSTUDY_HOST: "0.0.0.0" });
});

test("what it copies is there, or made by its own commands", () => {
  const copied = [...image!.matchAll(/^COPY --from=build \/app\/(\S+)/gm)].map(([, name]) => name!);
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of copied) expect(existsSync(join(root, name)), name).toBe(true);
  // All that a package has, but for what nobody reads at run time.
  expect(copied).toEqual(expect.arrayContaining(files.filter((name: string) => name !== "CHANGELOG.md")));
  const ignored = readFileSync(join(root, ".dockerignore"), "utf8").trim().split("\n");
  for (const name of ["src", "contracts", "spec", "fixtures", ".ci", "package-lock.json"])
    expect(ignored).not.toContain(name);
});

test("the client of Redis stays in the image, and two replicas of compose.yaml have one world by it", () => {
  expect(build).toMatch(/mv node_modules\/@redis (\S+) [\s\S]*npm prune [\s\S]*mv \1 node_modules\/@redis$/m);
  const { services } = parse(readFileSync(join(root, "compose.yaml"), "utf8"), { merge: true });
  const { one, two, world, proxy } = services;
  for (const replica of [one, two]) {
    expect(replica.environment).toEqual({ UNDERSTUDY_STORE: "redis://world:6379" });
    expect(replica.depends_on).toEqual({ world: { condition: "service_healthy" } });
  }
  expect(world.healthcheck.test).toEqual(["CMD", "valkey-cli", "ping"]);
  const port = /^EXPOSE (\d+)$/m.exec(image!)![1];
  expect(proxy.command.join(" ")).toContain(`--from :${port} --to one:${port} --to two:${port}`);
  expect(proxy.ports).toEqual([`${port}:${port}`]);
});

const missing = lacking("signals");

test.skipIf(missing)(`its command serves, is healthy, and ends on SIGTERM${missing}`, async () => {
  const port = await freePort();
  const env = { PATH: process.env.PATH, ...given, UNDERSTUDY_PORT: `${port}` };
  const [command, ...options] = [...words("ENTRYPOINT"), ...words("CMD")];
  const child = spawn(command!, options, { env });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [check, ...asked] = words("HEALTHCHECK");
  await expect(run(check!, asked, { env })).rejects.toMatchObject({ code: 1 });
  await once(child.stdout, "data");
  await run(check!, asked, { env });
  // As the host of the container calls it, by a port that is mapped; by another name it is the API, and no control plane.
  expect(await statusOf(port, "/_understudy/health", "localhost:8080")).toBe(200);
  expect(await statusOf(port, "/_understudy/health", "mock:4010")).toBe(403);
  expect(await statusOf(port, "/customers", "mock:4010")).toBe(200);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

async function statusOf(port: number, path: string, host: string): Promise<number> {
  const asked = request({ host: "127.0.0.1", port, path, headers: { Host: host, "X-API-Key": "test_key" } }).end();
  const [response] = await once(asked, "response");
  response.resume();
  return response.statusCode;
}
