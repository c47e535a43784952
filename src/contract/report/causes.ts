import { createHash } from "node:crypto";
import type { Finding } from "../findings.ts";
import { foldedText, general, generalMessage, isViolation, kindOf, kinds, statusIn, textOf } from "./kinds.ts";
import type { CaseResult, Report, ReportedCause } from "./report.ts";
import { shortened } from "./text.ts";

/** One thing that is wrong, and all that was found of it. */
export type Cause = Pick<ReportedCause, "id" | "what" | "kind" | "weight" | "place" | "operations" | "example"> & {
  /** The cases that found it, in the order of the run. */
  readonly cases: readonly CaseResult[];
  /** How many findings it has in them. */
  readonly count: number;
  /** The case of its example. */
  readonly exampleCase: CaseResult;
};

/** The causes behind a run's findings. */
export type Causes = {
  /** Broken before different, then the worst kind first, then those of many cases before those of few. */
  readonly list: readonly Cause[];
  /** The cause of a finding. */
  of(finding: Finding): Cause | undefined;
  /** The causes of a case, each once. */
  ofCase(item: CaseResult): readonly Cause[];
};

/** The most characters of what a cause says. */
const mostCharacters = 300;

/**
 * Finds what is behind the findings of the cases that broke or differ: what one thing mended would mend is one cause. What only
 * generated cases have found is folded further, for they try everything: of one kind in the same operations it is one cause.
 */
export function causesOf({ cases }: Pick<Report, "cases">): Causes {
  const groups = new Map<string, Member[]>();
  const keys = new Map<Finding, string>();
  for (const item of cases) {
    if (item.outcome !== "broken" && item.outcome !== "differs") continue;
    const violations = item.findings.filter(isViolation);
    for (const finding of item.findings) {
      const key = keyOf(violations.find((violation) => explains(violation, finding)) ?? finding);
      keys.set(finding, key);
      addTo(groups, key, { item, finding });
    }
  }
  const folds = new Map<string, Group[]>();
  for (const [key, members] of groups) {
    const group = groupOf(key, members);
    addTo(folds, foldOf(group), group);
  }
  const list: Cause[] = [];
  const byKey = new Map<string, Cause>();
  for (const [id, folded] of folds) {
    const cause = causeOf(id, folded);
    list.push(cause);
    for (const { key } of folded) byKey.set(key, cause);
  }
  const of = (finding: Finding) => byKey.get(keys.get(finding) ?? "");
  const rank = ({ weight, kind }: Cause) => (weight === "broken" ? 0 : kinds.length) + kinds.indexOf(kind);
  return {
    list: list.sort((a, b) => rank(a) - rank(b) || b.cases.length - a.cases.length),
    of,
    ofCase: ({ findings }) => [...new Set(findings.flatMap((finding) => of(finding) ?? []))],
  };
}

/** Whether several cases have a cause. */
export function isShared({ cases }: Cause): boolean {
  return cases.length > 1;
}

type Member = { readonly item: CaseResult; readonly finding: Finding };

/** What was found of one keyword or one sentence. */
type Group = Pick<Cause, "kind" | "weight" | "operations" | "example" | "exampleCase"> & {
  readonly key: string;
  readonly members: readonly Member[];
};

function addTo<T>(groups: Map<string, T[]>, key: string, member: T): void {
  const group = groups.get(key);
  if (group) group.push(member);
  else groups.set(key, [member]);
}

function groupOf(key: string, members: readonly Member[]): Group {
  // What an expectation says of it is a consequence: the document says it best.
  const { finding: example, item: exampleCase } = members.find(({ finding }) => isViolation(finding)) ?? members[0]!;
  return {
    key,
    members,
    kind: kindOf(example),
    weight: members.some(({ finding }) => finding.weight === "broken") ? "broken" : "differs",
    operations: [...new Set(members.flatMap(({ item, finding }) => operationOf(item, finding) ?? []))],
    example,
    exampleCase,
  };
}

/** What a group is folded by: its kind and operations where generated cases alone have found it, else by itself. */
function foldOf({ key, kind, weight, operations, members }: Group): string {
  const isGenerated = members.every(({ item }) => item.operation !== undefined);
  return isGenerated && kind !== "otherwise" ? JSON.stringify([kind, weight, [...operations].sort()]) : key;
}

function causeOf(id: string, groups: readonly Group[]): Cause {
  const [{ kind, weight, operations, example, exampleCase }] = groups as [Group];
  const texts = groups.map((group) =>
    textOf(
      kind,
      group.example,
      group.members.map(({ finding }) => finding),
    ),
  );
  const examples = groups.map((group) => group.example);
  const members = groups.flatMap((group) => group.members);
  const place = groups.length === 1 ? example.place : undefined;
  return {
    id: createHash("sha256").update(id).digest("hex").slice(0, 8),
    what: shortened(groups.length === 1 ? texts[0]! : foldedText(kind, examples, texts), mostCharacters),
    kind,
    weight,
    ...(place === undefined ? {} : { place }),
    operations,
    cases: [...new Set(members.map(({ item }) => item))],
    count: members.length,
    example,
    exampleCase,
  };
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

function lastOf(at: string): string {
  return general(at).split(".").at(-1)!;
}

function operationOf({ exchanges = [] }: CaseResult, { curl }: Finding): string | undefined {
  return (exchanges.find((one) => one.curl === curl) ?? exchanges.at(-1))?.operationId;
}
