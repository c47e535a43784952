import { defineConfig } from "vitest/config";

/** The tests that exercise the mock, the document and what is generated of it, and none that start other processes or play whole suites. */
export default defineConfig({
  test: {
    include: [
      "test/{connect,document,mock}/**/*.test.ts",
      "test/contract/generated/{any-document,breaks,request}.test.ts",
    ],
    exclude: ["test/mock/control/browser.test.ts"],
    testTimeout: 30_000,
  },
});
