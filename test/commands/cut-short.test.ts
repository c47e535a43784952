import { spawnSync } from "node:child_process";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { XMLValidator } from "fast-xml-parser";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Report } from "../../src/contract/report/report.ts";
import { type Behaviour, clean, createDeployment, world } from "../deployment/deployment.ts";
import { routeOf } from "../deployment/operations.ts";
import { lacking } from "../needs.ts";
import { understudy } from "./understudy.ts";

vi.setConfig({ testTimeout: 60_000 });

const schema = fileURLToPath(new URL("../contract/report/junit-schema/junit-10.xsd", import.meta.url));
const noSchema = lacking("xmllint") !== "";
const noSignals = lacking("signals");
const key = "Sentinel-9fQ2xVb7LrTz4WmK";
const names = ["badge.svg", "coverage.json", "junit.xml", "report.html", "report.json", "run.har"];

/** Lists customers without a key: found broken within the first cases. */
const careless: Partial<Behaviour> = { needsKey: (call) => routeOf(call).operation !== "listCustomers" };

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "understudy-cut-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

type Way = {
  readonly way: string;
  /** What the deployment does beside its faults; `signal` reaches the run, `directory` is where its report goes. */
  readonly target?: (signal: (name: NodeJS.Signals) => void, directory: string) => Partial<Behaviour>;
  /** What the report says of it. */
  readonly reason?: RegExp;
  readonly left?: RegExp;
  /** The exit code where nothing broken was found; `"broken"` where this way is broken by itself. */
  readonly clean?: 0 | "broken";
  readonly stderr?: RegExp;
  readonly args?: readonly string[];
  /** Loaded before the command. */
  readonly preload?: string;
};

const executions = 12;

/** Does something as the write of a number is carried out. */
function atWrite(work: () => void): Partial<Behaviour> {
  return {
    store(desk, after, before) {
      clean.store(desk, after, before);
      if (desk.executions === executions - 1) work();
    },
  };
}

/** Lets nobody through after so many writes: no answer comes at all. */
const hangs: Partial<Behaviour> = {
  firstLook: (_, desk) => (desk.executions < executions ? undefined : new Promise(() => {})),
};

/** Lets go of the whole report, which is then written elsewhere. */
const elsewhere = /^error: Cannot write the report: [^;]*; all of it is in (\S+)\.\n$/;

const noFullDevice = process.platform !== "linux";

const ways: readonly Way[] = [
  { way: "it comes to its end", clean: 0 },
  {
    way: "the folder of the report has become a file at its end",
    target: (_, directory) =>
      atWrite(() => {
        rmSync(directory, { recursive: true });
        writeFileSync(directory, "");
      }),
    stderr: elsewhere,
  },
  ...(noFullDevice
    ? []
    : [
        {
          way: "the disk is full at its end",
          target: (_: unknown, directory: string) =>
            atWrite(() => symlinkSync("/dev/full", join(directory, "report.json"))),
          stderr: /^error: Cannot write the report: ENOSPC: [^;]*; all of it is in (\S+)\.\n$/,
        },
      ]),
  {
    way: "the target goes away",
    target: () => hangs,
    args: ["--timeout", "0.3"],
    reason: /^http:\S+ stopped answering: 3 cases in a row got no answer$/,
    left: /could not be put back: no whole answer within 0\.3 s/,
  },
  { way: "Ctrl-C", target: (signal) => atWrite(() => signal("SIGINT")), reason: /^the run was stopped$/ },
  { way: "SIGTERM", target: (signal) => atWrite(() => signal("SIGTERM")), reason: /^the run was stopped$/ },
  { way: "the terminal closes", target: (signal) => atWrite(() => signal("SIGHUP")), reason: /^the run was stopped$/ },
  {
    way: "Ctrl-C twice",
    target: (signal) => ({
      ...hangs,
      ...atWrite(() => {
        signal("SIGINT");
        setTimeout(() => signal("SIGINT"), 200);
      }),
    }),
    reason: /^it was told to end at once; the next run puts back what this one has written$/,
  },
  {
    way: "a failure of this program that nothing catches",
    target: (signal) => atWrite(() => signal("SIGUSR2")),
    preload: 'process.on("SIGUSR2", () => { throw new Error("seeded") })',
    reason: /^this program failed: seeded$/,
    stderr: /^error: Error: seeded\n/,
  },
  {
    way: "a put-back that is refused",
    clean: "broken",
    args: ["--filter", "authentication"],
    target: () => ({
      firstLook: (call, desk) =>
        desk.executions > 1 && call.method === "PUT" ? { status: 503, headers: {}, body: "" } : undefined,
    }),
    left: /could not be put back/,
  },
];

async function runTo({ target, args = [], preload }: Way, faults: Partial<Behaviour>) {
  let signal = (_: NodeJS.Signals) => {};
  const root = await folder();
  const directory = join(root, "report");
  const behaviour = { ...faults, ...target?.((name) => signal(name), directory) };
  const deployment = createDeployment({ pause: async () => {}, keyMatches: (given) => given === key, ...behaviour });
  const { url, close } = await deployment.listen();
  onTestFinished(close);
  const env = {
    TMPDIR: root,
    CONNECT_API_KEY: key,
    CONNECT_BASE_URL: url,
    CONNECT_CUSTOMER_ID: world.customer,
    UNDERSTUDY_RECOVERY: await folder(),
    ...(preload ? { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(preload)}` } : {}),
  };
  const run = await understudy(["verify", "--no-generated", "--report", directory, ...args], { env });
  signal = (name) => void run.child.kill(name);
  const code = await run.ended;
  const [, moved = directory] = elsewhere.exec(run.err()) ?? [];
  return { code, directory: moved, out: run.out(), err: run.err() };
}

async function artefacts(directory: string): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const name of await readdir(directory)) texts[name] = await readFile(join(directory, name), "utf8");
  return texts;
}

describe.skipIf(noSignals)(`however a run ends, it leaves a whole report${noSignals}`, () => {
  const table = ways.flatMap((way) => [
    { ...way, found: "something broken", faults: careless, ends: 1 },
    ...(way.clean === "broken" ? [] : [{ ...way, found: "nothing broken", faults: {}, ends: way.clean ?? 2 }]),
  ]);
  test.each(table)("$way, $found", async ({ faults, ends, ...way }) => {
    const { code, directory, out, err } = await runTo(way, faults);
    expect(err, out).toMatch(way.stderr ?? /^$/);
    const texts = await artefacts(directory);
    expect(Object.keys(texts).sort()).toEqual(names);
    const report = JSON.parse(texts["report.json"]!) as Report;
    const isBroken = report.cases.some(({ outcome }) => outcome === "broken");
    expect(isBroken, JSON.stringify(report.cases.filter(({ outcome }) => outcome === "broken"))).toBe(ends === 1);
    expect(code).toBe(ends);
    for (const [name, text] of Object.entries({ ...texts, out, err })) expect(text, name).not.toContain(key);
    expect(XMLValidator.validate(texts["junit.xml"]!)).toBe(true);
    if (!noSchema) {
      const options = { input: texts["junit.xml"]!, encoding: "utf8" } as const;
      expect(spawnSync("xmllint", ["--noout", "--schema", schema, "-"], options).stderr).toBe("- validates\n");
    }
    const har = JSON.parse(texts["run.har"]!);
    expect(har.log.entries.length).toBeGreaterThan(5);
    if (way.left) expect(report.leftBehind?.message).toMatch(way.left);
    if (isBroken) expect(out).toContain("authentication/list-customers-needs-key, documented");
    expect(texts["report.html"]).toMatch(/<\/html>\n$/);
    expect(texts["report.html"]!.match(/data-outcome="/g)).toHaveLength(report.cases.length);
    if (isBroken) for (const text of [texts["report.html"], out]) expect(text).toMatch(/does not conform/i);
    if (isBroken) expect(texts["junit.xml"]).toContain('<failure message="');
    expect("cutShort" in report).toBe(way.reason !== undefined);
    if (!way.reason) {
      for (const [name, text] of Object.entries({ ...texts, out })) expect(text, name).not.toContain("was cut short");
      return;
    }

    expect(report.cutShort?.reason).toMatch(way.reason);
    const at = report.cases.findIndex(({ id }) => id === report.cutShort?.at);
    expect(at).toBeGreaterThan(3);
    expect(report.cases[at]).toMatchObject({ outcome: "skipped" });
    expect(report.cases.slice(at + 3).every(({ outcome }) => outcome === "skipped")).toBe(true);
    const said = `The run was cut short at ${report.cutShort?.at}: `;
    for (const [name, text] of Object.entries({ ...texts, out }))
      if (!["report.json", "badge.svg"].includes(name)) expect(text, name).toContain(said);
    expect(texts["junit.xml"]).toMatch(/<testsuites [^>]*errors="1"/);
    if (!isBroken) for (const text of [texts["report.html"], out]) expect(text).not.toMatch(/ conforms to|Conforms/);
  });
});

test("a reader of its words that goes away ends no run and shows no failure", async () => {
  const directory = await folder();
  const { child, ended, err } = await understudy(["verify", "--filter", "update", "--report", directory]);
  child.stdout.destroy();
  expect(await ended).toBe(0);
  expect(err()).toBe("");
  expect((await readdir(directory)).sort()).toEqual(names);
});
