import { createRequestJudge, type RequestJudgement } from "../../document/judge-request.ts";
import { remembering } from "../../document/late.ts";
import { createPathReader } from "../../document/path.ts";
import type { Operation, Spec } from "../../document/spec.ts";
import { isObject } from "../../document/validator.ts";
import type { Report, RuleCoverage, StatementCoverage } from "../report/report.ts";
import type { Exchange } from "../wire/exchange.ts";
import { knownPlace, onlyViolation } from "./breaks.ts";
import { rulesOf } from "./cases.ts";
import { createSession } from "./session.ts";

/** What a run has seen of a document, told from all that it sent and got, whatever case sent it. */
export type Coverage = {
  observe(exchange: Exchange): void;
  /** What was seen; `seen` counts the answers of each operation by status. */
  result(
    seen: ReadonlyMap<string, ReadonlyMap<number, number>>,
    more?: {
      readonly statements?: readonly StatementCoverage[] | undefined;
      /** Whether the run has come to all operations; if not, the rules of those that it has not met are not made out. */
      readonly isWhole?: boolean;
    },
  ): Report["coverage"];
};

/** Why no guest sees a status; any other that is declared can be seen. */
const hiddenStatuses: Readonly<Record<string, string>> = {
  "403": "it takes a credential without the right to do this",
  "408": "it takes a request that never ends",
  "412": "a guest names no condition",
  "413": "a guest sends no body that is too large",
  "429": "a guest sends no burst",
};

type Counted = { -readonly [K in keyof RuleCoverage]: RuleCoverage[K] };

/** Makes the counter of a run; `identifiers` are those that a guest knows. */
export function createCoverage(spec: Spec, identifiers?: readonly string[]): Coverage {
  const session = createSession(spec, { examples: 0, seed: 0, ...(identifiers ? { identifiers } : {}) });
  const byOperation = new Map<Operation, ReadonlyMap<string, Counted>>();
  /** The rules of an operation, made out when it is first met: those of a large document take longer than most runs. */
  const rulesIn = (operation: Operation): ReadonlyMap<string, Counted> => {
    const known = byOperation.get(operation);
    if (known) return known;
    const counted = (rulesOf(session, operation) ?? [])
      .filter(({ keyword }) => keyword !== "null")
      .map(({ at, violation: { keyword } }) => ({ operationId: operation.id, at, keyword, valid: 0, invalid: 0 }));
    const own = new Map(counted.map((rule) => [keyOf(rule.at, rule.keyword), rule]));
    byOperation.set(operation, own);
    return own;
  };
  const judgeOf = remembering(createExchangeJudge);

  return {
    observe(exchange) {
      const { operation, status } = exchange;
      if (!operation) return;
      const own = rulesIn(operation);
      const { violations, ...value } = judgeOf(operation)(exchange);
      if (violations.length > 0) {
        const violation = status >= 400 && status < 500 ? onlyViolation(violations) : undefined;
        const rule = violation && own.get(keyOf(placeOf(violation.at), violation.keyword));
        if (rule) rule.invalid++;
      } else if (status >= 200 && status <= 299) {
        const there = pathsOf(value);
        for (const rule of own.values()) if (there.has(rule.at)) rule.valid++;
      }
    },
    result(seen, { statements, isWhole = true } = {}) {
      if (isWhole) spec.operations.forEach(rulesIn);
      const operations = spec.operations.map((operation) => statusesOf(operation, seen.get(operation.id) ?? new Map()));
      const counted: readonly RuleCoverage[] = spec.operations.flatMap((one) => [
        ...(byOperation.get(one)?.values() ?? []),
      ]);
      const wanted = operations.reduce(
        (sum, { seenCount, missing, hidden }) => sum + seenCount + missing.length - Object.keys(hidden).length,
        0,
      );
      const got = operations.reduce((sum, { seenCount }) => sum + seenCount, 0);
      const sides = counted.reduce((sum, { valid, invalid }) => sum + (valid > 0 ? 1 : 0) + (invalid > 0 ? 1 : 0), 0);
      const visible = (statements ?? []).filter(({ hidden }) => hidden === undefined);
      const decided = visible.filter(({ outcome }) => outcome !== "skipped").length;
      const untried = spec.operations.length - byOperation.size;
      // What is not made out counts as much as what is, on the average.
      const scale = byOperation.size === 0 ? 1 : spec.operations.length / byOperation.size;
      const all = wanted + 2 * counted.length * scale + visible.length;
      return {
        operations: operations.map(({ seenCount: _, ...operation }) => operation),
        rules: counted,
        ...(statements === undefined ? {} : { statements }),
        ...(untried === 0 ? {} : { untried }),
        ...(all === 0 ? {} : { percent: Math.floor((1000 * (got + sides + decided)) / all) / 10 }),
      };
    },
  };
}

/** What was seen of an operation's declared statuses. */
function statusesOf(operation: Operation, seen: ReadonlyMap<number, number>) {
  const statuses = Object.fromEntries([...seen].map(([status, count]) => [String(status), count]));
  const declared = [...operation.responses.keys()];
  const fits = (status: string) =>
    Object.keys(statuses).some(
      (one) => one === status || status === `${one[0]}XX` || (status === "default" && !declared.includes(one)),
    );
  const missing = declared.filter((status) => !fits(status));
  const hidden = Object.fromEntries(
    missing.flatMap((status) => {
      const why = /^5/.test(status) ? "it is a fault of the server" : hiddenStatuses[status];
      return why === undefined && status !== "default"
        ? []
        : [[status, why ?? "it stands for what no other status does"]];
    }),
  );
  return { operationId: operation.id, statuses, missing, hidden, seenCount: declared.length - missing.length };
}

/** Makes the judge of an operation's requests as they went over the wire. */
function createExchangeJudge(operation: Operation): (exchange: Exchange) => RequestJudgement {
  // What nobody sent was not seen, whatever stands in for it.
  const parameters = operation.parameters.map((parameter) => ({ ...parameter, default: undefined }));
  const judge = createRequestJudge({ ...operation, parameters });
  const readPath = createPathReader(operation.path);
  const addressOf = remembering((text: string) => {
    const { pathname, search } = new URL(text);
    return { path: readPath(pathname), query: search.slice(1) };
  });
  return ({ request }) => {
    const { path, query } = addressOf(request.url);
    const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
    const received = {
      path: (name: string) => path[name],
      query,
      header: (name: string) => headers.get(name),
    };
    return judge(received, Buffer.from(request.body ?? ""));
  };
}

/** Every place of a request that has a value; the items of a list stand for the first. */
function pathsOf(value: unknown, at = "", found = new Set<string>()): ReadonlySet<string> {
  if (at !== "") found.add(at);
  const inner = Array.isArray(value) ? value.slice(0, 1) : isObject(value) ? value : {};
  for (const [name, member] of Object.entries(inner)) pathsOf(member, at === "" ? name : `${at}.${name}`, found);
  return found;
}

function placeOf(at: string): string {
  return knownPlace(at).replace(/\.\d+(?=\.|$)/g, ".0");
}

function keyOf(at: string, keyword: string): string {
  return `${at} ${keyword}`;
}
