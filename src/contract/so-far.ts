import { withDeviation } from "./deviations.ts";
import { createCoverage } from "./generated/coverage.ts";
import type { LeftBehind } from "./guest.ts";
import { cutBodies } from "./report/record.ts";
import { type CaseResult, type CutShort, type Report, skipped, summaryOf } from "./report/report.ts";
import type { RunOptions } from "./run.ts";
import type { Denied } from "./run-case.ts";
import { decide } from "./statement.ts";
import type { Target } from "./target.ts";
import type { Exchange } from "./wire/exchange.ts";
import type { Mask } from "./wire/mask.ts";

/** How a run ended, beside the results of its cases. */
export type Ending = { readonly cutShort?: CutShort | undefined; readonly leftBehind?: LeftBehind | undefined };

/** What a run has found so far: its report, from the first case on. */
export type SoFar = {
  observe(exchange: Exchange): void;
  /** Takes the result of the next case; `denied` is what it is where the key turns out to lack a right. */
  record(result: CaseResult, denied?: Denied): void;
  /**
   * The report as it stands; cases without a result are skipped, for the reason why it was cut short, which was at the first of them
   * unless said.
   */
  report(ending: Ending): Report;
};

/** Keeps what a run finds, so that whoever ends it, and however, has a whole report. */
export function createSoFar<G extends object>(options: RunOptions<G>, target: Target, mask: Mask): SoFar {
  const { spec, guest, cases, statements, deviations = [], strict = false } = options;
  const startedAt = (options.now ?? (() => new Date()))().toISOString();
  const started = performance.now();
  const coverage = createCoverage(spec, guest && Object.keys(guest.identifiers));
  const recorded: { readonly given: CaseResult; readonly denied: Denied | undefined }[] = [];
  /** A key lacks a right only as long as the operation has never let it through. */
  const decided = ({ given, denied }: (typeof recorded)[number]) => {
    const lacks = denied?.operations.some((id) => !target.letsIn.has(id));
    return readable(withDeviation(deviations, denied && lacks ? denied.result : given, startedAt.slice(0, 10)), mask);
  };
  return {
    observe: coverage.observe,
    record(given, denied) {
      recorded.push({ given, denied });
      options.onCase?.(decided({ given, denied }));
    },
    report({ cutShort, leftBehind }) {
      const at = cutShort?.at ?? cases[recorded.length]?.id;
      const rest = cases.slice(recorded.length).map((item) => skipped(item, cutShort?.reason ?? "the run ended"));
      const results = [...recorded.map(decided), ...rest.map((given) => readable(given, mask))];
      return {
        target: { baseUrl: target.baseUrl },
        spec: { title: spec.title, version: spec.version, sha256: spec.sha256 },
        startedAt,
        durationMs: Math.round(performance.now() - started),
        requests: target.requests(),
        strict,
        summary: summaryOf(results),
        cases: results,
        coverage: coverage.result(target.seen, statements && decide(statements, results)),
        ...(cutShort === undefined ? {} : { cutShort: { ...mask(cutShort), ...(at === undefined ? {} : { at }) } }),
        ...(leftBehind === undefined ? {} : { leftBehind: mask(leftBehind) }),
      };
    },
  };
}

/** The result as a reader sees it: without secrets, and with the texts that it received cut to what one looks at. */
function readable(given: CaseResult, mask: Mask): CaseResult {
  const { id, title, basis, claim, outcome } = given;
  // A header may hold a word that is no secret, such as the name of a topic. Cut only what is masked: half a key would get past it.
  const result = { ...mask(given), id, title, basis, claim, outcome };
  const cut = (text: string) => (text.length <= 300 ? text : `${text.slice(0, 300)}...`);
  return {
    ...result,
    findings: result.findings.map((finding) =>
      typeof finding.received === "string" ? { ...finding, received: cut(finding.received) } : finding,
    ),
    ...(result.exchanges ? { exchanges: cutBodies(result.exchanges) } : {}),
  };
}
