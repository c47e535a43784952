import type { Exchange, RequestPlan } from "./wire/exchange.ts";

/** The run could not be made; the message says why and what would help. */
export class RunError extends Error {
  override name = "RunError";
}

/** What the run reads first is so wrong that no case can be run: the target does not conform. */
export class BrokenTarget extends RunError {
  override name = "BrokenTarget";
}

/** What any run may be given, whatever the API; a case whose needs are not met is skipped. */
export type Facilities = {
  /** A second known API key. */
  readonly secondApiKey?: string;
  /** Moves the target's clock forward by so many milliseconds; back by a number below 0. */
  readonly clock?: (advanceMs: number) => Promise<void>;
};

/** The members of a type that may be left out. */
export type OptionalMember<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never }[keyof T];

/** What a case has to ask for: what a guest may find at a target or not. `G` is what a guest gives to cases. */
export type Need<G extends object = object> = Extract<OptionalMember<G> | keyof Facilities, string>;

/** What a case is given: what the guest always has, and what the case has asked for. */
export type Given<G extends object, N extends Need<G>> = G &
  Facilities &
  Required<Pick<G & Facilities, N & keyof (G & Facilities)>>;

/** How a guest reaches the target, beside the cases. */
export type Visit = {
  readonly baseUrl: string;
  send(request: RequestPlan): Promise<Exchange>;
  /** The state of a target that shows itself as a mock of this kind; `undefined` for any other. */
  readonly sandboxState?: unknown;
};

/** What the run could not put back: a sentence, and whether the API gives no way to do so. */
export type LeftBehind = { readonly message: string; readonly irremovable: boolean };

/** The values of the parameters in a request's path, by name: what tells one resource from another. */
export type PathValues = Readonly<Record<string, string>>;

/** How writes are undone: the one knowledge that lets a run send them. */
export type Undo = {
  /** The operations whose writes it undoes, by their `operationId`. */
  readonly operations: readonly string[];
  /** What they write, such as `the members of team blue`. */
  what(path: PathValues): string;
  /** How it is put back, and what cannot be: a sentence for whoever plans a run. */
  readonly how: string;
  /** Reads what stands there before the first write, as a JSON value; `null` where there is nothing. Throws where it cannot. */
  capture(visit: Visit, path: PathValues): Promise<unknown>;
  /** Why a request with this JSON body is not sent: it would write what nothing could undo, such as `give team blue a flag`. */
  forbids?(captured: unknown, body: unknown): string | undefined;
  /** Puts back what was captured; answers what it could not put back. Throws where the target does not let it. */
  restore(visit: Visit, path: PathValues, captured: unknown): Promise<LeftBehind | undefined>;
};

/** What has to be known of an API to be a guest there: what a run reads first, and how each write is undone. */
export type Guest<G extends object = object> = {
  /** Whose guest, such as `team blue`. */
  readonly name: string;
  /** Reads what cases are given. Throws a `RunError` where the target is not what the run needs. */
  readFirst(visit: Visit): Promise<G>;
  /** Why a need is not met, and what would meet it. */
  readonly unmet: Readonly<Partial<Record<string, string>>>;
  /** Identifiers that the guest knows, by the name of a parameter; no request is made up with any other. */
  readonly identifiers: Readonly<Record<string, (given: G) => string | undefined>>;
  readonly undos: readonly Undo[];
  /** Texts that only runs of this kind write, such as their e-mail addresses: one that this run has not sent tells of another. */
  readonly marks?: RegExp;
};
