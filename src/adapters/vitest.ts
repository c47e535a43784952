import { afterAll, beforeAll, beforeEach, describe, type TestContext, test } from "vitest";
import { version } from "#platform";
import { createMock } from "../commands/connect-mock.ts";
import {
  type ConnectVerifyOptions,
  type OtherVerifyOptions,
  optionsIn,
  type Prepared,
  prepareConnect,
  prepareOther,
} from "../commands/connect-verify.ts";
import type { Finding } from "../contract/findings.ts";
import { type CaseResult, cutShortText, type Outcome, type Report } from "../contract/report/report.ts";
import { writeReport } from "../contract/report/write-report.ts";
import type { Run } from "../contract/run.ts";
import type { Mock, MockOptions } from "../mock/mock.ts";

/**
 * A mock for the tests of a file, or of the `describe` that it is called in: before each of them every sandbox is back at its
 * fixtures. It takes what `createMock` takes, and throws what that throws.
 */
export function useMock(options: MockOptions = {}): Mock {
  const mock = createMock(options);
  beforeEach(() => mock.reset());
  return mock;
}

/** What the tests of a contract may be told beside what the run is. */
export type ContractTestsOptions = {
  /** A folder for `report.html`, `report.json`, `junit.xml` and `run.har`; `UNDERSTUDY_REPORT` by default. */
  readonly report?: string;
};

declare module "vitest" {
  interface TaskMeta {
    /** The case of the contract that a test has played, and what has become of it. */
    contractCase?: { readonly id: string; readonly outcome: Outcome; readonly reason?: string };
  }
}

/**
 * Makes each case of the contract a test: a `describe` for each topic, skipped with the reason where a case cannot be decided. What
 * the tests write is put back after the last of them. It takes what `verify` takes; what is left out is looked up in the environment
 * where the command looks it up, and without a target the mock in this process is run against. Throws what `verify` throws.
 */
export function contractTests(options?: ConnectVerifyOptions & ContractTestsOptions): void;
export function contractTests<G extends object = object>(options: OtherVerifyOptions<G> & ContractTestsOptions): void;
export function contractTests({
  report = process.env.UNDERSTUDY_REPORT,
  ...options
}: (ConnectVerifyOptions | OtherVerifyOptions) & ContractTestsOptions = {}): void {
  if (options.spec === undefined) define(prepareConnect(completed(options)), report);
  else define(prepareOther(options), report);
}

/** The options, with what the environment says of a target where none is named in this process. */
function completed(options: ConnectVerifyOptions): ConnectVerifyOptions {
  const { target, ...found } = optionsIn(process.env);
  const isNamed = [options.target, options.fetch, options.transport].some((named) => named !== undefined);
  return { ...found, ...(isNamed || target === undefined ? {} : { target }), ...options };
}

function define<G extends object>(
  { title, cases: late, strict, open }: Prepared<G>,
  directory: string | undefined,
): void {
  const cases = [...late];
  // One after the other, whatever is usual in the project; and however long the run may wait for its target.
  describe(title, { concurrent: false, shuffle: false, retry: 0, timeout: 0 }, () => {
    let run: Run<G> | undefined;
    const told = new Map<string, CaseResult>();
    beforeAll(async () => {
      run = await open();
    }, 0);
    afterAll(async () => {
      if (run) conclude(await run.close(), told, directory);
    }, 0);
    for (const topic of new Set(cases.map(topicOf)))
      describe(topic, () => {
        for (const item of cases.filter((one) => topicOf(one) === topic))
          test(`${item.title} [${item.id}]`, async (context) => {
            const result = await run!.play(item);
            told.set(item.id, result);
            await tell(result, strict, context);
          });
      });
  });
}

function topicOf({ id }: Pick<CaseResult, "id">): string {
  return id.split("/", 1)[0]!;
}

/** Ends a test as its case has ended. */
async function tell(result: CaseResult, strict: boolean, { task, skip, annotate }: TestContext): Promise<void> {
  const { id, outcome, reason, findings } = result;
  task.meta.contractCase = { id, outcome, ...(reason === undefined ? {} : { reason }) };
  if (outcome === "skipped") skip(reason);
  if (decides(result, strict)) {
    const [first, ...others] = findings.map((finding) => new ContractError(result, finding));
    throw others.length === 0 ? first : new AggregateError([first, ...others], first!.message);
  }
  if (outcome !== "held") await annotate(`${outcome}: ${reason ?? findings[0]?.message}`, "warning");
}

function decides({ outcome }: CaseResult, strict: boolean): boolean {
  return outcome === "broken" || (outcome === "differs" && strict);
}

/** What a case has found, as a failed assertion. */
class ContractError extends Error {
  override name = "ContractError";
  readonly expected?: unknown;
  readonly actual?: unknown;
  readonly showDiff: boolean;

  constructor({ id, basis, claim }: CaseResult, { message, at, expected, received, curl, repeat }: Finding) {
    const what = at === undefined || message.includes(at) ? message : `${message}, at ${at}`;
    const again =
      repeat && `again: UNDERSTUDY_SEED=${repeat.seed} UNDERSTUDY_PATH=${repeat.path} vitest run -t "${id}"`;
    super([what, `${basis}: ${claim}`, curl, again ?? ""].filter((line) => line !== "").join("\n\n"));
    this.showDiff = expected !== undefined || received !== undefined;
    if (this.showDiff) Object.assign(this, { expected, actual: received });
    // Where it is thrown says nothing.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** Writes the report of a run that has ended, and fails for what no test could say. */
function conclude(report: Report, told: ReadonlyMap<string, CaseResult>, directory: string | undefined): void {
  if (directory) writeReport(report, directory, { version });
  const { cutShort, leftBehind, cases, strict } = report;
  // What got no answer, or was refused to the key, is decided by what came after it.
  const late = cases.filter((result) => decides(result, strict) && !decides(told.get(result.id) ?? result, strict));
  const wrong = [
    ...(cutShort ? [cutShortText(cutShort)] : []),
    ...(leftBehind && !leftBehind.irremovable ? [leftBehind.message] : []),
    ...late.map(({ id, findings }) => `${id}: ${findings[0]?.message}\n${findings[0]?.curl}`),
  ];
  if (wrong.length > 0) throw new Error(wrong.join("\n\n"));
  if (leftBehind) console.warn(leftBehind.message);
}
