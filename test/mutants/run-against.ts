import { setTimeout as timer } from "node:timers/promises";
import { type ConnectCase, cases, connectGuest } from "../../contracts/index.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { run } from "../../src/contract/run.ts";
import { type CaseResult, createFetchTransport, createHttpTransport, type Report } from "../../src/contract.ts";
import { type Behaviour, createDeployment } from "../deployment/deployment.ts";

const spec = loadSpec();

export type RunAgainstOptions = {
  /** Over a real port, where letter case and bytes are what they are; in process by default. */
  readonly socket?: boolean;
  /** Let waits take the time that they say; some milliseconds by default. */
  readonly realTime?: boolean;
  /** End at the first broken case; the outcomes of the rest are then `skipped`. */
  readonly untilBroken?: boolean;
  /** Other cases than the written ones. */
  readonly cases?: readonly ConnectCase[];
};

/** Runs the written cases, or others, against the independent deployment with some of its behaviour replaced. */
export async function runAgainst(behaviour: Partial<Behaviour>, options: RunAgainstOptions = {}): Promise<Report> {
  const deployment = createDeployment({ pause: () => timer(1), ...behaviour });
  const { keys, customer, profile, foreignProfile } = deployment.world;
  const server = options.socket ? await deployment.listen() : undefined;
  const http = createHttpTransport({ timeoutMs: 10_000 });
  const transport = server ? http : createFetchTransport(deployment.fetch);
  const stop = new AbortController();
  try {
    return await run({
      spec,
      cases: options.cases ?? cases,
      transport,
      baseUrl: server?.url ?? "http://deployment.test",
      apiKey: { value: keys.primary, shell: '"$CONNECT_API_KEY"' },
      guest: connectGuest({ customer, paymentProfile: profile, foreignPaymentProfile: foreignProfile }),
      secondApiKey: keys.secondary,
      // The deployment is this run's own.
      allowLeftovers: true,
      sleep: (ms) => timer(options.realTime ? ms : Math.min(ms, 15)),
      signal: stop.signal,
      onCase: (result) => {
        if (options.untilBroken && result.outcome === "broken") stop.abort();
      },
    });
  } finally {
    http.close();
    await server?.close();
  }
}

/** The cases of a report that had an outcome. */
export function casesThat(report: Report, outcome: CaseResult["outcome"]): CaseResult[] {
  return report.cases.filter((item) => item.outcome === outcome);
}

/** What a broken case says of itself, for the message of a failing test. */
export function storyOf({ id, findings }: CaseResult): string {
  const [first] = findings;
  return `${id}: ${first?.message} (expected ${JSON.stringify(first?.expected)}, received ${JSON.stringify(first?.received)})`;
}
