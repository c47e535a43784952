import { createHash } from "node:crypto";
import type { Finding } from "../findings.ts";
import type { CaseResult, Report, ReportedCause } from "./report.ts";
import { shortened } from "./text.ts";

/** One thing that is wrong, and all that was found of it. */
export type Cause = Pick<ReportedCause, "id" | "what" | "weight" | "place" | "operations" | "example"> & {
  /** The cases that found it, in the order of the run. */
  readonly cases: readonly CaseResult[];
  /** How many findings it has in them. */
  readonly count: number;
  /** The case of its example. */
  readonly exampleCase: CaseResult;
};

/** The causes behind a run's findings. */
export type Causes = {
  /** Broken before different, those of many cases before those of few. */
  readonly list: readonly Cause[];
  /** The cause of a finding. */
  of(finding: Finding): Cause | undefined;
  /** The causes of a case, each once. */
  ofCase(item: CaseResult): readonly Cause[];
};

/** The most characters of what a cause says. */
const mostCharacters = 300;

/** Finds what is behind the findings of the cases that broke or differ: what one thing mended would mend is one cause. */
export function causesOf({ cases }: Pick<Report, "cases">): Causes {
  const groups = new Map<string, Member[]>();
  const keys = new Map<Finding, string>();
  for (const item of cases) {
    if (item.outcome !== "broken" && item.outcome !== "differs") continue;
    const violations = item.findings.filter(isViolation);
    for (const finding of item.findings) {
      const key = keyOf(violations.find((violation) => explains(violation, finding)) ?? finding);
      keys.set(finding, key);
      const group = groups.get(key);
      if (group) group.push({ item, finding });
      else groups.set(key, [{ item, finding }]);
    }
  }
  const byKey = new Map([...groups].map(([key, members]) => [key, causeOf(key, members)]));
  const of = (finding: Finding) => byKey.get(keys.get(finding) ?? "");
  const rank = ({ weight }: Cause) => (weight === "broken" ? 0 : 1);
  return {
    list: [...byKey.values()].sort((a, b) => rank(a) - rank(b) || b.cases.length - a.cases.length),
    of,
    ofCase: ({ findings }) => [...new Set(findings.flatMap((finding) => of(finding) ?? []))],
  };
}

/** Whether several cases have a cause. */
export function isShared({ cases }: Cause): boolean {
  return cases.length > 1;
}

type Member = { readonly item: CaseResult; readonly finding: Finding };

function causeOf(key: string, members: readonly Member[]): Cause {
  const findings = members.map(({ finding }) => finding);
  // What an expectation says of it is a consequence: the document says it best.
  const { finding: example, item: exampleCase } = members.find(({ finding }) => isViolation(finding)) ?? members[0]!;
  const { place } = example;
  return {
    id: createHash("sha256").update(key).digest("hex").slice(0, 8),
    what: shortened(
      isViolation(example) ? violationText(findings.filter(isViolation)) : expectationText(example),
      mostCharacters,
    ),
    weight: findings.some(({ weight }) => weight === "broken") ? "broken" : "differs",
    ...(place === undefined ? {} : { place }),
    operations: [...new Set(members.flatMap(({ item, finding }) => operationOf(item, finding) ?? []))],
    cases: [...new Set(members.map(({ item }) => item))],
    count: members.length,
    example,
    exampleCase,
  };
}

/** Whether the document itself was found broken, rather than what a case expects. */
function isViolation({ keyword, place }: Finding): boolean {
  return keyword !== undefined || place !== undefined;
}

/** Whether what a case found is only what the document's violation leads to: the same wrong value in the same member. */
function explains(violation: Finding, finding: Finding): boolean {
  if (violation === finding || isViolation(finding)) return violation === finding;
  if (violation.at === undefined || finding.at === undefined || violation.received === undefined) return false;
  if (violation.at === "status") return finding.at === "status" && statusIn(finding) === statusIn(violation);
  const isSameValue = JSON.stringify(violation.received) === JSON.stringify(finding.received);
  return isSameValue && lastOf(violation.at) === lastOf(finding.at);
}

/** Keywords of an object that say of one member that it is missing or one too many: each member is a cause. */
const ofMembers = /\/(required|dependentRequired|additionalProperties|unevaluatedProperties|discriminator)$/;

function keyOf(finding: Finding): string {
  const { keyword, place, at = "", expected } = finding;
  if (place !== undefined) return JSON.stringify([place, ofMembers.test(place) ? lastOf(at) : ""]);
  const status = at === "status" ? statusIn(finding) : "";
  if (keyword !== undefined) return JSON.stringify([keyword, general(at), status]);
  return JSON.stringify([generalMessage(finding), general(at), at === "status" ? expected : "", status]);
}

function statusIn({ received }: Finding): string {
  return /^\d{3}\b/.exec(String(received))?.[0] ?? "";
}

/** A place in an answer with the items of lists as `*`. */
function general(at: string): string {
  return at.replace(/\.\d+(?=\.|$)/g, ".*");
}

function lastOf(at: string): string {
  return general(at).split(".").at(-1)!;
}

/** A message without the path of its request and the identifiers in it; of an error, its first line. */
function generalMessage({ message }: Finding): string {
  return message
    .split("\n", 1)[0]!
    .replace(/\b([A-Z]{3,7}) \/\S*/g, "$1 ...")
    .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/gi, "...");
}

function violationText(violations: readonly Finding[]): string {
  const at = commonEnd(violations.map((one) => general(one.at ?? "")));
  const expected = commonBeginning(violations.map((one) => String(one.expected)));
  const said = `${at || "a value"} should be ${expected}`;
  return violations[0]!.at === "status" ? `${said}; it is ${statusIn(violations[0]!)}` : said;
}

function expectationText(finding: Finding): string {
  const status = finding.at === "status" ? statusIn(finding) : "";
  return generalMessage(finding) + (status ? `; it was answered ${status}` : "");
}

/** The dotted members in which all end: `pet.colour` of `body.pet.colour` and `body.*.pet.colour`. */
function commonEnd(places: readonly string[]): string {
  const [first = [], ...others] = [...new Set(places)].map((place) => place.split(".").reverse());
  const differs = first.findIndex((name, index) => others.some((other) => other[index] !== name));
  const names = differs === -1 ? first : first.slice(0, differs);
  return [...names].reverse().join(".").replace(/^\*\./, "");
}

/** The words with which all begin. */
function commonBeginning(texts: readonly string[]): string {
  const [first = [], ...others] = [...new Set(texts)].map((text) => text.split(" "));
  const differs = first.findIndex((word, index) => others.some((other) => other[index] !== word));
  return differs === -1 ? first.join(" ") : [...first.slice(0, differs), "..."].join(" ");
}

function operationOf({ exchanges = [] }: CaseResult, { curl }: Finding): string | undefined {
  return (exchanges.find((one) => one.curl === curl) ?? exchanges.at(-1))?.operationId;
}
