import { randomInt } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { version } from "#platform";
import { type ConnectCase, type ConnectGiven, fixturesOf, statements } from "../../contracts/index.ts";
import { loadSpec } from "../connect/spec.ts";
import { type Deviation, deviationsOf, parseDeviations } from "../contract/deviations.ts";
import { makeFolder } from "../contract/folder.ts";
import type { GeneratedOptions } from "../contract/generated/session.ts";
import { BrokenTarget, type LeftBehind, RunError } from "../contract/guest.ts";
import { annotationsOf } from "../contract/report/annotations.ts";
import { type Comparison, compareReports, type EarlierReport, readReport } from "../contract/report/compare.ts";
import { type CutShort, conforms, openReason, type Report } from "../contract/report/report.ts";
import { createProgress, describeComparison, describeRun, type Terminal } from "../contract/report/terminal.ts";
import { writeReport } from "../contract/report/write-report.ts";
import { failureOf, maskOf } from "../contract/run.ts";
import { casesOf, operationsOf, type VerifyOptions, verify as verifyTarget } from "../contract/verify.ts";
import { credentialOf } from "../contract/wire/credential.ts";
import { type LateList, lateList } from "../document/late.ts";
import { judgeExamples, type Spec, SpecError, uncheckedIn } from "../document/spec.ts";
import { describeFidelity, type Mirror } from "./against-mock.ts";
import { connectCases } from "./connect-verify.ts";
import type { Suite, VerifyCommandOptions } from "./verify-options.ts";
import { planOf } from "./verify-plan.ts";
import { deploymentSubject, mockSubject, otherMockSubject, otherSubject, type Subject } from "./verify-subject.ts";

/**
 * 0 conforms, 1 does not, 2 the run could not be made. A run that was cut short, or whose cases somebody else may have spoilt, has not
 * conformed: it ends with 1 where it had found something broken, else with 2.
 */
export type ExitCode = 0 | 1 | 2;

/** Runs the contract suite against a deployment, or against the mock where none is named. */
export async function verify(
  options: VerifyCommandOptions,
  terminal: Terminal,
  color: boolean,
  fail: (message: string) => void,
): Promise<ExitCode> {
  try {
    const suite = suiteOf(options);
    if (options.list) {
      terminal.write(
        `${[...suite.cases].map(({ id, basis, title }) => `${id}  (${basis})\n    ${title}`).join("\n")}\n`,
      );
      return 0;
    }
    if (options.plan) {
      terminal.write(await planOf(options, suite));
      return 0;
    }
    return await runAndTell(options, suite, { terminal, color, fail });
  } catch (error) {
    if (!(error instanceof RunError)) {
      // It says nothing of the target, which an exit code of 1 would.
      fail(`This program failed: ${(error as Error).stack}`);
      return 2;
    }
    fail(error.message);
    return error instanceof BrokenTarget ? 1 : 2;
  }
}

function suiteOf(options: VerifyCommandOptions): Suite {
  const { seed = randomInt(1, 1_000_000), examples = 20 } = options;
  const spec = options.spec === undefined ? loadSpec() : otherSpec(options.spec);
  const isConnect = options.spec === undefined;
  if (!isConnect && (options.plan || options.againstMock))
    throw new RunError("--spec goes with neither --plan nor --against-mock: they know the Connect API alone.");
  const random: GeneratedOptions = {
    examples,
    seed,
    params: paramsOf(options.param ?? []),
    ...(options.path === undefined ? {} : { path: pathOf(options) }),
  };
  const made = options.generated === false ? false : random;
  const allCases = lateList(isConnect ? connectCases(spec, made) : casesOf<ConnectGiven>({ spec, generated: made }));
  return { spec, isConnect, seed, allCases, cases: chosen(allCases, options.filter) };
}

/** Where a finding says that it is found again. Throws a `RunError` where that is no such place, or of no seed. */
function pathOf({ path = "", seed }: VerifyCommandOptions): string {
  if (!/^\d+(:\d+)*(\/[\w+/=:]+)?$/.test(path))
    throw new RunError(`--path is "${path}"; it should be as a finding tells it, such as 12:0:3.`);
  if (seed === undefined)
    throw new RunError("--path is a path of one seed: pass the --seed that the finding tells too.");
  return path;
}

/** Reads a document that others wrote. Throws a `RunError` where it is none. */
function otherSpec(file: string): Spec {
  try {
    return loadSpec(file, { unknownKeywords: "list" });
  } catch (error) {
    if (error instanceof SpecError) throw new RunError(error.message);
    throw error;
  }
}

function paramsOf(lines: readonly string[]): Record<string, readonly string[]> {
  const params: Record<string, string[]> = {};
  for (const line of lines) {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new RunError(`--param is "${line}"; it should be of the form name=value.`);
    params[name] = [...(params[name] ?? []), value];
  }
  return params;
}

function* fitting<T extends { readonly id: string; readonly title: string }>(
  cases: Iterable<T>,
  filter: string,
): Generator<T> {
  const wanted = filter.toLowerCase();
  for (const item of cases) if (`${item.id} ${item.title}`.toLowerCase().includes(wanted)) yield item;
}

function chosen(all: LateList<ConnectCase>, filter: string | undefined): LateList<ConnectCase> {
  if (filter === undefined) return all;
  const cases = lateList(fitting(all, filter));
  if (cases.at(0) === undefined)
    throw new RunError(`--filter "${filter}" fits none of the ${all.made.length} cases; --list shows them.`);
  return cases;
}

async function subjectOf(options: VerifyCommandOptions, { spec, isConnect }: Suite): Promise<Subject> {
  const { target } = options;
  if (target === undefined) return isConnect ? mockSubject() : otherMockSubject(spec);
  return isConnect ? deploymentSubject(options, target) : otherSubject(options, target);
}

/** Where a run tells its story, and where it says why it failed. */
type Output = { readonly terminal: Terminal; readonly color: boolean; readonly fail: (message: string) => void };

async function runAndTell(options: VerifyCommandOptions, suite: Suite, output: Output): Promise<ExitCode> {
  const { terminal, color } = output;
  const earlier = options.compare === undefined ? undefined : await earlierReport(options.compare, options.filter);
  if (options.report !== undefined) checkFolder(options.report);
  const subject = await subjectOf(options, suite);
  const mirror =
    options.againstMock && options.target !== undefined ? await mirrorOf(subject, options, suite) : undefined;
  const progress = createProgress(terminal, { color, cases: suite.cases, operations: suite.spec.operations.length });
  const { target, guest } = subject;
  terminal.write(
    `${target}${guest ? `, ${guest.name}` : ""}: ${suite.spec.operations.length} operations, seed ${suite.seed}\n`,
  );
  const tellAll = (found: Report): ExitCode => {
    const report = { ...found, seed: suite.seed };
    progress.end();
    tellUnchecked(report, suite, terminal);
    terminal.write(`\n${describeRun(report, { color })}`);
    if (mirror) {
      const apiKey = credentialOf(suite.spec, subject.apiKey, "CONNECT_API_KEY");
      terminal.write(`\n${describeFidelity(maskOf({ ...subject, apiKey })(mirror.fidelity()))}\n`);
    }
    return tell(report, options, suite, earlier, output);
  };
  const end = endOf(tellAll, output);
  try {
    const report = await verifyTarget<ConnectGiven>({
      ...runOptionsOf(options, suite, subject),
      ...(mirror ? { transport: mirror.transport } : {}),
      signal: end.signal,
      onBegin: end.begin,
      onCase: progress.onCase,
      onWait: progress.onWait,
      onRecovered: (left) => terminal.write(recoveredText(left)),
    });
    return end.told(report);
  } finally {
    end.release();
    subject.close();
  }
}

/** Says what of a document the validators do not know, which is known when its schemas are compiled; and, of one that was gone through, which of its examples break it. */
function tellUnchecked({ coverage }: Report, { spec, isConnect }: Suite, terminal: Terminal): void {
  if (isConnect) return;
  if (coverage.untried === undefined) for (const _ of judgeExamples(spec));
  const unchecked = uncheckedIn(spec);
  if (unchecked) terminal.write(`\n${unchecked}\n`);
}

/** Makes the folder of the report, so that a run that could not be told is not made. */
function checkFolder(directory: string): void {
  try {
    makeFolder(directory);
    const probe = join(directory, ".understudy");
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    throw new RunError(`Cannot write the report to "${directory}": ${(error as Error).message}.`);
  }
}

function runOptionsOf(options: VerifyCommandOptions, suite: Suite, subject: Subject): VerifyOptions<ConnectGiven> {
  const { maxRequests, rate, maxWait, maxTime, concurrency, timeout } = options;
  if (options.againstMock && concurrency !== undefined && concurrency > 1)
    throw new RunError("--concurrency goes not with --against-mock: answers that overlap are not compared.");
  return {
    ...subject,
    spec: suite.spec,
    cases: suite.cases,
    operations: spreadOver(options, suite),
    generated: false,
    ...(suite.isConnect ? { statements } : {}),
    strict: subject.strict || options.strict === true,
    deviations: options.deviations === undefined ? [] : deviationsIn(options.deviations, [...suite.allCases]),
    readOnly: options.readOnly === true,
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(rate === undefined ? {} : { rate }),
    ...(maxWait === undefined ? {} : { maxWaitMs: maxWait * 1000 }),
    ...(maxTime === undefined ? {} : { maxTimeMs: maxTime * 1000 }),
    ...(concurrency === undefined ? {} : { concurrency }),
    timeoutMs: timeout * 1000,
  };
}

/** Over how many operations a run spreads what it may spend; where cases were chosen, all are as much wanted. */
function spreadOver({ generated, filter }: VerifyCommandOptions, { spec }: Suite): number | undefined {
  return filter === undefined ? operationsOf({ spec, ...(generated === false ? { generated } : {}) }) : undefined;
}

/** Whoever ends a run tells of it, once. */
type End = {
  readonly signal: AbortSignal;
  begin(soFar: (cutShort: CutShort) => Report): void;
  /** Tells of a run that has ended. */
  told(report: Report): ExitCode;
  /** Lets go of the signals. */
  release(): void;
};

/** Ends a run on Ctrl-C, and the process on the second one or on a failure that nothing catches: with what was found until then. */
function endOf(tellAll: (report: Report) => ExitCode, { terminal, fail }: Output): End {
  const stop = new AbortController();
  let soFar: ((cutShort: CutShort) => Report) | undefined;
  const endNow = (cutShort: CutShort) => {
    const report = soFar?.(cutShort);
    soFar = undefined;
    process.exit(report ? tellAll(report) : 2);
  };
  const interrupt = () => {
    if (stop.signal.aborted)
      endNow({ reason: "it was told to end at once; the next run puts back what this one has written" });
    terminal.write("\nStopping; what was written is put back first (Ctrl-C again leaves it).\n");
    stop.abort();
  };
  const fallen = (error: Error) => {
    fail(error.stack ?? String(error));
    endNow(failureOf(error));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  process.on("uncaughtException", fallen);
  return {
    signal: stop.signal,
    begin(given) {
      soFar = given;
    },
    told(report) {
      soFar = undefined;
      if (report.cutShort?.stack) fail(`This program failed in the middle of the run: ${report.cutShort.stack}`);
      return tellAll(report);
    },
    release() {
      for (const signal of signals) process.off(signal, interrupt);
      process.off("uncaughtException", fallen);
    },
  };
}

function recoveredText(left: LeftBehind | undefined): string {
  const done = left === undefined || left.irremovable ? "Put back" : "Could not yet put back";
  return `${done} what an earlier run, ended before its time, had left.${left ? ` ${left.message}` : ""}\n`;
}

/** Writes what is to be written of a run beside its story; answers how the process is to end. */
function tell(
  report: Report,
  options: VerifyCommandOptions,
  { spec }: Suite,
  earlier: EarlierReport | undefined,
  { terminal, color, fail }: Output,
): ExitCode {
  const comparison = earlier && compareReports(earlier, report);
  if (comparison) terminal.write(`\n${describeComparison(comparison, { color })}`);
  if (process.env.GITHUB_ACTIONS) {
    const document = options.spec === undefined ? shippedDocument : inRepository(options.spec);
    terminal.write(
      annotationsOf(report, spec, document)
        .map((line) => `${line}\n`)
        .join(""),
    );
  }
  let isWritten = true;
  const write = (what: string, work: () => string) => {
    try {
      terminal.write(`${work()}\n`);
    } catch (error) {
      isWritten = false;
      fail(`Cannot write ${what}: ${(error as Error).message}.`);
    }
  };
  const { report: directory, writeDeviations } = options;
  if (directory !== undefined)
    write("the report", () => `Report: ${written(report, directory, comparison).join(", ")}`);
  if (writeDeviations !== undefined)
    write("the deviations", () => {
      writeFileSync(writeDeviations, deviationsOf(report));
      return `Deviations: ${writeDeviations}`;
    });
  const code = verdictOf(report, options, fail);
  return code === 0 && !isWritten ? 2 : code;
}

function verdictOf(
  report: Report,
  { minCoverage = 0 }: VerifyCommandOptions,
  fail: (message: string) => void,
): ExitCode {
  if (!conforms(report)) return 1;
  if (openReason(report)) return 2;
  const { percent = 100 } = report.coverage;
  if (percent < minCoverage) {
    fail(`The run has seen ${percent}% of the document; --min-coverage wants ${minCoverage}%.`);
    return 1;
  }
  if (report.summary.skipped === report.cases.length) return 2;
  return report.leftBehind && !report.leftBehind.irremovable ? 2 : 0;
}

/** Writes the report; where that fails, to another place first, for what was found is not to be had again. */
function written(report: Report, directory: string, comparison: Comparison | undefined): string[] {
  const options = { version, comparison };
  try {
    return writeReport(report, directory, options);
  } catch (error) {
    const elsewhere = mkdtempSync(join(tmpdir(), "understudy-report-"));
    writeReport(report, elsewhere, options);
    throw new Error(`${(error as Error).message}; all of it is in ${elsewhere}`);
  }
}

/** Where the document stands in a repository that has it; GitHub shows annotations there. */
const shippedDocument = "spec/connect.openapi.yaml";

/** A file as GitHub names it in annotations: from the root of the repository. */
function inRepository(file: string): string {
  return relative(process.env.GITHUB_WORKSPACE || ".", file).replaceAll(sep, "/");
}

/** An earlier report, as far as this run has the same cases to choose from. */
async function earlierReport(file: string, filter: string | undefined): Promise<EarlierReport> {
  const report = await readReport(file).catch((error: Error) => {
    throw new RunError(`--compare ${error.message}`);
  });
  return filter === undefined ? report : { ...report, cases: [...fitting(report.cases, filter)] };
}

async function mirrorOf(subject: Subject, options: VerifyCommandOptions, { spec }: Suite): Promise<Mirror> {
  const { createMirror } = await import("./against-mock.ts");
  return createMirror(spec, subject.transport, {
    baseUrl: subject.target,
    apiKeys: [subject.apiKey, ...(options.secondApiKey ? [options.secondApiKey] : [])],
    headers: subject.headers ?? {},
    fixtures: (read) =>
      fixturesOf(read, {
        customer: options.customer ?? "",
        profiles: [options.paymentProfile, options.foreignPaymentProfile].flatMap((id) => id ?? []),
      }),
  });
}

function deviationsIn(file: string, cases: readonly ConnectCase[]): readonly Deviation[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new RunError(`--deviations ${file} cannot be read: ${(error as Error).message}`);
  }
  return parseDeviations(text, file, cases);
}
