import { textOf } from "#platform";
import type { Answer } from "../document/answer.ts";
import type { Problem } from "../document/problem.ts";
import type { Operation, Spec } from "../document/spec.ts";
import { type RequestContext, targetOf } from "./context.ts";
import { nothing } from "./middleware/body.ts";
import { type Admission, mask } from "./middleware/credentials.ts";
import { unanswered } from "./middleware/faults.ts";
import { committed, type Refuse, settle } from "./refuse.ts";
import type { JournalEntry, Refused, Sandbox } from "./store/store.ts";

/** The longest body that the journal keeps for a reader, in bytes. */
export const longestJournalled = 16 * 1024;

/** An entry of a journal as an observer is told it: credentials masked, and in which sandbox. */
export type ObservedEntry = JournalEntry & {
  /** Its API key, masked; `undefined` where the request was refused before there was one. */
  readonly sandbox: string | undefined;
};

/** Makes what tells an entry to a reader: with the headers that the document speaks of, and no credential. */
export function journalTeller(spec: Spec): (entry: JournalEntry) => JournalEntry {
  const secretHeaders = new Set(spec.securitySchemes.flatMap(({ header }) => header ?? []));
  const secretParameters = new Set(spec.securitySchemes.flatMap(({ query }) => query ?? []));
  const parameters = spec.operations.flatMap((operation) => operation.parameters);
  const spoken = parameters.filter((parameter) => parameter.in === "header").map(({ name }) => name);
  // By small letters, since a name may be written in several ways.
  const names = new Map([...spoken, "Content-Type", ...secretHeaders].map((name) => [name.toLowerCase(), name]));

  return function tell(entry) {
    const headers: Record<string, string> = {};
    for (const [small, name] of names) {
      const value = entry.headers[small];
      if (value !== undefined) headers[name] = secretHeaders.has(name) ? mask(value) : value;
    }
    return { ...entry, target: withoutSecrets(entry.target, secretParameters), headers };
  };
}

/** A path and query in which the values of some parameters are masked; all else stays as it was sent. */
function withoutSecrets(target: string, secrets: ReadonlySet<string>): string {
  const mark = target.indexOf("?");
  if (mark < 0 || secrets.size === 0) return target;
  const parts = target.slice(mark + 1).split("&");
  const shown = parts.map((part) => {
    const [[name, value] = ["", ""]] = new URLSearchParams(part);
    return secrets.has(name) ? `${part.split("=", 1)[0]}=${mask(value)}` : part;
  });
  return `${target.slice(0, mark)}?${shown.join("&")}`;
}

/** Answers a request in its sandbox and writes both down; without an operation, it is a request that none takes. */
export type Journalling = (
  c: RequestContext,
  by: { readonly operation?: Operation; readonly admit: Admission; readonly refuse: Refuse },
  answered: (sandbox: Sandbox, note: (bytes: Uint8Array) => void) => Promise<Answer>,
) => Promise<Answer>;

/** Told each entry as it is written; without a sandbox, each request that was refused before it was known. */
export type Observe = (entry: JournalEntry, sandbox: Sandbox | undefined) => void;

/** Makes what writes the journals. */
export function journalling(observe: Observe | undefined): Journalling {
  return async function journalled(c, { operation, admit, refuse }, answered) {
    const started = performance.now();
    let sandbox: Sandbox | undefined;
    try {
      sandbox = await admit(c);
    } catch (error) {
      const answer = refuse(error, c);
      observe?.(entryOf(c, { at: Date.now(), operation, bytes: nothing, answer, started }), undefined);
      return answer;
    }
    const at = await sandbox.clock.now();
    let bytes = nothing;
    const note = (read: Uint8Array) => {
      bytes = read;
    };
    const settled = await settle(c, refuse, () => answered(sandbox, note));
    const answer = sandbox.commit ? await committed(c, sandbox, refuse, settled) : settled;
    const entry = entryOf(c, { at, operation, bytes, answer, started });
    await sandbox.journal.record(entry);
    observe?.(entry, sandbox);
    return answer;
  };
}

type Passage = {
  readonly at: number;
  readonly operation: Operation | undefined;
  readonly bytes: Uint8Array;
  readonly answer: Answer;
  readonly started: number;
};

function entryOf(c: RequestContext, { at, operation, bytes, answer, started }: Passage): JournalEntry {
  const problem = c.get("problem");
  return {
    at,
    method: c.req.method,
    target: targetOf(c),
    operationId: operation?.id,
    headers: (c.env?.incoming?.headers ?? Object.fromEntries(c.req.raw.headers)) as Record<string, string>,
    // As text of its own: the bytes are part of a larger buffer, which would stay with them.
    body: bytes.length > 0 && bytes.length <= longestJournalled ? textOf(bytes) : undefined,
    answer: answer === unanswered ? undefined : answer,
    durationMs: performance.now() - started,
    fault: c.get("fault")?.by,
    nearest: c.get("nearest"),
    refused: problem && refusedBy(problem),
  };
}

/** The most rules that an entry of the journal names. */
const mostRules = 10;

function refusedBy({ code, message, options: { violations, details = [] } }: Problem): Refused {
  const places = violations ?? details.map(({ property, code }) => ({ at: property ?? "", keyword: code }));
  return { code, message, rules: places.slice(0, mostRules).map(({ at, keyword }) => ({ at, keyword })) };
}
