import { defineConfig } from "vitest/config";

/** The tests that exercise the mock itself, and none that start other processes. */
export default defineConfig({
  test: {
    include: ["test/{rules,middleware,store,handlers}/**/*.test.ts", "test/{app,control,server}.test.ts"],
  },
});
