import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { RunError } from "../../src/contract/guest.ts";
import { createFileLock, type Holder, takeLock } from "../../src/contract/lock.ts";
import { createFileRecovery } from "../../src/contract/recovery.ts";

const built = new URL("../../dist/contract.js", import.meta.url).href;

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "one.lock");
}

function held(file: string, by: Partial<Holder>): void {
  const since = new Date().toISOString();
  writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname(), since, ...by }));
}

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.once("exit", resolve));
  return child.pid!;
}

test("one run has it, the next one is told who, and gets it once it is let go", () => {
  const file = place();
  const [one, other] = [createFileLock(file), createFileLock(file)];
  expect(one.take()).toBeUndefined();
  expect(other.take()).toMatchObject({ pid: process.pid, host: hostname() });
  other.letGo();
  expect(other.take()).toBeDefined();
  one.letGo();
  expect(other.take()).toBeUndefined();
  other.letGo();
  expect(readdirSync(join(file, ".."))).toEqual([]);
});

test("that of a dead process is taken over", async () => {
  const file = place();
  held(file, { pid: await deadPid() });
  const lock = createFileLock(file);
  expect(lock.take()).toBeUndefined();
  expect(JSON.parse(readFileSync(file, "utf8")).pid).toBe(process.pid);
  lock.letGo();
});

test("that of an earlier process with the same number is taken over", () => {
  const file = place();
  held(file, { since: "2020-01-01T00:00:00.000Z" });
  const lock = createFileLock(file);
  expect(lock.take()).toBeUndefined();
  lock.letGo();
});

test.each([
  ["of another machine", { host: "elsewhere", pid: 1 }],
  ["whose number another process has by now", { pid: process.ppid }],
])("that of a run %s is taken over once it has been seen not to be renewed for 15 s", (_, by) => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const file = place();
  held(file, by);
  const lock = createFileLock(file);
  expect(lock.take()).toMatchObject(by);
  vi.advanceTimersByTime(14_000);
  expect(lock.take()).toMatchObject(by);
  utimesSync(file, new Date(), new Date(Date.now() + 1_000));
  expect(lock.take(), "just renewed").toMatchObject(by);
  vi.advanceTimersByTime(14_000);
  expect(lock.take()).toMatchObject(by);
  vi.advanceTimersByTime(2_000);
  expect(lock.take()).toBeUndefined();
  lock.letGo();
});

test("of eight processes that meet the lock of a dead one, one gets it", async () => {
  const folder = join(place(), "..");
  const { file } = createFileRecovery("http://a.test", "one", { UNDERSTUDY_RECOVERY: folder });
  held(file.replace(/json$/, "lock"), { pid: await deadPid() });
  const script = `import { createFileRecovery } from ${JSON.stringify(built)};
    console.log(createFileRecovery("http://a.test", "one").lock.take() ? "no" : "yes");
    setTimeout(() => {}, 60_000);`;
  const env = { ...process.env, UNDERSTUDY_RECOVERY: folder };
  const children = Array.from({ length: 8 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", script], { env }),
  );
  onTestFinished(() => {
    for (const child of children) child.kill();
  });
  const said = await Promise.all(
    children.map((child) => new Promise((resolve) => child.stdout.once("data", (data) => resolve(`${data}`.trim())))),
  );
  expect(said.sort()).toEqual([...Array(7).fill("no"), "yes"]);
}, 30_000);

test("a run waits for it, says so once, and then has it", async () => {
  const file = place();
  const one = createFileLock(file);
  one.take();
  const told: string[] = [];
  let pauses = 0;
  const other = createFileLock(file);
  const sleep = async () => {
    if (++pauses === 3) one.letGo();
  };
  await takeLock(other, "team blue", { maxWaitMs: 30_000, sleep, onWait: (text) => told.push(text) });
  expect(pauses).toBe(3);
  expect(told).toEqual([expect.stringMatching(waiting)]);
  other.letGo();
});

const waiting = /^Another run is at work on team blue: process \d+, since \d{4}-\S+Z\. Waiting for it, at most 30 s\.$/;

test("a run waits no longer than it is told to, and says who has it", async () => {
  const file = place();
  held(file, { host: "elsewhere", pid: 7, since: "2026-01-01T00:00:00.000Z" });
  const patience = { maxWaitMs: 0, sleep: async () => {}, onWait: () => {} };
  await expect(takeLock(createFileLock(file), "team blue", patience)).rejects.toThrow(
    new RunError(
      "Another run is at work on team blue: process 7 of elsewhere, since 2026-01-01T00:00:00.000Z. This one has waited 0 s for it; run it again when that one has ended.",
    ),
  );
});
