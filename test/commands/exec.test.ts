import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { ids } from "../mock.ts";
import { lacking } from "../needs.ts";
import { understudy } from "./understudy.ts";

const noSignals = lacking("signals");

/** A command of one line of JavaScript. */
const node = (code: string) => ["--", process.execPath, "--input-type=module", "-e", code];

const read = `
const { CONNECT_BASE_URL: url, CONNECT_API_KEY: key } = process.env;
const answer = await fetch(url + "/customers/${ids.business}", { headers: { "X-API-Key": key } });
console.log(answer.status, key);
`;

test("the command finds the mock, and its output stands alone", async () => {
  const { ended, out, err } = await understudy(["exec", ...node(read)]);
  expect([await ended, out(), err()]).toEqual([0, "200 test_key\n", ""]);
});

test("options of start are taken, and those of the command are its own", async () => {
  const own = ["--", process.execPath, "-e", "console.log(process.argv.slice(1).join())", "--port", "--log", "x"];
  expect(await (await understudy(["exec", ...own])).ended).toBe(9);
  const passed = [
    "--",
    process.execPath,
    "--eval",
    "console.log(process.argv.slice(1).join())",
    "--",
    "--port",
    "--log",
  ];
  const { ended, out } = await understudy(["exec", "--seed", "3", ...passed]);
  expect([await ended, out()]).toEqual([0, "--port,--log\n"]);
  const keyed = await understudy(["exec", "--api-key", "own_key", "--log", "line", ...node(read)]);
  expect([await keyed.ended, keyed.out()]).toEqual([0, "200 own_key\n"]);
  expect(keyed.err()).toMatch(/GET +\/customers\/.* 200 .* getCustomer/);
});

test("it ends as the command ends, and the mock with it", async () => {
  const { ended, out } = await understudy([
    "exec",
    ...node("console.log(process.env.CONNECT_BASE_URL); process.exitCode = 7;"),
  ]);
  expect(await ended).toBe(7);
  await expect(fetch(out().trim())).rejects.toThrow();
});

test.skipIf(noSignals)(`a signal is the command's to obey${noSignals}`, async () => {
  const waiting = `process.once("SIGTERM", () => process.exit(3)); console.log("waits"); setInterval(() => {}, 1000);`;
  const polite = await understudy(["exec", ...node(waiting)]);
  polite.child.kill("SIGTERM");
  expect(await polite.ended).toBe(3);
  const killed = await understudy([
    "exec",
    ...node(`process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);`),
  ]);
  expect(await killed.ended).toBe(137);
});

test("a program that is not there is said", async () => {
  const { ended, err } = await understudy(["exec", "--", "no-such-program"]);
  expect([await ended, err()]).toEqual([
    2,
    'error: Cannot run "no-such-program": there is no such program; it is looked for in the PATH, and npx starts those of a package.\n',
  ]);
});

test("without a command, and with what cannot be served, it says so", async () => {
  const bare = await understudy(["exec"]);
  expect([await bare.ended, bare.err()]).toEqual([2, "error: missing required argument 'command'\n"]);
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const { ended, out, err } = await understudy(["exec", "--port", `${port}`, ...node("console.log(1)")]);
  expect([await ended, out(), err()]).toEqual([2, "", expect.stringContaining(`Port ${port} of 127.0.0.1 is taken`)]);
  taken.close();
});
