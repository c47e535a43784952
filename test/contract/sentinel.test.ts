import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMask } from "../../src/contract/wire/mask.ts";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const keys = [
  `sEnTiNeL"7Qm/2vX\\o9+TbLr=Zz%w4Kd&Jh`,
  "second-S3ntinel-pQ8xW1rT6yU3",
  "Bearer hdr-S3ntinel-mK5nB2vC9",
] as const;

/** How a text may be written in an answer or a file, and its first and last 12 characters in each of them. */
function formsOf(key: string): string[] {
  const json = JSON.stringify(key).slice(1, -1);
  const base64 = ["", "u", "us"].flatMap((before) => {
    const bytes = Buffer.from(before + key);
    return [bytes.toString("base64"), bytes.toString("base64url")].map((letters) => letters.slice(3, -4));
  });
  const forms = [key, json, JSON.stringify(json).slice(1, -1), json.replaceAll("/", "\\/"), encodeURIComponent(key)];
  return [...forms, key.toUpperCase(), key.toLowerCase(), ...base64].flatMap((form) => [
    form,
    form.slice(0, 12),
    form.slice(-12),
  ]);
}

/** A target that answers everything with all that it was sent, in every form that it can think of. */
async function echo() {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const sent = [...request.rawHeaders, request.url ?? "", Buffer.concat(chunks).toString()];
    const known = String(request.headers["x-api-key"] ?? "");
    const echoed = {
      customerId: "cus-1",
      sent,
      nested: JSON.stringify(sent),
      url: encodeURIComponent(known),
      base64: ["", "u", "us"].map((before) => Buffer.from(before + known).toString("base64")),
      address: Buffer.from(known).toString("base64url"),
      cut: [known.slice(0, 12), known.slice(0, 15), known.slice(-12), known.slice(-20)],
    };
    // A key in the message, the status line's neighbour headers, and a body in which a cut at 4,000 letters would halve it.
    response.writeHead(request.method === "GET" ? 200 : 500, {
      "Content-Type": "application/json",
      "X-Echo": known,
      "WWW-Authenticate": `ApiKey key="${encodeURIComponent(known)}"`,
    });
    const text = JSON.stringify(echoed);
    const padding = `${"x".repeat(Math.max(0, 3_975 - text.length))}${known.slice(-20)}`;
    response.end(`${text.slice(0, -1)},"padding":${JSON.stringify(padding)}}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The text, and what it says once a reader has taken the escapes of its format off. */
function readings(text: string): string[] {
  const html = text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
  const command = text.replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%0A", "\n").replaceAll("%25", "%");
  return [text, html, command, text.replaceAll('\\"', '"').replaceAll("\\\\", "\\")];
}

const forms = keys.flatMap(formsOf);
/** One look at megabytes where hundreds would find nothing. */
const anyForm = new RegExp(forms.map((form) => form.replace(/[^\w]/g, "\\$&")).join("|"));

function leaksIn(text: string): string[] {
  const suspect = readings(text).filter((reading) => anyForm.test(reading));
  return suspect.flatMap((reading) => forms.filter((form) => reading.includes(form)));
}

test("no artefact of a run holds a key, whatever the target echoes", { timeout: 60_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "understudy-sentinel-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const args = [cli, "verify", "--customer", "cus-1", "--report", join(directory, "report")];
  args.push("--header", `Authorization: ${keys[2]}`);
  const env = {
    PATH: process.env.PATH,
    CONNECT_BASE_URL: await echo(),
    CONNECT_API_KEY: keys[0],
    CONNECT_SECOND_API_KEY: keys[1],
    GITHUB_ACTIONS: "true",
    UNDERSTUDY_RECOVERY: directory,
  };
  const { code, stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    env,
    maxBuffer: 64 * 1024 * 1024,
  }).then(
    (ended) => ({ code: 0, ...ended }),
    (ended: { code: number; stdout: string; stderr: string }) => ended,
  );
  expect(stderr).toBe("");
  expect(code).toBe(1);
  expect(stdout).toContain("::error file=");
  const artefacts: Record<string, string> = { stdout };
  for (const name of await readdir(join(directory, "report")))
    artefacts[name] = await readFile(join(directory, "report", name), "utf8");
  expect(Object.keys(artefacts).sort()).toEqual([
    "badge.svg",
    "coverage.json",
    "junit.xml",
    "report.html",
    "report.json",
    "run.har",
    "stdout",
  ]);
  for (const [name, text] of Object.entries(artefacts)) {
    // What was masked is there: the test looks at the right thing. The others hold no request.
    if (!["badge.svg", "coverage.json"].includes(name)) expect(text, name).toContain("$CONNECT_API_KEY");
    expect({ name, leaks: leaksIn(text) }).toEqual({ name, leaks: [] });
  }
});

describe("the search for leaks", () => {
  test.each(forms.map((form) => [form]))("finds %s", (form) => {
    expect(leaksIn(`before ${form} after`)).toContain(form);
  });
});

test("of a long key every beginning and end is hidden, of a short one the whole", () => {
  const [key] = keys;
  const mask = createMask([{ value: key, shell: '"$KEY"' }]);
  for (let length = 12; length <= key.length; length++) {
    expect(mask(`<${key.slice(0, length)}>`)).toBe("<$KEY>");
    expect(mask(`<${key.slice(-length)}>`)).toBe("<$KEY>");
  }
  expect(mask(key.slice(0, 8))).toBe(key.slice(0, 8));
  expect(createMask([{ value: "short-key-1", shell: "$KEY" }])("short-key")).toBe("short-key");
});
