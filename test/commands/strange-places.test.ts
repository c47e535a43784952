import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createFileRecovery } from "../../src/contract/recovery.ts";
import { understudy } from "./understudy.ts";

const notLinux = process.platform === "linux" ? "" : " (skipped: no /proc)";

let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "understudy-strange-"));
  await writeFile(join(place, "file"), "");
  return () => rm(place, { recursive: true });
});

/** Ends with 2 and one line on stderr, soon and before any request is sent. */
async function refuses(args: readonly string[], message: string | RegExp, env: Record<string, string> = {}) {
  const run = await understudy(args, { env, cwd: place });
  const ended = await Promise.race([
    run.ended,
    new Promise((resolve) => setTimeout(resolve, 20_000, "it spins").unref()),
  ]);
  expect(run.err()).toMatch(message);
  expect(run.err().trimEnd().split("\n")).toHaveLength(1);
  expect(ended).toBe(2);
}

describe("docs --out", () => {
  test.each([
    ["file", /^error: --out "file": file is a file, and should be a folder\.\n$/],
    ["file/below", /^error: --out "file\/below": the folder file\/below cannot be made: \S+file is a file\.\n$/],
    ["", /^error: --out "": the path of the folder is empty; it should name one, such as \.\/out\.\n$/],
  ])('refuses "%s"', (out, message) => refuses(["docs", "--out", out], message));

  test.skipIf(notLinux)(`refuses where nobody can make a folder${notLinux}`, () =>
    refuses(
      ["docs", "--out", "/proc/understudy/docs"],
      /^error: --out "\/proc\/understudy\/docs": the folder \/proc\/understudy\/docs cannot be made: ENOENT: [^\n]*\.\n$/,
    ),
  );
});

describe("the recovery folder and its file", () => {
  /** A target that no request may reach. */
  async function untouched() {
    const server = createServer((_, response) => {
      response.writeHead(500, { "Content-Type": "application/json" }).end('{"message":"It was asked","code":"asked"}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const judges = async (folder: string, message: RegExp, prepare: (file: string) => Promise<void> = async () => {}) => {
    const target = await untouched();
    await prepare(createFileRecovery(target, "cus-1", { UNDERSTUDY_RECOVERY: folder }).file);
    await refuses(["verify", "--target", target, "--customer", "cus-1", "--api-key", "k"], message, {
      UNDERSTUDY_RECOVERY: folder,
    });
  };
  const cannotKeep = "^error: What stands at the target before a write cannot be kept in the recovery folder";

  test("are refused where a file is in the place of the folder", () =>
    judges(
      join(place, "file"),
      new RegExp(`${cannotKeep} \\S+file: \\S+file is a file, and should be a folder\\. UNDERSTUDY_RECOVERY names`),
    ));

  test("are refused where the folder would be below a file", () =>
    judges(join(place, "file", "below"), new RegExp(`${cannotKeep} \\S+below: the folder \\S+ cannot be made`)));

  test.skipIf(notLinux)(`are refused where nobody can write${notLinux}`, () =>
    judges(
      "/proc/understudy",
      new RegExp(`${cannotKeep} /proc/understudy: the folder /proc/understudy cannot be made`),
    ),
  );

  test.each([
    ["no JSON", '{"baseUrl":"http://a.te'],
    ["another shape", '{"entries":[{"operationId":"x"}]}'],
    ["an empty text", ""],
  ])("are refused where the file holds %s", (_, text) =>
    judges(join(place, "kept"), /^error: The recovery file \S+ is none that this version reads\. /, async (file) => {
      await mkdir(join(place, "kept"), { recursive: true });
      await writeFile(file, text);
    }),
  );

  test("are refused where a folder is in the place of the file", () =>
    judges(join(place, "folder"), /^error: The recovery file \S+ cannot be read: EISDIR/, async (file) => {
      await mkdir(file, { recursive: true });
    }));
});

describe("verify --report", () => {
  test.each([
    ["file", /^error: Cannot write the report to "file": file is a file, and should be a folder\.\n$/],
    [
      "",
      /^error: Cannot write the report to "": the path of the folder is empty; it should name one, such as \.\/out\.\n$/,
    ],
  ])('refuses "%s" before the run', (directory, message) =>
    refuses(["verify", "--filter", "payment-profiles/list", "--report", directory], message),
  );
});
