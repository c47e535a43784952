import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Where the tests of pages look for a browser. */
export const chromiumPath = "/usr/bin/chromium";

/** Whether this is Windows, where `npm` is a script that only a shell starts. */
export const onWindows = process.platform === "win32";

/** What not every machine has: whether it is here, and what to say where it is not. */
const needs = {
  chromium: [() => existsSync(chromiumPath), `there is no ${chromiumPath}; apt-get install chromium`],
  curl: [() => !onWindows && runs("curl --version"), "there is no curl with a POSIX shell; apt-get install curl"],
  openssl: [() => /^OpenSSL 3/.test(said("openssl version")), "there is no openssl 3; apt-get install openssl"],
  redis: [
    () => runs("redis-server --version") && runs("redis-cli --version"),
    "there is no redis-server; apt-get install redis-server",
  ],
  signals: [() => !onWindows, "a process on Windows is ended by a signal, not told"],
  xmllint: [() => runs("xmllint --version"), "there is no xmllint; apt-get install libxml2-utils"],
} satisfies Record<string, [isHere: () => boolean, missing: string]>;

/**
 * Why a test that needs this cannot run here, as the end of its title; empty where it can, and on a Linux machine of CI, where what
 * is missing is a failure.
 */
export function lacking(...names: (keyof typeof needs)[]): string {
  if (process.env.CI && process.platform === "linux") return "";
  const missing = names.filter((name) => !needs[name][0]()).map((name) => needs[name][1]);
  return missing.length === 0 ? "" : ` (skipped: ${missing.join("; ")})`;
}

function runs(line: string): boolean {
  return spawnSync(line, { shell: true }).status === 0;
}

function said(line: string): string {
  return spawnSync(line, { shell: true, encoding: "utf8" }).stdout ?? "";
}
