import type { Case } from "./case.ts";
import { type Finding, Mismatch, type Remarks, Skip } from "./findings.ts";
import { createRecorder } from "./report/record.ts";
import { type CaseResult, outcomeOf } from "./report/report.ts";
import { createScene, type SceneParts } from "./scene.ts";
import { BudgetSpent } from "./target.ts";
import { type Exchange, type RequestPlan, TransportError } from "./wire/exchange.ts";

/** Sends a request of a case and passes what is wrong with its answer to `found`. */
export type SendJudged = (request: RequestPlan, found: (finding: Finding) => void) => Promise<Exchange>;

/** Runs one case. `lost` says that the target gave no answer. */
export async function runCase<G extends object>(
  item: Case<G>,
  known: Pick<SceneParts<G>, "apiKey" | "given" | "identifiers" | "wait">,
  send: SendJudged,
  now: () => Date,
): Promise<{ readonly result: CaseResult; readonly lost: boolean }> {
  const weight = item.basis === "documented" ? "broken" : "differs";
  const findings = createFindings();
  const recorder = createRecorder(now);
  const started = performance.now();
  let last: Exchange | undefined;
  let remarks: Remarks = {};
  let ending: Ending = {};
  const watched: SendJudged = async (request, found) => {
    last = await recorder.watch(() => send(request, found));
    return last;
  };
  try {
    await item.run(
      createScene<G>({
        ...known,
        send: (request) => watched(request, findings.add),
        async probe(request) {
          const wrong: Finding[] = [];
          const exchange = await watched(request, (finding) => wrong.push(finding));
          return { exchange, findings: wrong };
        },
        find: findings.add,
        remark(more) {
          remarks = { ...remarks, ...more };
        },
      }),
    );
  } catch (error) {
    ending = endingOf(error as Error, last, weight);
    if (ending.finding) findings.add(ending.finding);
  }
  const { id, title, basis, claim } = item;
  const list = findings.list();
  const result: CaseResult = {
    id,
    title,
    basis,
    claim,
    // What was found before a case turned out undecidable counts all the same.
    outcome: list.length > 0 ? outcomeOf(list) : ending.reason === undefined ? "held" : "skipped",
    ...(ending.reason === undefined ? {} : { reason: ending.reason }),
    durationMs: Math.round(performance.now() - started),
    findings: list,
    ...remarks,
    ...recorder.recorded(),
  };
  return { result, lost: ending.lost ?? false };
}

/** The findings of a case; the same wrong member in twenty answers is one. */
function createFindings() {
  const findings = new Map<string, Finding>();
  return {
    add(finding: Finding) {
      const key = `${finding.at} ${finding.message}`;
      if (!findings.has(key)) findings.set(key, finding);
    },
    list: () => [...findings.values()],
  };
}

/** How a case ended that did not come to its end: undecided for a reason, or with a finding. */
type Ending = { readonly reason?: string; readonly finding?: Finding; readonly lost?: boolean };

function endingOf(error: Error, last: Exchange | undefined, weight: Finding["weight"]): Ending {
  const curl = last?.curl ?? "";
  if (error instanceof Skip || error instanceof BudgetSpent) return { reason: error.message };
  if (error instanceof Mismatch)
    return { finding: { message: error.message, ...error.detail, curl: error.exchange?.curl ?? curl, weight } };
  if (error instanceof TransportError)
    return { lost: true, finding: { message: `no answer: ${error.message}`, curl, weight: "broken" } };
  if (error.name === "AbortError") return { reason: "the run was stopped" };
  return { finding: { message: `the case itself failed: ${error.stack}`, curl, weight } };
}
