import type { Spec } from "../document/spec.ts";
import { mask } from "./middleware/credentials.ts";
import type { JournalEntry } from "./store/store.ts";

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
