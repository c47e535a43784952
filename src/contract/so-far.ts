import { type LateList, once } from "../document/late.ts";
import type { Spec } from "../document/spec.ts";
import type { Case } from "./case.ts";
import { type Deviation, withDeviation } from "./deviations.ts";
import { createCoverage } from "./generated/coverage.ts";
import type { Guest, LeftBehind } from "./guest.ts";
import type { Others } from "./others.ts";
import { cutBodies } from "./report/record.ts";
import { type CaseResult, type CutShort, namedAs, type Report, skipped, summaryOf } from "./report/report.ts";
import { shortened } from "./report/text.ts";
import type { CaseEnd } from "./run-case.ts";
import { decide, type Statement } from "./statement.ts";
import type { Target } from "./target.ts";
import type { Exchange } from "./wire/exchange.ts";
import type { Mask } from "./wire/mask.ts";

/** What a report is made of, beside what the target answers. */
export type SoFarOptions<G extends object = object> = {
  readonly spec: Spec;
  /** In their order; those of a list that is made as it is gone through are made when their turn comes. */
  readonly cases: Iterable<Case<NoInfer<G>>>;
  /** What is known of the API; without it, nothing is read before the cases, and nothing put back. */
  readonly guest?: Guest<G>;
  /** What the run is to decide of the API, sentence by sentence. */
  readonly statements?: readonly Statement[];
  /** Known differences; such a case `deviates`, and one that holds again is broken. */
  readonly deviations?: readonly Deviation[];
  /** Whether assumed cases decide too. */
  readonly strict?: boolean;
  readonly now?: () => Date;
  /** Called as each case ends, in order. The report decides: what a key seems to lack a right to may be let through later. */
  readonly onCase?: (result: CaseResult) => void;
};

/** How a run ended, beside the results of its cases. */
export type Ending<G extends object = object> = {
  readonly cutShort?: CutShort | undefined;
  readonly leftBehind?: LeftBehind | undefined;
  /** Those that were to be played; all of them that are made unless said. */
  readonly cases?: readonly Case<G>[];
};

/** The result of a case, and what it is where the key turns out to lack a right, or somebody else to write there too. */
type Ended = Pick<CaseEnd, "result" | "denied" | "doubtful">;

/** What a run has found so far: its report, from the first case on. */
export type SoFar<G extends object = object> = {
  observe(exchange: Exchange): void;
  /** Takes the result of a case. */
  record(item: Case<G>, ended: Ended): void;
  /** The result of a case as it stands now, as the report would tell it. */
  told(ended: Ended): CaseResult;
  /**
   * The report as it stands, in the order of the results; cases without one are skipped, for the reason why it was cut short, which
   * was at the first of them unless said.
   */
  report(ending: Ending<G>): Report;
};

/** Keeps what a run finds, so that whoever ends it, and however, has a whole report. */
export function createSoFar<G extends object>(
  options: SoFarOptions<G> & { readonly cases: LateList<Case<NoInfer<G>>> },
  target: Target,
  mask: Mask,
  others?: Others,
): SoFar<G> {
  const { spec, guest, statements, deviations = [], strict = false } = options;
  const startedAt = (options.now ?? (() => new Date()))().toISOString();
  const started = performance.now();
  const coverage = createCoverage(spec, guest && Object.keys(guest.identifiers));
  const recorded: (Ended & { readonly item: Case<G> })[] = [];
  /** Whenever somebody else was seen to write, what a case found may be theirs: when they came and went nobody knows. */
  const isSpoilt = ({ doubtful }: Ended) => doubtful !== undefined && others?.changed() !== undefined;
  const shown = new WeakMap<CaseResult, CaseResult>();
  const told = (ended: Ended) => {
    const { result, denied, doubtful } = ended;
    // A key lacks a right only as long as the operation has never let it through.
    const lacks = denied?.operations.some((id) => !target.letsIn.has(id));
    const known = denied && lacks ? denied.result : result;
    const left = isSpoilt(ended) ? doubtful!(`somebody else changed ${others?.changed()} meanwhile`) : known;
    const before = shown.get(left);
    if (before) return before;
    const made = readable(withDeviation(deviations, left, startedAt.slice(0, 10)), mask);
    shown.set(left, made);
    return made;
  };
  return {
    observe: coverage.observe,
    told,
    record(item, ended) {
      recorded.push({ ...ended, item });
      options.onCase?.(told(ended));
    },
    report({ cutShort, leftBehind, cases = options.cases.made }) {
      const changed = others?.changed();
      const done = new Set(recorded.map(({ item }) => item));
      const left = cases.filter((item) => !done.has(item));
      const at = cutShort?.at ?? left[0]?.id;
      const rest = left.map((item) => skipped(item, cutShort?.reason ?? "the run ended"));
      const results = [...recorded.map(told), ...rest.map((given) => readable(given, mask))];
      return {
        target: { baseUrl: target.baseUrl },
        spec: { title: spec.title, version: spec.version, sha256: spec.sha256 },
        startedAt,
        durationMs: Math.round(performance.now() - started),
        requests: target.requests(),
        ...(target.waitedMs() === 0 ? {} : { waitedMs: Math.round(target.waitedMs()) }),
        strict,
        summary: summaryOf(results),
        cases: results,
        coverage: coverage.result(target.seen, {
          statements: statements && decide(statements, results),
          isWhole: options.cases.isWhole(),
        }),
        ...(cutShort === undefined ? {} : { cutShort: { ...mask(cutShort), ...(at === undefined ? {} : { at }) } }),
        ...(leftBehind === undefined ? {} : { leftBehind: mask(leftBehind) }),
        ...(changed === undefined ? {} : { disturbed: { changed, undecided: recorded.filter(isSpoilt).length } }),
      };
    },
  };
}

/** The result as a reader sees it: without secrets, and with the texts that it received cut to what one looks at. */
function readable({ exchanges, ...given }: CaseResult, mask: Mask): CaseResult {
  const { outcome } = given;
  // A header may hold a word that is no secret, such as the name of a topic. Cut only what is masked: half a key would get past it.
  const masked = { ...mask(given), ...namedAs(given), outcome };
  const result = {
    ...masked,
    findings: masked.findings.map((finding) =>
      typeof finding.received === "string" ? { ...finding, received: shortened(finding.received, 300) } : finding,
    ),
  };
  if (!exchanges) return result;
  // Nobody looks at most exchanges of most runs, and they are most of what there is to mask.
  const get = once(() => cutBodies(mask(exchanges)));
  return Object.defineProperty(result, "exchanges", { enumerable: true, get });
}
