import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** What a test names that opens a port, starts a process or a browser, or plays whole suites against whole deployments. */
const reaches =
  /"node:(?:child_process|http|https|net)"|"playwright-core"|\.listen\(|\/raw-server\.ts"|\/(?:run-against|understudy|variants|browser|depot|redis|campaign|endurance)\.ts"/;

const folder = fileURLToPath(new URL("test", import.meta.url));
const contract = "contract.test.ts";
const tests = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".test.ts") && name !== contract,
);
const whole = tests.filter((name) => reaches.test(readFileSync(join(folder, name), "utf8")));
const named = (names: readonly string[]) => names.map((name) => `test/${name.replaceAll("\\", "/")}`);

/** `contract` is every case of the suite against the mock; `unit` answers within seconds; `whole` is everything else. */
export default defineConfig({
  test: {
    // One less than there are processors, unless told: of two, one would idle.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        test: {
          name: "unit",
          include: named(tests.filter((name) => !whole.includes(name))),
          // They share nothing that changes, so that the modules are read once a thread and not once a file.
          pool: "threads",
          isolate: false,
          testTimeout: 30_000,
        },
      },
      { test: { name: "contract", include: named([contract]) } },
      {
        test: {
          name: "whole",
          include: named(whole),
          globalSetup: "test/build.ts",
          // A process may take seconds to start where others start too.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
