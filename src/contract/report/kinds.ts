import type { Finding } from "../findings.ts";

/**
 * What a finding is, the worst first: the target failed; it accepted a request that breaks the document; it does not do as a case
 * expects; its answer has another shape, or a status that the document does not declare; it refused a lawful request.
 */
export const kinds = ["failed", "accepted", "otherwise", "shape", "undeclared", "refused"] as const;

export type FindingKind = (typeof kinds)[number];

/** The kind of a finding. */
export function kindOf(finding: Finding): FindingKind {
  const { at, expected } = finding;
  const status = statusIn(finding);
  if (at === "status" && status >= "500") return "failed";
  if (expected === "4xx") return "accepted";
  if (expected === "2xx") return "refused";
  if (!isViolation(finding)) return "otherwise";
  return at === "status" ? "undeclared" : "shape";
}

/** Whether the document itself was found broken, rather than what a case expects. */
export function isViolation({ keyword, place }: Finding): boolean {
  return keyword !== undefined || place !== undefined;
}

/** The status that a finding speaks of as received; `""` where it tells none. */
export function statusIn({ received }: Finding): string {
  return /^\d{3}\b/.exec(String(received))?.[0] ?? "";
}

/** A place in an answer with the items of lists as `*`. */
export function general(at: string): string {
  return at.replace(/\.\d+(?=\.|$)/g, ".*");
}

/** What is wrong, in a line, of the findings of one keyword or one sentence. */
export function textOf(kind: FindingKind, example: Finding, findings: readonly Finding[]): string {
  if (kind === "failed" || kind === "undeclared") return foldedText(kind, [example], []);
  if (kind === "accepted" || !isViolation(example)) return expectationText(example);
  const violations = findings.filter(isViolation);
  const at = commonEnd(violations.map((one) => general(one.at ?? "")));
  return `${at || "a value"} should be ${commonBeginning(violations.map((one) => String(one.expected)))}`;
}

/** The most of what is folded that is named. */
const mostNamed = 3;

/** What is wrong, in a line, where several keywords or sentences of one kind are folded; `each` tells each of them. */
export function foldedText(kind: FindingKind, examples: readonly Finding[], each: readonly string[]): string {
  const listed = (items: readonly string[], glue = ", ") => {
    const distinct = [...new Set(items)];
    const rest = distinct.length - mostNamed;
    return distinct.slice(0, mostNamed).join(glue) + (rest > 0 ? ` and ${rest} more` : "");
  };
  const places = () => listed(examples.map(({ at = "" }) => general(at)));
  if (kind === "failed") return `it fails with ${listed(examples.map(statusIn))}`;
  if (kind === "undeclared") return `it answers ${listed(examples.map(statusIn))}, which the document does not declare`;
  if (kind === "accepted") return `requests are accepted that break the document, at ${places()}`;
  if (kind === "shape") return `answers are not as the document describes them: ${listed(each, "; ")}`;
  return listed(each, "; ");
}

function expectationText(finding: Finding): string {
  const status = finding.at === "status" ? statusIn(finding) : "";
  return generalMessage(finding) + (status ? `; it was answered ${status}` : "");
}

/** A message without the path of its request and the identifiers in it; of an error, its first line. */
export function generalMessage({ message }: Finding): string {
  return message
    .split("\n", 1)[0]!
    .replace(/\b([A-Z]{3,7}) \/\S*/g, "$1 ...")
    .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/gi, "...");
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
