import { setTimeout } from "node:timers/promises";
import { styleText } from "node:util";
import { loadSpec } from "../connect/spec.ts";
import type { Finding } from "../contract/findings.ts";
import { type CaseResult, outcomeOf, type Report, summaryOf } from "../contract/report/report.ts";
import { writeReport } from "../contract/report/write-report.ts";
import { curlOf } from "../contract/wire/exchange.ts";
import { createMask, type Mask } from "../contract/wire/mask.ts";
import { show } from "../document/problem.ts";
import { isObject, type Operation, type Spec, SpecError, uncheckedIn, type Violation } from "../document/spec.ts";
import { ListenError, type Listening, listen } from "../mock/server.ts";
import { version } from "../paths.ts";
import { createProxyApp, type Passage } from "./app.ts";

/** The options of `understudy proxy`, as the command line gives them. */
export type ProxyOptions = {
  readonly target?: string;
  readonly port: number;
  readonly host: string;
  readonly enforce?: boolean;
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
  options: ProxyOptions,
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
      if (!options.quiet) terminal.write(`\n${summary(report, traffic.unknown(), color)}`);
      if (options.report) {
        const paths = await writeReport(report, options.report, { version });
        if (!options.quiet) terminal.write(`Report: ${paths.join(", ")}\n`);
      }
      const code = report.summary.broken > 0 ? 1 : 0;
      end(code);
      // An answer without end would keep the process.
      if (!closed) process.exit(code);
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void finish());
  } catch (error) {
    if (!(error instanceof SpecError || error instanceof ListenError || error instanceof TargetError)) throw error;
    end(2, error.message);
  }
}

/** Serves the proxy on a port. */
export function serveProxy({
  port = 0,
  host = "127.0.0.1",
  ...options
}: Parameters<typeof createProxyApp>[0] & { port?: number; host?: string }): Promise<Listening> {
  return listen(createProxyApp(options).fetch, { port, host });
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

/** One line of what is shown while traffic passes. */
type Line = { readonly sign: "✗" | "≠" | "!"; readonly text: string };

/** What has passed so far. */
export type Traffic = {
  /** Takes note of a passage; answers what there is to show of it. */
  add(passage: Passage): readonly Line[];
  /** Requests that no operation of the document takes, with their numbers. */
  unknown(): ReadonlyMap<string, number>;
  report(): Report;
};

/** The most findings that are kept of one operation; of those that are alike, one. */
const mostFindings = 50;
/** The most requests outside the document, and the most credentials, that are kept apart. */
const mostOthers = 200;

/** Gathers what passes, without any credential. */
export function createTraffic(spec: Spec, target: URL, now: () => Date = () => new Date()): Traffic {
  const startedAt = now();
  const started = performance.now();
  const secretNames = secretNamesOf(spec);
  const secrets = new Map<string, string>();
  const statuses: Statuses = new Map();
  const findings: Findings = new Map();
  const unknown = new Map<string, number>();
  let mask: Mask = createMask([]);
  let requests = 0;

  function learn(passage: Passage): void {
    const before = secrets.size;
    for (const { value, shell } of secretsOf(passage, secretNames)) {
      if (secrets.size < mostOthers) secrets.set(value, shell);
    }
    if (secrets.size > before) mask = createMask([...secrets].map(([value, shell]) => ({ value, shell })));
  }

  function keep(topic: Topic, passage: Passage, violations: readonly Violation[]): void {
    const id = `${topic}/${passage.operation!.id}`;
    const kept = findings.get(id) ?? new Map<string, Finding>();
    findings.set(id, kept);
    for (const violation of violations) {
      const key = `${violation.at.replace(/\.\d+(?=\.|$)/g, "[]")} ${violation.keyword} ${violation.expected}`;
      if (kept.size >= mostFindings || kept.has(key)) continue;
      kept.set(key, mask(findingOf(topic, passage, violation, curlOfPassage(passage, target, secretNames))));
    }
  }

  return {
    unknown: () => unknown,
    add(passage) {
      requests++;
      learn(passage);
      const { operation, method, target: path, status } = passage;
      if (!operation) {
        const name = mask(`${method} ${path.split("?", 1)[0]}`);
        if (unknown.has(name) || unknown.size < mostOthers) unknown.set(name, (unknown.get(name) ?? 0) + 1);
      } else {
        if (status !== undefined) {
          const seen = statuses.get(operation.id) ?? new Map<string, number>();
          statuses.set(operation.id, seen.set(`${status}`, (seen.get(`${status}`) ?? 0) + 1));
        }
        keep("requests", passage, passage.inRequest);
        keep("answers", passage, passage.inAnswer);
      }
      return linesOf(passage).map(({ sign, text }) => ({ sign, text: mask(text) }));
    },
    report: () => ({
      target: { baseUrl: target.href.replace(/\/$/, "") },
      spec: { title: spec.title, version: spec.version, sha256: spec.sha256 },
      startedAt: startedAt.toISOString(),
      durationMs: Math.round(performance.now() - started),
      requests,
      strict: false,
      ...resultsOf(spec, findings, statuses),
    }),
  };
}

/** What was found of each operation. */
function resultsOf(
  { operations }: Spec,
  findings: Findings,
  statuses: Statuses,
): Pick<Report, "summary" | "cases" | "coverage"> {
  const cases = operations.flatMap((operation) => [
    caseOf("requests", operation, findings, statuses),
    caseOf("answers", operation, findings, statuses),
  ]);
  const coverage = operations.map((operation) => coverageOf(operation, statuses));
  return { summary: summaryOf(cases), cases, coverage: { operations: coverage } };
}

type Topic = "requests" | "answers";

/** How often each status was answered, by operation. */
type Statuses = Map<string, Map<string, number>>;

/** What was found, by topic and operation, each kind once. */
type Findings = Map<string, Map<string, Finding>>;

/** What there is to show of a passage while it passes. */
function linesOf({ method, target: path, status, failure, stopped, inRequest, inAnswer }: Passage): Line[] {
  const told =
    (side: string, isStopped: boolean) =>
    ({ at, basis, expected, received }: Violation): Line => ({
      sign: basis === "documented" ? "✗" : "≠",
      text: `${method} ${path} ${side} ${at} should be ${expected}; received ${show(received)}${isStopped ? " (stopped)" : ""}`,
    });
  return [
    ...inRequest.map(told("request", stopped === "request")),
    ...inAnswer.map(told(`${status}`, stopped === "answer")),
    ...(failure ? [{ sign: "!" as const, text: `${method} ${path} ${failure}` }] : []),
  ];
}

function findingOf(topic: Topic, passage: Passage, violation: Violation, curl: string): Finding {
  const { method, target: path, status } = passage;
  const message =
    topic === "requests"
      ? `the request ${method} ${path} does not match the document at ${violation.at}`
      : `the ${status} answer to ${method} ${path} does not match the document at ${violation.at}`;
  return {
    message,
    at: violation.at,
    expected: violation.expected,
    ...(violation.received === undefined ? {} : { received: violation.received }),
    curl,
    weight: violation.basis === "documented" ? "broken" : "differs",
  };
}

function curlOfPassage({ method, target: path, headers, body }: Passage, target: URL, names: SecretNames): string {
  const own = headers.filter(([name]) => !/^(host|content-length|connection|accept-encoding)$/i.test(name));
  const shells = own.flatMap(([name]) => {
    const shell = names.headers.get(name.toLowerCase());
    return shell ? [[name, `"${shell}"`]] : [];
  });
  const url = target.origin + target.pathname.replace(/\/$/, "") + path;
  const request = { method, url, headers: Object.fromEntries(own), body: body?.length ? body.toString() : undefined };
  return curlOf(request, Object.fromEntries(shells));
}

function caseOf(topic: Topic, { id }: Operation, findings: Findings, statuses: Statuses): CaseResult {
  const found = [...(findings.get(`${topic}/${id}`)?.values() ?? [])];
  const seen = found.length > 0 || statuses.has(id);
  return {
    id: `${topic}/${id}`,
    title: topic === "requests" ? `clients call ${id} as the document says` : `${id} answers as the document says`,
    basis: "documented",
    claim: "the document",
    outcome: seen ? outcomeOf(found) : "skipped",
    ...(seen ? {} : { reason: "no request called the operation" }),
    durationMs: 0,
    findings: found,
  };
}

function coverageOf({ id, responses }: Operation, seen: Statuses): Report["coverage"]["operations"][number] {
  const statuses = Object.fromEntries(seen.get(id) ?? []);
  const met = (declared: string) =>
    declared === "default" ||
    Object.keys(statuses).some(
      (status) => status === declared || (declared.endsWith("XX") && status[0] === declared[0]),
    );
  return { operationId: id, statuses, missing: [...responses.keys()].filter((declared) => !met(declared)) };
}

/** Where requests carry credentials, and how a shell line writes one without knowing it. */
type SecretNames = { readonly headers: ReadonlyMap<string, string>; readonly query: ReadonlySet<string> };

function secretNamesOf({ securitySchemes, document }: Spec): SecretNames {
  const headers = new Map([
    ["authorization", "$CONNECT_AUTHORIZATION"],
    ["proxy-authorization", "$CONNECT_AUTHORIZATION"],
    ["cookie", "$CONNECT_COOKIE"],
  ]);
  for (const { type, header } of securitySchemes)
    if (type === "apiKey" && header) headers.set(header.toLowerCase(), "$CONNECT_API_KEY");
  const components = isObject(document.components) ? document.components : {};
  const schemes = Object.values(isObject(components.securitySchemes) ? components.securitySchemes : {});
  const query = schemes.flatMap((scheme) => (isObject(scheme) && scheme.in === "query" ? [String(scheme.name)] : []));
  return { headers, query: new Set(query) };
}

/** The credentials of a request, whole and, behind a scheme such as `Bearer`, alone. */
function secretsOf({ headers, target }: Passage, names: SecretNames): { value: string; shell: string }[] {
  const inHeaders = headers.flatMap(([name, value]) => {
    const shell = names.headers.get(name.toLowerCase());
    if (!shell) return [];
    const parts = /^\S+ (.+)$/.exec(value)?.[1]?.split("; ") ?? [];
    return [value, ...parts].map((text) => ({ value: text, shell }));
  });
  const query = new URLSearchParams(target.split("?").slice(1).join("?"));
  const inQuery = [...query].filter(([name]) => names.query.has(name)).map(([, value]) => value);
  return [...inHeaders, ...inQuery.map((value) => ({ value, shell: "$CONNECT_API_KEY" }))].filter(
    ({ value }) => value !== "",
  );
}

function firstScreen(spec: Spec, { href }: URL, url: string, { enforce, report }: ProxyOptions): string {
  const what = enforce ? "stops what breaks it" : "shows what breaks it";
  return [
    `${url} passes requests on to ${href.replace(/\/$/, "")}, holds them and their answers against ${spec.title} ${spec.version}, and ${what}.`,
    "✗ breaks the document   ≠ differs where the document is not sure   ! no whole answer",
    `HTTP only, no WebSockets. Ctrl-C ends it with a table${report ? ` and a report in ${report}` : ""}.`,
    "",
    "",
  ].join("\n");
}

const styles = { "✗": "red", "≠": "yellow", "!": "magenta" } as const;

function painted({ sign, text }: Line, color: boolean): string {
  return `${color ? styleText(styles[sign], sign, { validateStream: false }) : sign} ${text}`;
}

/** What has passed, as a table: which declared answers were seen and which were not. */
function summary(report: Report, unknown: ReadonlyMap<string, number>, color: boolean): string {
  const paint = (style: "red" | "green" | "gray", text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text;
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
  const others = [...unknown].map(([name, count]) => `  ${name} ×${count}`);
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
    ...(others.length > 0 ? ["", "Requests that no operation of the document takes:", ...others] : []),
    "",
    `${verdict} ${report.requests} requests in ${(report.durationMs / 1000).toFixed(1)} s.`,
    "",
  ].join("\n");
}
