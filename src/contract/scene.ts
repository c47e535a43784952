import { randomUUID } from "node:crypto";
import { type Finding, type Remarks, Skip } from "./findings.ts";
import type { Given, Need } from "./guest.ts";
import type { Credential, Exchange, RequestPlan } from "./wire/exchange.ts";

/** What a case runs in: the target, and what the run knows of it. `G` is what the guest gives, `N` what the case has asked for. */
export type Scene<G extends object = object, N extends Need<G> = Need<G>> = {
  /** The run's own API key. */
  readonly apiKey: Credential;
  readonly given: Given<G, N>;
  /** Identifiers that the guest knows, by the name of a parameter. */
  readonly identifiers: Readonly<Record<string, readonly unknown[]>>;
  send(request: RequestPlan): Promise<Exchange>;
  /** Sends a request; what is wrong with its answer is no finding until the case says so. */
  probe(request: RequestPlan): Promise<Probed>;
  /** What the run's last request was answered, where it was this one and nothing has happened since: to ask again would tell the same. */
  still(request: RequestPlan): Exchange | undefined;
  /** Adds a finding to the case, which goes on. */
  find(finding: Finding): void;
  /** What the report is to say of the case beside its outcome. */
  remark(remarks: Remarks): void;
  /** Leaves what the request of an answer has made until the end of the run, for other cases go on with it. */
  keep(exchange: Exchange): void;
  /** Sends the requests at the same time, each so many milliseconds after the one before. */
  sendTogether(requests: readonly RequestPlan[], staggerMs?: number): Promise<readonly Exchange[]>;
  /** An idempotency key that nobody has used. */
  freshKey(): string;
  /** Lets so many milliseconds of real time pass. */
  wait(ms: number): Promise<void>;
  /** Lets what the target keeps grow older by so many milliseconds: by its clock where that can be moved, else in real time. */
  age(ms: number): Promise<void>;
  /** Whether the case may send what it could leave out, too: what the run may spend on its operation is for others as well. */
  mayGoOn(): boolean;
  /** The case cannot be decided on this target, for this reason. */
  skip(reason: string): never;
};

/** An answer with what is wrong with it. */
export type Probed = { readonly exchange: Exchange; readonly findings: readonly Finding[] };

/** What a scene is made of: what the run knows, and where a case's requests and words go. */
export type SceneParts<G extends object> = Pick<
  Scene<G>,
  "apiKey" | "given" | "identifiers" | "send" | "probe" | "still" | "find" | "remark" | "wait" | "keep" | "mayGoOn"
>;

/** Makes the scene of one case. */
export function createScene<G extends object>(parts: SceneParts<G>): Scene<G> {
  return {
    ...parts,
    sendTogether: (requests, staggerMs = 0) =>
      Promise.all(
        requests.map(async (request, index) => {
          if (index > 0 && staggerMs > 0) await parts.wait(index * staggerMs);
          return parts.send(request);
        }),
      ),
    age: (ms) => (parts.given.clock ?? parts.wait)(ms),
    freshKey: () => randomUUID(),
    skip(reason) {
      throw new Skip(reason);
    },
  };
}
