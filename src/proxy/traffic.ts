import type { Finding } from "../contract/findings.ts";
import { type CaseResult, outcomeOf, type Report, summaryOf } from "../contract/report/report.ts";
import { curlOf } from "../contract/wire/exchange.ts";
import { createMask, type Mask } from "../contract/wire/mask.ts";
import { show } from "../document/problem.ts";
import { isObject, type Operation, type Spec, type Violation } from "../document/spec.ts";
import type { Passage } from "./app.ts";

/** One line of what is shown while traffic passes. */
export type Line = { readonly sign: "✗" | "≠" | "!" | "~"; readonly text: string };

/** What has passed so far. */
export type Traffic = {
  /** Takes note of a passage; answers what there is to show of it. */
  add(passage: Passage): readonly Line[];
  /** Requests that no operation of the document takes, with their numbers. */
  unknown(): ReadonlyMap<string, number>;
  /** Operations that the mock has answered in the target's place, with their numbers. */
  mocked(): ReadonlyMap<string, number>;
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
  const mocked = new Map<string, number>();
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
    mocked: () => mocked,
    add(passage) {
      requests++;
      learn(passage);
      const { operation, method, target: path, status } = passage;
      if (!operation) {
        const name = mask(`${method} ${path.split("?", 1)[0]}`);
        if (unknown.has(name) || unknown.size < mostOthers) unknown.set(name, (unknown.get(name) ?? 0) + 1);
      } else {
        if (passage.mocked) mocked.set(operation.id, (mocked.get(operation.id) ?? 0) + 1);
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
function linesOf(passage: Passage): Line[] {
  const { method, target: path, status, failure, mocked, stopped, inRequest, inAnswer } = passage;
  const told =
    (side: string, isStopped: boolean) =>
    ({ at, basis, expected, received }: Violation): Line => ({
      sign: basis === "documented" ? "✗" : "≠",
      text: `${method} ${path} ${side} ${at} should be ${expected}; received ${show(received)}${isStopped ? " (stopped)" : ""}`,
    });
  return [
    ...inRequest.map(told("request", stopped === "request")),
    ...inAnswer.map(told(`${status}`, stopped === "answer")),
    ...(mocked ? [{ sign: "~" as const, text: `${method} ${path} answered by the mock (${whyMocked(mocked)})` }] : []),
    ...(failure ? [{ sign: "!" as const, text: `${method} ${path} ${failure}` }] : []),
  ];
}

function whyMocked(mocked: string): string {
  return mocked === "unreachable" ? "the deployment is not there" : `the deployment answered ${mocked}`;
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
