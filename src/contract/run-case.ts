import { declaredResponse } from "../document/spec.ts";
import type { Case } from "./case.ts";
import { type Finding, Mismatch, type Remarks, Skip } from "./findings.ts";
import { RunError } from "./guest.ts";
import { createRecorder } from "./report/record.ts";
import { type CaseResult, namedAs, outcomeOf } from "./report/report.ts";
import { createScene, type SceneParts } from "./scene.ts";
import { BudgetSpent, Unserved } from "./sender.ts";
import { type Exchange, type RequestPlan, TransportError, Unreadable } from "./wire/exchange.ts";

/** Sends a request of a case and passes what is wrong with its answer to `found`. */
export type SendJudged = (request: RequestPlan, found: (finding: Finding) => void) => Promise<Exchange>;

/**
 * What a case is where the run's key turns out to have no right to some operations. That is so of an operation that has answered
 * this key with a 403 that its document declares, and in the whole run never with a success, the plain requests that prepare
 * cases included: a 403 here and a success there is a refusal of that request, and judged as one.
 */
export type Denied = { readonly operations: readonly string[]; readonly result: CaseResult };

/** How a case ended. */
export type CaseEnd = {
  readonly result: CaseResult;
  /** Where the target gave no answer: what the case is if it turns out to be gone. */
  readonly gone?: CaseResult;
  readonly denied?: Denied;
  /** Where it found what its answers alone do not show: what the case is if somebody else has brought that about. */
  readonly doubtful?: (reason: string) => CaseResult;
  /** Whether the target would not let the run through. */
  readonly unserved: boolean;
  /** Whether it has sent nothing, and so tells nothing of the target. */
  readonly isIdle: boolean;
  /** Why the run ends with it. */
  readonly stop?: string;
};

/** Runs one case. */
export async function runCase<G extends object>(
  item: Case<G>,
  known: Pick<SceneParts<G>, "apiKey" | "given" | "identifiers" | "still" | "wait" | "keep" | "mayGoOn">,
  send: SendJudged,
  now: () => Date,
): Promise<CaseEnd> {
  const weight = item.basis === "documented" ? "broken" : "differs";
  const findings = createFindings();
  const recorder = createRecorder(now);
  const started = performance.now();
  let last: Exchange | undefined;
  let remarks: Remarks = {};
  let ending: Ending = {};
  const denials = new Map<Exchange, string>();
  const watched: SendJudged = async (request, found) => {
    const answer = await recorder.watch(() => send(request, findings.inAnswer(found)));
    last = answer;
    const { operation, status } = answer;
    // What is said to another key, or to none, says nothing of this one.
    if (status === 403 && operation && request.apiKey === undefined && declaredResponse(operation, status))
      denials.set(answer, operation.id);
    return answer;
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
  const durationMs = Math.round(performance.now() - started);
  /** What was found before a case turned out undecidable counts all the same. */
  const resultOf = (list: readonly Finding[], reason: string | undefined): CaseResult => ({
    ...namedAs(item),
    outcome: list.length > 0 ? outcomeOf(list) : reason === undefined ? "held" : "skipped",
    ...(reason === undefined ? {} : { reason }),
    durationMs,
    findings: list,
    ...remarks,
    ...recorder.recorded(),
  });
  const list = findings.list();
  const result = resultOf(list, ending.reason);
  const others = list.filter((finding) => finding !== ending.finding);
  const denied = deniedOf(denials, result, ending, (reason) => resultOf(others, reason));
  const sure = list.filter(findings.isInAnswer);
  return {
    result,
    ...(ending.lost || sure.length === list.length ? {} : { doubtful: (reason) => resultOf(sure, reason) }),
    ...(ending.lost ? { gone: resultOf(others, ending.finding?.message) } : {}),
    ...(denied ? { denied } : {}),
    unserved: ending.unserved ?? false,
    isIdle: !last && !ending.lost && !ending.unserved && ending.stop === undefined,
    ...(ending.stop === undefined ? {} : { stop: ending.stop }),
  };
}

/** A case that holds by refusals of this kind, or ends with one, shows nothing but what the key may not do. */
function deniedOf(
  denials: ReadonlyMap<Exchange, string>,
  { outcome }: CaseResult,
  { exchange }: Ending,
  undecided: (reason: string) => CaseResult,
): Denied | undefined {
  const those = outcome === "held" ? denials.values() : exchange ? [denials.get(exchange) ?? []].flat() : [];
  const operations = [...new Set(those)];
  if (operations.length === 0) return undefined;
  return { operations, result: undecided(`the API key may not call ${operations.join(", ")} (answered 403)`) };
}

/** The findings of a case; the same wrong member in twenty answers is one. */
function createFindings() {
  const findings = new Map<string, Finding>();
  const inAnswers = new Set<Finding>();
  return {
    /** Takes note of what is wrong with an answer by itself, whoever else is at work. */
    inAnswer: (found: (finding: Finding) => void) => (finding: Finding) => {
      inAnswers.add(finding);
      found(finding);
    },
    isInAnswer: (finding: Finding) => inAnswers.has(finding),
    add(finding: Finding) {
      const key = `${finding.at} ${finding.message}`;
      if (!findings.has(key)) findings.set(key, finding);
    },
    list: () => [...findings.values()],
  };
}

/** How a case ended that did not come to its end: undecided for a reason, or with a finding, which an exchange may show. */
type Ending = {
  readonly reason?: string;
  readonly finding?: Finding;
  readonly exchange?: Exchange | undefined;
  readonly lost?: boolean;
  readonly unserved?: boolean;
  readonly stop?: string;
};

function endingOf(error: Error, last: Exchange | undefined, weight: Finding["weight"]): Ending {
  const curl = last?.curl ?? "";
  if (error instanceof Skip || error instanceof BudgetSpent) return { reason: error.message };
  if (error instanceof Mismatch) {
    const { message, detail, exchange } = error;
    return { finding: { message, ...detail, curl: exchange?.curl ?? curl, weight }, exchange };
  }
  if (error instanceof Unreadable) return { reason: error.message };
  if (error instanceof Unserved) return { reason: error.message, unserved: true };
  if (error instanceof TransportError)
    return { lost: true, finding: { message: `no answer: ${error.message}`, curl, weight: "broken" } };
  if (error instanceof RunError) return stopped(error.message.replace(/\.$/, ""));
  if (error.name === "AbortError") return stopped(error.message);
  return { finding: { message: `the case itself failed: ${error.stack}`, curl, weight } };
}

function stopped(reason: string): Ending {
  return { reason, stop: reason };
}
