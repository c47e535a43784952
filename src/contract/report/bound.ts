import type { Finding } from "../findings.ts";
import type { Causes } from "./causes.ts";
import type { CaseResult, RecordedExchange } from "./report.ts";
import { cutText } from "./text.ts";

/** So many bytes of a file, which what is written of it takes its share of. */
export type Budget = {
  /** Takes these bytes, where so many are left. */
  take(bytes: number): boolean;
};

/** Makes a budget of so many bytes. */
export function createBudget(bytes: number): Budget {
  let left = bytes;
  return {
    take(wanted) {
      if (wanted > left) return false;
      left -= wanted;
      return true;
    },
  };
}

/** The bytes of a text in UTF-8. */
export function sizeOf(text: string): number {
  return Buffer.byteLength(text);
}

/** Below this budget, nothing is left that could be left out. */
const leastBudget = 1_000;

/** A text of at most so many bytes: what `write` makes of a budget, which is made smaller until that fits. */
export function within(most: number, write: (budget: number) => string): string {
  for (let budget = most; ; ) {
    const text = write(budget);
    const size = sizeOf(text);
    if (size <= most || budget < leastBudget) return text;
    budget *= Math.min(0.75, most / size);
  }
}

/** A value as JSON text of at most so many characters. */
export function cutValue(value: unknown, most: number): unknown {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length <= most ? value : cutText(text, most);
}

/** A finding whose texts and values are at most so many characters each. */
export function cutFinding(finding: Finding, most: number): Finding {
  const { message, expected, received, curl } = finding;
  return {
    ...finding,
    message: cutText(message, most),
    ...("expected" in finding ? { expected: cutValue(expected, most) } : {}),
    ...("received" in finding ? { received: cutValue(received, most) } : {}),
    curl: cutText(curl, most),
  };
}

/** What is kept of some cases, and what is not. */
export type Kept = {
  readonly findings: ReadonlySet<Finding>;
  readonly exchanges: ReadonlySet<RecordedExchange>;
};

/** Of cases of which nothing is kept. */
export const nothingKept: Kept = { findings: new Set(), exchanges: new Set() };

/** What a finding and an exchange take of a budget. */
export type Sizes = {
  finding(finding: Finding): number;
  exchange(exchange: RecordedExchange): number;
};

/**
 * Chooses the findings and exchanges of a file of bounded size: of each cause the first finding and the exchange that showed
 * it, then the first finding of each case, then all others; the exchanges of what failed before those of what held.
 */
export function keptOf(cases: readonly CaseResult[], causes: Causes, budget: Budget, sizes: Sizes): Kept {
  const findings = new Set<Finding>();
  const exchanges = new Set<RecordedExchange>();
  const keepFinding = (finding: Finding) => {
    if (!findings.has(finding) && budget.take(sizes.finding(finding))) findings.add(finding);
  };
  const keepExchanges = (wanted: readonly RecordedExchange[] = []) => {
    const more = wanted.filter((exchange) => !exchanges.has(exchange));
    if (budget.take(more.reduce((sum, exchange) => sum + sizes.exchange(exchange), 0)))
      for (const exchange of more) exchanges.add(exchange);
  };
  for (const { example, exampleCase } of causes.list) {
    keepFinding(example);
    keepExchanges(exampleCase.exchanges?.filter(({ curl }) => curl === example.curl).slice(0, 1));
  }
  for (const { findings } of cases) for (const finding of findings.slice(0, 1)) keepFinding(finding);
  for (const { findings } of cases) for (const finding of findings) keepFinding(finding);
  for (const { exampleCase } of causes.list) keepExchanges(exampleCase.exchanges);
  const failed = (item: CaseResult) => item.findings.length > 0;
  for (const item of cases.filter(failed)) keepExchanges(item.exchanges);
  for (const item of cases.filter((one) => !failed(one))) keepExchanges(item.exchanges);
  return { findings, exchanges };
}

/** A case with what is kept of it; what is not is counted. */
export function withKept(item: CaseResult, kept: Kept): CaseResult {
  const { findings, exchanges, omittedExchanges = 0, ...rest } = item;
  const keptFindings = findings.filter((finding) => kept.findings.has(finding));
  const keptExchanges = exchanges?.filter((exchange) => kept.exchanges.has(exchange));
  const omittedFindings = findings.length - keptFindings.length;
  const omitted = omittedExchanges + (exchanges?.length ?? 0) - (keptExchanges?.length ?? 0);
  return {
    ...rest,
    findings: keptFindings,
    ...(omittedFindings > 0 ? { omittedFindings } : {}),
    ...(keptExchanges && keptExchanges.length > 0 ? { exchanges: keptExchanges } : {}),
    ...(omitted > 0 ? { omittedExchanges: omitted } : {}),
  };
}

/** How to see what a report leaves out, as the beginning of a sentence. */
export function howToSee({ seed }: { readonly seed?: number }): string {
  return seed === undefined
    ? "A run of fewer cases tells them"
    : `understudy verify --filter ID --seed ${seed} runs one case again and tells all of it`;
}
