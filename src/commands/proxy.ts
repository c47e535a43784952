import { setTimeout } from "node:timers/promises";
import { version } from "#platform";
import { loadSpec } from "../connect/spec.ts";
import type { Finding } from "../contract/findings.ts";
import type { Report } from "../contract/report/report.ts";
import { writeReport } from "../contract/report/write-report.ts";
import { carrierOf, credentialOf } from "../contract/wire/credential.ts";
import { type Spec, SpecError, uncheckedIn } from "../document/spec.ts";
import { FixturesError } from "../mock/fixtures.ts";
import { ListenError } from "../mock/listening.ts";
import { serveProxy } from "../proxy/app.ts";
import { createTraffic, type Line, type Traffic } from "../proxy/traffic.ts";
import { painter } from "./paint.ts";

/** The options of `understudy proxy`, as the command line gives them. */
export type ProxyCommandOptions = {
  readonly target?: string;
  readonly port: number;
  readonly host: string;
  readonly enforce?: boolean;
  /** Let the mock answer what the deployment lacks. */
  readonly mockMissing?: boolean;
  /** The mock's records. */
  readonly fixtures?: string;
  readonly report?: string;
  readonly spec?: string;
  readonly quiet?: boolean;
};

/** How long the answers that are under way are waited for at the end, in milliseconds. */
const lastAnswersMs = 1_000;

/** A target that cannot be stood in front of; the message says what would do. */
class TargetError extends Error {
  override name = "TargetError";
}

/**
 * Passes requests on to a deployment and shows what breaks the document, until the process is told to end. `end` is called with the
 * exit code: 0 all that passed obeys the document, 1 something does not, 2 it could not be served.
 */
export async function proxy(
  options: ProxyCommandOptions,
  terminal: { write(text: string): unknown },
  color: boolean,
  end: (code: 0 | 1 | 2, message?: string) => void,
): Promise<void> {
  try {
    const spec = loadSpec(options.spec);
    const unchecked = uncheckedIn(spec);
    if (unchecked) console.error(unchecked);
    const target = targetOf(options.target);
    const traffic = createTraffic(spec, target);
    const { url, close } = await serveProxy({
      spec,
      target,
      enforce: options.enforce === true,
      mock: options.mockMissing ? await mockOf(spec, options.fixtures) : undefined,
      port: options.port,
      host: options.host,
      onPassage(passage) {
        const lines = traffic.add(passage);
        if (!options.quiet) for (const line of lines) terminal.write(`${painted(line, color)}\n`);
      },
    });
    terminal.write(options.quiet ? `${url}\n` : firstScreen(spec, target, url, options));
    // Once: whoever cannot wait for the last answers asks a second time.
    const finish = async () => {
      const closed = await Promise.race([close().then(() => true), setTimeout(lastAnswersMs, false)]);
      const report = traffic.report();
      if (!options.quiet) terminal.write(`\n${summary(report, traffic, color)}`);
      if (options.report) {
        const paths = writeReport(report, options.report, { version });
        if (!options.quiet) terminal.write(`Report: ${paths.join(", ")}\n`);
      }
      const code = report.summary.broken > 0 ? 1 : 0;
      end(code);
      // An answer without end would keep the process.
      if (!closed) process.exit(code);
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void finish());
  } catch (error) {
    if (!refusals.some((kind) => error instanceof kind)) throw error;
    end(2, (error as Error).message);
  }
}

const refusals = [SpecError, ListenError, TargetError, FixturesError];

/** The mock, which takes the keys of the deployment for its own `test_key`. */
async function mockOf(spec: Spec, fixtures: string | undefined): Promise<(request: Request) => Promise<Response>> {
  const { createMock, fixturesOf } = await import("./connect-mock.ts");
  const mock = createMock({ spec, fixtures: await fixturesOf(spec, fixtures, 1) });
  const carrier = carrierOf(spec);
  const known = credentialOf(spec, "test_key", "");
  return (request) => {
    if (carrier?.in !== "header") return mock.fetch(request);
    const given = request.headers.get(carrier.name);
    if (given !== null && !/\btest_/.test(given)) request.headers.set(carrier.name, known.value);
    return mock.fetch(request);
  };
}

function targetOf(text: string | undefined): URL {
  const right = "it should be an absolute URL, such as https://connect.example.com";
  if (text === undefined) throw new TargetError(`No target: name one with CONNECT_BASE_URL or --target; ${right}.`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new TargetError(`The target is "${text}"; ${right}.`);
  if (url.username || url.password || url.search || url.hash)
    throw new TargetError(`The target has more than a scheme, a host and a path; ${right}.`);
  return url;
}

function firstScreen(spec: Spec, { href }: URL, url: string, options: ProxyCommandOptions): string {
  const { enforce, mockMissing, report } = options;
  const what = enforce ? "stops what breaks it" : "shows what breaks it";
  return [
    `${url} passes requests on to ${href.replace(/\/$/, "")}, holds them and their answers against ${spec.title} ${spec.version}, and ${what}.`,
    `✗ breaks the document   ≠ differs where the document is not sure   ! no whole answer${mockMissing ? "   ~ answered by the mock" : ""}`,
    ...(mockMissing ? ["What the deployment lacks the mock answers, marked by the header X-Mock-Answered."] : []),
    `HTTP only, no WebSockets. Ctrl-C ends it with a table${report ? ` and a report in ${report}` : ""}.`,
    "",
    "",
  ].join("\n");
}

const styles = { "✗": "red", "≠": "yellow", "!": "magenta", "~": "cyan" } as const;

function painted({ sign, text }: Line, color: boolean): string {
  return `${painter(color)(styles[sign], sign)} ${text}`;
}

/** What has passed, as a table: which declared answers were seen and which were not. */
function summary(report: Report, traffic: Traffic, color: boolean): string {
  const paint = painter(color);
  const rows = report.coverage.operations.map(({ operationId, statuses, missing }) => [
    operationId,
    Object.entries(statuses)
      .map(([status, count]) => `${status} ×${count}`)
      .join("  ") || "-",
    missing.join(" ") || "-",
  ]);
  const all = [["operation", "seen", "declared, not seen"], ...rows];
  const widths = [0, 1].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row, index) => {
    const line = `  ${row[0]!.padEnd(widths[0]!)}  ${row[1]!.padEnd(widths[1]!)}  ${row[2]}`;
    return index === 0 ? paint("gray", line) : line;
  });
  const [others, mocked] = [traffic.unknown(), traffic.mocked()].map((counts) =>
    [...counts].map(([name, count]) => `  ${name} ×${count}`),
  ) as [string[], string[]];
  const { broken, differs } = report.summary;
  const findings = report.cases.flatMap((item) => item.findings);
  const count = (weight: Finding["weight"]) => findings.filter((finding) => finding.weight === weight).length;
  const kinds = (count: number, one: string, more: string) =>
    count === 1 ? `1 kind of message ${one}` : `${count} kinds of message ${more}`;
  const open = differs > 0 ? `; ${kinds(count("differs"), "differs", "differ")} where it is not sure` : "";
  const verdict =
    broken > 0
      ? paint("red", `${kinds(count("broken"), "breaks", "break")} the document.`)
      : paint("green", `Nothing that passed breaks the document${open}.`);
  return [
    ...lines,
    ...(mocked.length > 0 ? ["", "Answered by the mock, for the deployment has them not:", ...mocked] : []),
    ...(others.length > 0 ? ["", "Requests that no operation of the document takes:", ...others] : []),
    "",
    `${verdict} ${report.requests} requests in ${(report.durationMs / 1000).toFixed(1)} s.`,
    "",
  ].join("\n");
}
