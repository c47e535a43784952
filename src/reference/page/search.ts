import type { Model, Operation } from "../model.ts";
import { addressOf } from "./address.ts";

/** Something that was found: what it is, and where. */
export type Found = {
  readonly kind: "operation" | "webhook" | "code" | "member" | "chapter";
  readonly text: string;
  readonly beside: string;
  readonly address: string;
};

/** So many of a kind are shown. */
const mostOfAKind = 30;
/** So deep in the schemas of an operation its members are looked for. */
const deepest = 6;

/** Makes the search of a document; what takes long is read at the first question. */
export function createSearch(model: Model, chapters: readonly Found[]): (find: string) => readonly Found[] {
  let known: readonly (Found & { readonly words: string })[] | undefined;
  return (find) => {
    const words = find.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    known ??= everything(model, chapters).map((one) => ({ ...one, words: `${one.text} ${one.beside}`.toLowerCase() }));
    const found = known.filter((one) => words.every((word) => one.words.includes(word)));
    const kinds = ["chapter", "operation", "webhook", "code", "member"] as const;
    return kinds.flatMap((kind) =>
      ranked(
        found.filter((one) => one.kind === kind),
        words,
      ).slice(0, mostOfAKind),
    );
  };
}

/** What begins with what is looked for comes first, then what is shorter. */
function ranked<T extends Found>(found: T[], [first = ""]: readonly string[]): T[] {
  const rank = ({ text }: T) => (text.toLowerCase().startsWith(first) ? 0 : text.toLowerCase().includes(first) ? 1 : 2);
  return found.sort(
    (one, other) => rank(one) - rank(other) || (one.kind === "member" ? one.text.length - other.text.length : 0),
  );
}

function everything(model: Model, chapters: readonly Found[]): Found[] {
  const members = createMembers(model);
  const all = [
    ...model.operations.map((operation) => ({ kind: "operation" as const, operation })),
    ...model.webhooks.map((operation) => ({ kind: "webhook" as const, operation })),
  ];
  return [
    ...chapters,
    ...all.map(({ kind, operation }) => ({
      kind,
      text: operation.summary,
      beside: [operation.method, operation.path, operation.id === operation.summary ? "" : operation.id]
        .join(" ")
        .trim(),
      address: addressOf(kind, operation.id),
    })),
    ...model.codes.map(({ code, member, message = "", statuses }) => ({
      kind: "code" as const,
      text: code,
      beside: [member, statuses.join(" "), message].filter(Boolean).join(", "),
      address: addressOf("code", code),
    })),
    ...all.flatMap(({ kind, operation }) =>
      members(operation).map((name) => ({
        kind: "member" as const,
        text: name,
        beside: operation.summary,
        address: addressOf(kind, operation.id),
      })),
    ),
  ];
}

/** Makes what tells the names of all parameters and members of an operation. */
function createMembers(model: Model): (operation: Operation) => readonly string[] {
  const known = new Map<number, ReadonlySet<string>>();

  function namesIn(number: number): ReadonlySet<string> {
    const before = known.get(number);
    if (before) return before;
    const names = new Set<string>();
    let level = [number];
    const seen = new Set<number>();
    for (let depth = 0; depth < deepest && level.length > 0; depth++) {
      const next: number[] = [];
      for (const at of level) {
        if (seen.has(at)) continue;
        seen.add(at);
        const { members = [], items, rest, unions = [] } = model.schemas[at]!;
        for (const { name, schema } of members) {
          names.add(name);
          next.push(schema);
        }
        next.push(
          ...[items, rest].filter((one) => one !== undefined),
          ...unions.flatMap(({ of }) => of.map(({ schema }) => schema)),
        );
      }
      level = next;
    }
    known.set(number, names);
    return names;
  }

  return ({ parameters = [], body, answers }) => {
    const names = new Set(parameters.map((number) => model.parameters[number]!.name));
    const good = answers.map((number) => model.answers[number]!).filter(({ status }) => /^[23d]/.test(status));
    const contents = [body?.content ?? [], ...good.map(({ content }) => content ?? [])].flat();
    for (const { schema } of contents) if (schema !== undefined) for (const name of namesIn(schema)) names.add(name);
    return [...names];
  };
}
