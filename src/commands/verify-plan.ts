import { mayWrite } from "../contract/target.ts";
import { verify } from "../contract/verify.ts";
import type { Transport } from "../contract/wire/exchange.ts";
import type { Spec } from "../document/spec.ts";
import type { Suite, VerifyCommandOptions } from "./verify-options.ts";
import { mockCustomer, mockSubject, type Subject } from "./verify-subject.ts";

/** What a run would do, found out by doing it to the mock as if it were a deployment; the target is sent nothing. */
export async function planOf(options: VerifyCommandOptions, { spec, cases }: Suite): Promise<string> {
  const subject = { ...(await mockSubject()), allowLeftovers: options.allowLeftovers === true };
  const rehearsal = createRehearsal(spec, subject);
  const readOnly = options.readOnly === true;
  const { transport } = rehearsal;
  const report = await verify({ ...subject, transport, spec, cases, generated: false, readOnly });
  return [
    `Nothing was sent to ${options.target ?? "a target"}. A run of ${report.cases.length} cases, rehearsed on the mock, sends ${report.requests} requests:`,
    ...rehearsal.requestLines(),
    "",
    ...(readOnly
      ? ["It is read-only: cases that would write are skipped."]
      : writeLines(rehearsal.written(), subject, spec, options.customer ?? "(none named yet)")),
    "One request at a time, but for cases about concurrency, which send up to 8 together, and what --concurrency lets run together.",
    "",
  ].join("\n");
}

/** A write that a right answer carries out: which operation, and the values of its path. */
type WrittenThere = { readonly operationId: string; readonly path: Readonly<Record<string, string>> };

/** Counts what is sent to the mock, which hides its control plane: a deployment has none. */
function createRehearsal(spec: Spec, subject: Subject) {
  const sent = new Map<string, { count: number; accepted: number }>();
  const written = new Map<string, WrittenThere>();
  const transport: Transport = async (request, signal) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/_understudy/")) return { status: 404, headers: {}, body: "" };
    const response = await subject.transport(request, signal);
    const match = spec.match(request.method, pathname);
    const { operation } = match;
    const isAccepted = response.status < 300;
    const name = operation
      ? `${operation.method} ${operation.path}`
      : `${request.method} on a path that is not documented`;
    const { count, accepted } = sent.get(name) ?? { count: 0, accepted: 0 };
    sent.set(name, { count: count + 1, accepted: accepted + (isAccepted ? 1 : 0) });
    if (match.operation && isAccepted && mayWrite(request.method))
      written.set(JSON.stringify([match.operation.id, match.path]), {
        operationId: match.operation.id,
        path: match.path,
      });
    return response;
  };
  return {
    transport,
    written: () => [...written.values()],
    requestLines(): readonly string[] {
      const rows = [...sent].sort(([a], [b]) => a.localeCompare(b));
      const width = Math.max(...rows.map(([name]) => name.length));
      return rows.map(
        ([name, { count, accepted }]) =>
          `  ${name.padEnd(width)}  ${String(count).padStart(5)} requests, ${accepted} that a right answer carries out`,
      );
    },
  };
}

function leftoverLine(names: string, areAllowed: boolean): string {
  return areAllowed
    ? `It sends ${names}, too, and what that makes stays there: nothing is known that undoes it.`
    : `It does not send ${names}: nothing is known that undoes it, and --allow-leftovers is not given.`;
}

/** What the run writes and how that is undone, as its guest knows it; and what it does not send. */
function writeLines(
  written: readonly WrittenThere[],
  { guest, allowLeftovers }: Subject,
  { operations }: Spec,
  customer: string,
): readonly string[] {
  const undos = guest?.undos ?? [];
  const nameOf = (operationId: string) => {
    const operation = operations.find(({ id }) => id === operationId);
    return operation ? `${operation.method} ${operation.path}` : operationId;
  };
  const lines = undos.flatMap((undo) => {
    const own = written.filter(({ operationId }) => undo.operations.includes(operationId));
    const places = new Set(
      own.map(({ path }) =>
        undo.what(
          Object.fromEntries(
            Object.entries(path).map(([name, value]) => [name, value === mockCustomer ? customer : value]),
          ),
        ),
      ),
    );
    const by = [...new Set(own.map(({ operationId }) => nameOf(operationId)))].join(", ");
    return [...places].map((what) => `  ${what} (${by}): ${undo.how}`);
  });
  const notSent = operations.filter(
    ({ id, method }) => mayWrite(method) && !undos.some((undo) => undo.operations.includes(id)),
  );
  return [
    ...(lines.length === 0
      ? ["It writes nothing that a right answer carries out."]
      : ["It writes this and nothing else, reads first what stands there, and puts it back at the end:", ...lines]),
    ...(notSent.length === 0
      ? []
      : [leftoverLine(notSent.map(({ id }) => nameOf(id)).join(", "), allowLeftovers === true)]),
  ];
}
