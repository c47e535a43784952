import type { Behaviour } from "../behaviour.ts";

/** What the reference says about a row: `documented` binds every deployment. */
export type Basis = "documented" | "inferred" | "assumed";

/** Something a tester must have before this fault can show at all. */
export type Need =
  | "second key"
  | "foreign profile"
  | "expired profile"
  | "unbilled customer"
  | "another customer"
  | "socket"
  | "time";

/** One way in which a deployment breaks one row of what is known about the API. */
export interface Fault {
  id: string;
  row: string;
  basis: Basis;
  behaviour: Partial<Behaviour>;
  needs?: Need;
}

/** The faults that break one row, by id. */
export function breaking(basis: Basis, row: string, cases: Record<string, Partial<Behaviour>>, needs?: Need): Fault[] {
  return Object.entries(cases).map(([id, behaviour]) => ({ id, row, basis, behaviour, ...(needs && { needs }) }));
}
