import type { Violation } from "../document/spec.ts";
import type { Exchange } from "./wire/exchange.ts";

/** One thing that is not as claimed. */
export type Finding = {
  readonly message: string;
  readonly at?: string;
  readonly expected?: unknown;
  readonly received?: unknown;
  /** The keyword of the document that is broken, such as `pattern`; none where a case expects what no keyword says. */
  readonly keyword?: string;
  /** What the answer breaks in the document, as a JSON pointer, where that is one keyword. */
  readonly place?: string;
  /** The request that showed it, for a shell; `""` where no request was sent. */
  readonly curl: string;
  /** Whether it breaks what the reference says, or differs from what it leaves open. */
  readonly weight: "broken" | "differs";
  /** How the same case finds it again, where it was found by chance. */
  readonly repeat?: Repeat;
};

/** Where a random search has found something: from the same seed this path leads there at once. */
export type Repeat = { readonly seed: number; readonly path: string };

/** What to pass for the same to be found again. */
export function repeatText(id: string, { seed, path }: Repeat): string {
  return `--filter ${id} --seed ${seed} --path ${path}`;
}

/** What a case says of itself beside its outcome. */
export type Remarks = {
  /** What is no fault and worth knowing, a sentence each. */
  readonly notes?: readonly string[];
  /** How many valid requests were carried out, and how many a rule of the target's own refused: those show nothing. */
  readonly exercised?: { readonly accepted: number; readonly refused: number };
};

/** Ends a case: something is not as it claims. The weight of the finding is that of the case's basis. */
export class Mismatch extends Error {
  override name = "Mismatch";
  readonly exchange: Exchange | undefined;
  readonly detail: { readonly at?: string; readonly expected?: unknown; readonly received?: unknown };

  constructor(message: string, exchange?: Exchange, detail: Mismatch["detail"] = {}) {
    super(message);
    this.exchange = exchange;
    this.detail = detail;
  }
}

/** What differs from what the reference leaves open: a finding that ends no case. */
export function difference(message: string, { curl }: Pick<Exchange, "curl">, detail: Mismatch["detail"]): Finding {
  return { message, ...detail, curl, weight: "differs" };
}

/** Ends a case that cannot be decided on this target. */
export class Skip extends Error {
  override name = "Skip";
}

/** One request was not sent, for what it would write could not be undone; another of the same operation may be. */
export class Unsent extends Skip {
  override name = "Unsent";
}

/** What the document found wrong in an answer, as a finding. */
export function findingOf(violation: Violation, exchange: Pick<Exchange, "request" | "status" | "curl">): Finding {
  const later = violation.basis === "later" ? " (documented later, not part of this contract)" : "";
  return {
    message: `the ${exchange.status} answer to ${exchange.request.method} ${pathOf(exchange)} does not match the document at ${violation.at}${later}`,
    at: violation.at,
    keyword: violation.keyword,
    expected: violation.expected,
    ...(violation.received === undefined ? {} : { received: violation.received }),
    ...(violation.place === undefined ? {} : { place: violation.place }),
    curl: exchange.curl,
    weight: violation.basis === "documented" ? "broken" : "differs",
  };
}

function pathOf({ request }: Pick<Exchange, "request">): string {
  const { pathname, search } = new URL(request.url);
  return pathname + search;
}
