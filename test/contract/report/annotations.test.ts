import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadSpec } from "../../../src/connect/spec.ts";
import type { Finding } from "../../../src/contract/findings.ts";
import { annotationsOf, linesOf } from "../../../src/contract/report/annotations.ts";
import type { CaseResult, RecordedExchange, Report } from "../../../src/contract/report/report.ts";
import { faults } from "../../deployment/faults.ts";
import { runAgainst } from "../../mutants/run-against.ts";
import { reportOf, result } from "./sample-report.ts";

const spec = loadSpec();
const lines = spec.text.split("\n");
const file = "spec/connect.openapi.yaml";
const tell = (cases: readonly CaseResult[], given: Partial<Report> = {}) =>
  annotationsOf(reportOf(cases, given), spec, file);

function finding(given: Partial<Finding> = {}): Finding {
  return { message: "status is not as it should be", curl: "curl 1", weight: "broken", ...given };
}

const exchange: RecordedExchange = {
  operationId: "updateCustomerBilling",
  sentAt: "2026-01-15T09:30:00.000Z",
  durationMs: 1,
  request: { method: "PUT", url: "http://target.example/customers/cus-1/billing", headers: {} },
  response: { status: 200, headers: {}, body: { text: "" } },
  curl: "curl 1",
};

const lineIn = (annotation: string | undefined) => Number(/line=(\d+)/.exec(annotation ?? "")?.[1]);

describe("the line of a place in the document", () => {
  test.each([
    ["/components/schemas/Timestamp/type", /^ {6}type: string/, /^ {4}Timestamp:/],
    ["/paths/~1customers~1{customerId}~1billing/put", /^ {4}put:/, /^ {2}\/customers\/\{customerId\}\/billing:/],
    ["/components/schemas/Customer/required", /required:/, /^ {4}Customer:/],
  ])("%s is its own", (place, at, below) => {
    const line = linesOf(spec)(place);
    expect(lines[line - 1]).toMatch(at);
    expect(lines.slice(0, line).findLast((text) => below.test(text))).toBeDefined();
  });

  test("that is not there is the nearest around it", () => {
    const lineOf = linesOf(spec);
    expect(lineOf("/components/schemas/Timestamp/nothing/here")).toBe(lineOf("/components/schemas/Timestamp"));
    expect(lineOf("")).toBe(1);
  });

  test("is found in lists, and in JSON", () => {
    expect(linesOf({ text: "a:\n  - b: 1\n  - c: 2\n" })("/a/1/c")).toBe(3);
    expect(linesOf({ text: '{\n "a": {\n  "b/c": 1\n }\n}' })("/a/b~1c")).toBe(3);
  });
});

describe("an annotation", () => {
  test("stands on the keyword that is broken", () => {
    const place = "/components/schemas/Timestamp/type";
    const [line, ...more] = tell([result("billing/a", { outcome: "broken", findings: [finding({ place })] })]);
    expect(more).toEqual([]);
    expect(line).toBe(
      `::error file=${file},line=${linesOf(spec)(place)},title=Title of billing/a::status is not as it should be%0Acurl 1%0Abilling/a`,
    );
  });

  test("stands on the operation where no keyword is broken", () => {
    const [line] = tell([result("billing/a", { outcome: "broken", findings: [finding()], exchanges: [exchange] })]);
    expect(lines[lineIn(line) - 1]).toBe("    put:");
  });

  test("is a warning where it only differs, unless that decides", () => {
    const differs = result("billing/a", { outcome: "differs", findings: [finding({ weight: "differs" })] });
    expect(tell([differs])[0]).toMatch(/^::warning /);
    expect(tell([differs], { strict: true })[0]).toMatch(/^::error /);
  });

  test("has what was expected and received", () => {
    const [line] = tell([
      result("billing/a", { outcome: "broken", findings: [finding({ expected: { a: 1 }, received: "409 no" })] }),
    ]);
    expect(line).toContain('%0Aexpected {"a":1}%0Areceived 409 no%0A');
  });

  test("cannot end its line or begin another command", () => {
    const message = "100%\r\n::error::forged, a: b";
    const [line] = tell([result("billing/a", { title: message, outcome: "broken", findings: [finding({ message })] })]);
    expect(line).toBe(
      `::error file=${file},line=1,title=100%25%0D%0A%3A%3Aerror%3A%3Aforged%2C a%3A b::100%25%0D%0A::error::forged, a: b%0Acurl 1%0Abilling/a`,
    );
  });

  test("is short, whatever was received, and keeps the request to repeat whole", () => {
    const long = "x".repeat(5_000);
    const given = finding({ expected: long, received: { long }, curl: `curl ${"y".repeat(600)} end` });
    const [line] = tell([result("billing/a", { outcome: "broken", findings: [given] })]);
    expect(line!.length).toBeLessThan(2_500);
    expect(line).toContain("y end%0Abilling/a");
  });

  test("is one for a keyword that many answers break, and names the cases", () => {
    const place = "/components/schemas/Timestamp/type";
    const cases = ["a", "b", "c"].map((name) =>
      result(`billing/${name}`, { outcome: "broken", findings: [finding({ place, message: name })] }),
    );
    expect(tell(cases)).toEqual([
      expect.stringMatching(/title=Title of billing\/a \(and 2 more cases\)::.*billing\/a,/),
    ]);
  });

  test("is not made of what held, was skipped or is known", () => {
    const outcomes = ["held", "skipped", "deviates"] as const;
    expect(tell(outcomes.map((outcome) => result(`billing/${outcome}`, { outcome, findings: [finding()] })))).toEqual(
      [],
    );
  });
});

test("no more are written than GitHub shows, and it is said how many are missing", () => {
  const many = (weight: Finding["weight"], count: number) =>
    result(`billing/${weight}`, {
      outcome: weight,
      findings: Array.from({ length: count }, (_, n) => finding({ weight, message: `${weight} ${n}` })),
    });
  const written = tell([many("broken", 14), many("differs", 11)]);
  const count = (kind: string) => written.filter((line) => line.startsWith(`::${kind} `)).length;
  expect([count("error"), count("warning"), count("notice"), written.length]).toEqual([10, 10, 1, 21]);
  expect(written.at(-1)).toContain("see 4 more errors and 1 more warning in the log and in the report.");
  expect(tell([many("broken", 10)])).toHaveLength(10);
});

test("a whole run that broke a schema points at its keyword", { timeout: 30_000 }, async () => {
  const report = await runAgainst(faults.find(({ id }) => id === "times-as-epoch-milliseconds")!.behaviour);
  const [first] = annotationsOf(report, spec, file);
  expect(lineIn(first)).toBe(linesOf(spec)("/components/schemas/Timestamp/type"));
});

describe("a run with a document of one's own", () => {
  const pets = `openapi: 3.1.0
info: { title: Pets, version: "1" }
paths:
  /pets:
    get:
      operationId: listPets
      responses:
        "200":
          description: Pets.
          content:
            application/json:
              schema:
                type: array
`;

  /** The annotations of a run whose target answers no list, made in a folder with the document in `api/pets.yaml`. */
  async function annotationsFrom(workspace: string, directory: string, file: string): Promise<string[]> {
    const server = createServer((_, response) => {
      response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const cli = fileURLToPath(new URL("../../../dist/cli.js", import.meta.url));
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const args = [cli, "verify", "--spec", file, "--target", target];
    const child = spawn(process.execPath, [...args, "--examples", "1"], {
      cwd: directory,
      env: { PATH: process.env.PATH, GITHUB_ACTIONS: "true", ...(workspace ? { GITHUB_WORKSPACE: workspace } : {}) },
    });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
    });
    await once(child, "close");
    return out.split("\n").filter((line) => line.startsWith("::error "));
  }

  test.each([
    ["the working directory", false, ".", "api/pets.yaml"],
    ["the working directory, for a path from the root", false, ".", "ROOT/api/pets.yaml"],
    ["the workspace of GitHub, where the run is made below it", true, "api", "pets.yaml"],
  ])("names it from %s", { timeout: 30_000 }, async (_, inWorkspace, below, file) => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), "understudy-annotations-")));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, "api"));
    writeFileSync(join(root, "api", "pets.yaml"), pets);
    const lines = await annotationsFrom(inWorkspace ? root : "", join(root, below), file.replace("ROOT", root));
    expect(lines.length).toBeGreaterThan(0);
    // The line of `type: array`.
    for (const line of lines) expect(line).toMatch(/^::error file=api\/pets\.yaml,line=13,/);
  });
});
