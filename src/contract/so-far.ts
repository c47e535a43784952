import { withDeviation } from "./deviations.ts";
import { createCoverage } from "./generated/coverage.ts";
import type { LeftBehind } from "./guest.ts";
import type { Others } from "./others.ts";
import { cutBodies } from "./report/record.ts";
import { type CaseResult, type CutShort, type Report, skipped, summaryOf } from "./report/report.ts";
import type { RunOptions } from "./run.ts";
import type { CaseEnd } from "./run-case.ts";
import { decide } from "./statement.ts";
import type { Target } from "./target.ts";
import type { Exchange } from "./wire/exchange.ts";
import type { Mask } from "./wire/mask.ts";

/** How a run ended, beside the results of its cases. */
export type Ending = { readonly cutShort?: CutShort | undefined; readonly leftBehind?: LeftBehind | undefined };

/** What a run has found so far: its report, from the first case on. */
export type SoFar = {
  observe(exchange: Exchange): void;
  /**
   * Takes the result of the next case; `denied` is what it is where the key turns out to lack a right, `doubtful` what it is where
   * somebody else turns out to write there too.
   */
  record(result: CaseResult, or?: Pick<CaseEnd, "denied" | "doubtful">): void;
  /**
   * The report as it stands; cases without a result are skipped, for the reason why it was cut short, which was at the first of them
   * unless said.
   */
  report(ending: Ending): Report;
};

/** Keeps what a run finds, so that whoever ends it, and however, has a whole report. */
export function createSoFar<G extends object>(
  options: RunOptions<G>,
  target: Target,
  mask: Mask,
  others?: Others,
): SoFar {
  const { spec, guest, cases, statements, deviations = [], strict = false } = options;
  const startedAt = (options.now ?? (() => new Date()))().toISOString();
  const started = performance.now();
  const coverage = createCoverage(spec, guest && Object.keys(guest.identifiers));
  const recorded: { readonly given: CaseResult; readonly or: Pick<CaseEnd, "denied" | "doubtful"> }[] = [];
  /** Whenever somebody else was seen to write, what a case found may be theirs: when they came and went nobody knows. */
  const isSpoilt = ({ or }: (typeof recorded)[number]) => or.doubtful !== undefined && others?.changed() !== undefined;
  const decided = (one: (typeof recorded)[number]) => {
    const { given, or } = one;
    // A key lacks a right only as long as the operation has never let it through.
    const lacks = or.denied?.operations.some((id) => !target.letsIn.has(id));
    const result = or.denied && lacks ? or.denied.result : given;
    const left = isSpoilt(one) ? or.doubtful!(`somebody else changed ${others?.changed()} meanwhile`) : result;
    return readable(withDeviation(deviations, left, startedAt.slice(0, 10)), mask);
  };
  return {
    observe: coverage.observe,
    record(given, or = {}) {
      recorded.push({ given, or });
      options.onCase?.(decided({ given, or }));
    },
    report({ cutShort, leftBehind }) {
      const changed = others?.changed();
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
        ...(changed === undefined ? {} : { disturbed: { changed, undecided: recorded.filter(isSpoilt).length } }),
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
