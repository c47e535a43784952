import { tmpdir } from "node:os";
import { join } from "node:path";

/** Mutates the mock's own rules and ways, and asks the tests that exercise them: `npm run mutate [-- -m FILE]`. */
export default {
  mutate: [
    "src/connect/rules/**/*.ts",
    "src/mock/middleware/**/*.ts",
    "src/document/**/*.ts",
    "src/contract/generated/**/*.ts",
    "src/mock/store/memory.ts",
    "src/connect/handlers/**/*.ts",
  ],
  testRunner: "vitest",
  vitest: { configFile: "test/mutants/vitest.config.ts", related: false },
  coverageAnalysis: "perTest",
  concurrency: 2,
  disableTypeChecks: false,
  // Longer than a test may take: one that hangs has failed, and only what stops the process itself is a timeout.
  timeoutMS: 15_000,
  // Outside of the project, for no other run of the tests to find its copies.
  tempDirName: join(tmpdir(), "understudy-mutate"),
  cleanTempDir: "always",
  ignorePatterns: ["dist", "report"],
  reporters: ["clear-text", "progress-append-only", "json", "html"],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: "report/mutation/report.json" },
  htmlReporter: { fileName: "report/mutation/index.html" },
};
