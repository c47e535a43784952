import type { Case, CaseBasis } from "../case.ts";
import type { Finding, Remarks } from "../findings.ts";
import type { LeftBehind } from "../guest.ts";
import type { FindingKind } from "./kinds.ts";

/** What became of a case. */
export type Outcome = "held" | "broken" | "differs" | "deviates" | "skipped";

/** A body as text, without what was too long to show. */
export type RecordedBody = { readonly text: string; readonly omittedCharacters?: number };

/** A request of a case and its answer, with every secret masked. */
export type RecordedExchange = {
  /** The operation of the document that was called, where there is one. */
  readonly operationId?: string;
  readonly sentAt: string;
  readonly durationMs: number;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: RecordedBody;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: RecordedBody;
  };
  readonly curl: string;
};

export type CaseResult = Remarks & {
  readonly id: string;
  readonly title: string;
  readonly basis: CaseBasis;
  readonly claim: string;
  /** The operation that it follows from, where that is one. */
  readonly operation?: string;
  readonly outcome: Outcome;
  /** Why it was skipped, or why its deviation is borne. */
  readonly reason?: string;
  readonly durationMs: number;
  readonly findings: readonly Finding[];
  /** How many more findings there were. */
  readonly omittedFindings?: number;
  /** What passed between the case and the target, in the order of sending. */
  readonly exchanges?: readonly RecordedExchange[];
  /** How many more exchanges there were. */
  readonly omittedExchanges?: number;
};

/** `report.json`. Times are RFC 3339, durations milliseconds. */
export type Report = {
  readonly target: { readonly baseUrl: string };
  readonly spec: { readonly title: string; readonly version: string; readonly sha256: string };
  readonly startedAt: string;
  readonly durationMs: number;
  /** How many requests went out. */
  readonly requests: number;
  /** How many milliseconds of it the target has asked to wait; without it, none. */
  readonly waitedMs?: number;
  /** Whether assumed cases decide too. */
  readonly strict: boolean;
  readonly summary: Readonly<Record<Outcome, number>>;
  readonly cases: readonly CaseResult[];
  readonly coverage: {
    readonly operations: readonly {
      readonly operationId: string;
      readonly statuses: Readonly<Record<string, number>>;
      /** Declared statuses that no answer had. */
      readonly missing: readonly string[];
      /** Those of them that cannot be seen from outside, and why. */
      readonly hidden?: Readonly<Record<string, string>>;
    }[];
    /** What the schemas of requests say, keyword by keyword, and how often requests obeyed and broke it. */
    readonly rules?: readonly RuleCoverage[];
    /** What is known of the API, sentence by sentence, and what the run has found of it. */
    readonly statements?: readonly StatementCoverage[];
    /** How many operations the run has not come to; without it, to all. */
    readonly untried?: number;
    /** How much there was to see that was seen: statuses, both sides of each rule, statements; without it, there was nothing. */
    readonly percent?: number;
  };
  /** What the run could not put back. */
  readonly leftBehind?: LeftBehind;
  /** Why the run did not come to its end; without it, it did. */
  readonly cutShort?: CutShort;
  /** What made-up requests were made from, where it is known. */
  readonly seed?: number;
  /** What somebody else has changed while the run was at work; without it, nobody was seen to. */
  readonly disturbed?: Disturbed;
  /** What is behind the findings; in the file alone. */
  readonly causes?: readonly ReportedCause[];
  /** What the file leaves out to stay readable, over all cases. */
  readonly omitted?: {
    readonly causes: number;
    readonly findings: number;
    readonly exchanges: number;
    /** How to see them. */
    readonly message: string;
  };
};

/** One thing that is wrong, as `report.json` tells it. */
export type ReportedCause = {
  /** The same in every run that finds it. */
  readonly id: string;
  /** What is wrong, in a line, without what only one case received. */
  readonly what: string;
  readonly kind: FindingKind;
  /** That of its weightiest finding. */
  readonly weight: Finding["weight"];
  /** The keyword of the document that is broken, as a JSON pointer. */
  readonly place?: string;
  /** The operations whose answers showed it, as far as that is known. */
  readonly operations: readonly string[];
  readonly findings: number;
  /** How many cases found it. */
  readonly count: number;
  /** The ids of the first of them. */
  readonly cases: readonly string[];
  /** The finding that tells it best. */
  readonly example: Finding;
};

/** What somebody else has changed, such as `the members of team blue`, and how many cases are undecided for that. */
export type Disturbed = { readonly changed: string; readonly undecided: number };

/** A run that did not come to its end: why, as a sentence without its full stop, and at which case. */
export type CutShort = {
  readonly reason: string;
  /** The id of the first case that it could not decide for this; without it, every case was decided. */
  readonly at?: string;
  /** Where in this program it happened, of a failure of its own. */
  readonly stack?: string;
};

/** How often requests obeyed one keyword of a request's schema and were accepted, and broke it and were refused. */
export type RuleCoverage = {
  readonly operationId: string;
  /** Such as `body.address.zip`. */
  readonly at: string;
  readonly keyword: string;
  readonly valid: number;
  readonly invalid: number;
};

/** What a run has found of one statement; `skipped` where no case could decide it. */
export type StatementCoverage = {
  readonly text: string;
  readonly basis: "documented" | "inferred" | "assumed";
  readonly outcome: Outcome;
  /** The cases that decide it, and what became of each. */
  readonly cases: readonly Pick<CaseResult, "id" | "outcome">[];
  /** Why no run can decide it. */
  readonly hidden?: string;
};

/** Counts the outcomes. */
export function summaryOf(cases: readonly Pick<CaseResult, "outcome">[]): Report["summary"] {
  const summary = { held: 0, broken: 0, differs: 0, deviates: 0, skipped: 0 };
  for (const { outcome } of cases) summary[outcome]++;
  return summary;
}

/** The outcome that findings give a case. */
export function outcomeOf(findings: readonly Finding[]): Outcome {
  if (findings.some(({ weight }) => weight === "broken")) return "broken";
  return findings.length > 0 ? "differs" : "held";
}

/** Whether the target conforms: nothing broken, and in a strict run nothing different either. */
export function conforms(report: Pick<Report, "summary" | "strict">): boolean {
  return report.summary.broken === 0 && (!report.strict || report.summary.differs === 0);
}

/** Why a run that found nothing broken is no verdict all the same, as the end of a sentence. */
export function openReason({ cutShort, disturbed }: Pick<Report, "cutShort" | "disturbed">): string | undefined {
  if (cutShort) return "the run was cut short";
  return disturbed && disturbed.undecided > 0 ? "somebody else was at work meanwhile" : undefined;
}

/** Tells a reader that a run was cut short, in a sentence. */
export function cutShortText({ reason, at }: CutShort): string {
  return `The run was cut short${at === undefined ? "" : ` at ${at}`}: ${reason}. What was found until then stands.`;
}

/** Tells a reader that somebody else was at work. */
export function disturbedText({ changed, undecided }: Disturbed): string {
  const cases =
    undecided === 1 ? "1 case that this may have spoilt is" : `${undecided} cases that this may have spoilt are`;
  return `Somebody else changed ${changed} while this run was at work: ${cases} not decided. Run it again when nobody does. What was put back is what this run had found there.`;
}

/** What a case is called in its result. */
export function namedAs({
  id,
  title,
  basis,
  claim,
  operation,
}: Pick<Case, "id" | "title" | "basis" | "claim" | "operation">) {
  return { id, title, basis, claim, ...(operation === undefined ? {} : { operation }) };
}

/** The result of a case that did not run. */
export function skipped(
  item: Pick<Case, "id" | "title" | "basis" | "claim" | "operation">,
  reason: string,
): CaseResult {
  return { ...namedAs(item), outcome: "skipped", reason, durationMs: 0, findings: [] };
}
