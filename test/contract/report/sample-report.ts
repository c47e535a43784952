import { type CaseResult, type Report, summaryOf } from "../../../src/contract/report/report.ts";

const curl = `curl -sS -i -X PUT 'http://target.example/customers/cus-1/billing' -H 'X-API-Key: '"$CONNECT_API_KEY"`;

/** A case that held; what a test says of it goes before. */
export function result(id: string, given: Partial<CaseResult> = {}): CaseResult {
  return {
    id,
    title: `Title of ${id}`,
    basis: "documented",
    claim: `Claim of ${id}`,
    outcome: "held",
    durationMs: 12,
    findings: [],
    ...given,
  };
}

/** One case of each outcome, and two that are skipped for the same reason. */
export const results: readonly CaseResult[] = [
  result("billing/held"),
  result("billing/broken", {
    outcome: "broken",
    findings: [
      { message: "status is not as it should be", at: "status", expected: 409, received: 200, curl, weight: "broken" },
      { message: 'the <target> failed & said "no"', curl: "", weight: "broken" },
    ],
  }),
  result("billing/differs", {
    basis: "assumed",
    outcome: "differs",
    findings: [
      {
        message: "billing is not as it should be",
        at: "billing",
        expected: { method: "EMAIL_INVOICE" },
        received: "(absent)",
        curl,
        weight: "differs",
      },
    ],
  }),
  result("idempotency/no-clock", { outcome: "skipped", reason: "the target has no clock that can be moved" }),
  result("idempotency/no-clock-either", { outcome: "skipped", reason: "the target has no clock that can be moved" }),
  result("idempotency/no-key", { outcome: "skipped", reason: "no second API key is known" }),
];

/** The report of a run of these cases. */
export function reportOf(cases: readonly CaseResult[], given: Partial<Report> = {}): Report {
  return {
    target: { baseUrl: "http://target.example" },
    spec: { title: "Connect API", version: "0.1.0", sha256: "5f2b" },
    startedAt: "2026-01-15T09:30:00.000Z",
    durationMs: 4_210,
    requests: 37,
    strict: false,
    summary: summaryOf(cases),
    cases,
    coverage: {
      operations: [{ operationId: "getCustomer", statuses: { "200": 12, "404": 1 }, missing: ["401"] }],
    },
    ...given,
  };
}
