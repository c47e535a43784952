import type { Operation } from "../../document/spec.ts";
import type { Case, CaseBasis } from "../case.ts";
import { mayWrite } from "../target.ts";

type Run = Case["run"];

export type CaseMaker = (what: string, title: string, basis: CaseBasis, claim: string, run: Run) => Case;

/** Those that send more than the operation itself, which may be a read. */
const wider = ["refuses-neighbouring-credentials", "refuses-undeclared-methods"];

/** What cases make before they send what they are about: nothing, what the path names, or items to look at. */
type MadeFirst = "nothing" | "what the path names" | "items";

/** Makes the cases of one operation. */
export function caseMaker(operation: Operation, makes: MadeFirst = "nothing"): CaseMaker {
  return (what, title, basis, claim, run) => ({
    id: `generated/${kebab(operation.id)}-${what}`,
    title: `${operation.id}: ${title.charAt(0).toLowerCase()}${title.slice(1)}`,
    basis: basisWithin(operation, basis),
    claim,
    needs: [],
    reads:
      !mayWrite(operation.method) &&
      !wider.includes(what) &&
      makes !== "items" &&
      !(makes === "what the path names" && operation.path.includes("{")),
    operation: operation.id,
    run,
  });
}

/** What a claim about an operation rests on: on nothing surer than that there is such an operation. */
export function basisWithin({ basis: own }: Operation, basis: CaseBasis): CaseBasis {
  return own === "documented" ? basis : "assumed";
}

/** A name as part of an id: `addTeamMember` is `add-team-member`. */
export function kebab(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .replace(/[^A-Za-z\d]+/g, "-")
    .replace(/^-|-$/g, "")
    .toLowerCase();
}
