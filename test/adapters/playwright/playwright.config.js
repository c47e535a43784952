import { defineConfig } from "@playwright/test";

/** Run by `test/adapters/playwright.test.ts`, which serves the page and the mock and says where they are. */
export default defineConfig({
  testDir: ".",
  fullyParallel: true,
  retries: 0,
  expect: { timeout: 15_000 },
  reporter: "json",
  outputDir: process.env.UNDERSTUDY_OUTPUT,
  use: {
    launchOptions: { executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] },
    api: {
      url: process.env.UNDERSTUDY_API,
      ...(process.env.UNDERSTUDY_TARGET ? { target: process.env.UNDERSTUDY_TARGET } : {}),
    },
  },
});
