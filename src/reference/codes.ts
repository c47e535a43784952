import { isObject } from "../document/pointer.ts";
import type { Answer, Code, Model, Operation, Schema } from "./model.ts";
import { said } from "./schemas.ts";

type Described = Pick<Model, "operations" | "answers" | "schemas" | "examples" | "idempotency">;

/** Members that tell a program what is wrong. */
const isCode = /(^|[a-z_-])(code|reason|errorType|error_type)$|^(type|error|reason|name)$/i;
/** So deep in the body of an error, and so many codes, somebody still looks. */
const deepest = 4;
const mostCodes = 600;

/** Codes that the schemas of errors list, and where each of them is answered, as far as examples and descriptions tell. */
export function codesOf(model: Described): Code[] {
  const lists = new Map<string, Listed>();
  for (const [index, answer] of model.answers.entries()) {
    if (!/^([45]|default)/.test(answer.status)) continue;
    for (const { schema } of answer.content ?? [])
      if (schema !== undefined) for (const found of listsIn(model, schema, "", 0, [])) note(lists, found, index);
  }
  const shown = seenIn(model);
  const users = usersOf(model.operations);
  return [...lists.values()].flatMap((list) => codesIn(list, model, shown, users)).slice(0, mostCodes);
}

/** A list of codes at a member of errors, and the answers whose bodies have it. */
type Listed = {
  readonly member: string;
  readonly values: readonly string[];
  readonly doubt: Schema["doubt"];
  readonly doubts: Schema["valueDoubts"];
  readonly answers: Set<number>;
};

function note(lists: Map<string, Listed>, found: Omit<Listed, "answers">, answer: number): void {
  const key = JSON.stringify([found.member, found.values]);
  const known = lists.get(key) ?? { ...found, answers: new Set<number>() };
  known.answers.add(answer);
  lists.set(key, known);
}

function* listsIn(
  model: Described,
  number: number,
  path: string,
  depth: number,
  around: readonly number[],
): Generator<Omit<Listed, "answers">> {
  const schema = model.schemas[number]!;
  if (depth > deepest || around.includes(number)) return;
  const inside = [...around, number];
  const name = path.replace(/\[\]$/, "").split(".").at(-1)!;
  const values = (schema.values ?? []).map((value) => JSON.parse(value) as unknown);
  const words = values.filter((value): value is string => typeof value === "string");
  if (isCode.test(name) && words.length > 1)
    yield { member: path, values: words, doubt: schema.doubt, doubts: schema.valueDoubts };
  for (const { name: inner, schema: at } of schema.members ?? [])
    yield* listsIn(model, at, path === "" ? inner : `${path}.${inner}`, depth + 1, inside);
  if (schema.items !== undefined) yield* listsIn(model, schema.items, `${path}[]`, depth + 1, inside);
  for (const { of } of schema.unions ?? [])
    for (const { schema: at } of of) yield* listsIn(model, at, path, depth + 1, inside);
}

/** What examples show of codes: at which answers, with which message. */
type Seen = Map<string, { readonly answers: Set<number>; message: string | undefined }>;

function seenIn({ answers, examples }: Described): Seen {
  const seen: Seen = new Map();
  const visit = (value: unknown, answer: number): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, answer);
    if (!isObject(value)) return;
    const text = ["message", "detail", "title", "error_description", "description"].map((name) => value[name]);
    for (const [name, member] of Object.entries(value)) {
      if (typeof member !== "string" || !isCode.test(name)) visit(member, answer);
      else {
        const known = seen.get(member) ?? { answers: new Set<number>(), message: undefined };
        known.answers.add(answer);
        known.message ??= text.find((one) => typeof one === "string" && one !== member) as string | undefined;
        seen.set(member, known);
      }
    }
  };
  for (const [index, { status, content = [] }] of answers.entries())
    if (/^([45]|default)/.test(status))
      for (const { value } of content.flatMap(({ examples = [] }) => examples)) visit(examples[value], index);
  return seen;
}

/** The operations that have an answer, by its number. */
function usersOf(operations: readonly Operation[]): ReadonlyMap<number, readonly number[]> {
  const users = new Map<number, number[]>();
  for (const [index, { answers }] of operations.entries())
    for (const answer of answers) users.set(answer, [...(users.get(answer) ?? []), index]);
  return users;
}

function codesIn(
  { member, values, doubt, doubts = {}, answers }: Listed,
  model: Described,
  seen: Seen,
  users: ReadonlyMap<number, readonly number[]>,
): Code[] {
  const tellsOf = (code: string, { description = "" }: Answer) => description.includes(`\`${code}\``);
  const places = new Map(
    values.map((code) => {
      const shown = [...answers].filter(
        (answer) => seen.get(code)?.answers.has(answer) || tellsOf(code, model.answers[answer]!),
      );
      return [code, shown];
    }),
  );
  const all = [...places.values()].flat();
  const isWithin = member.includes("[]");
  return values
    .map((code): Code => {
      const own = places.get(code)!;
      // Where nothing tells codes apart, each may come wherever one does; and what is within, wherever its kin was seen.
      const found = own.length > 0 ? own : all.length === 0 ? [...answers] : isWithin ? [...new Set(all)] : [];
      const told = model.idempotency.find((rules) =>
        [rules.mismatch, rules.locked].some((one) => one?.endsWith(` ${code}`)),
      );
      const statuses = [...new Set(found.map((answer) => model.answers[answer]!.status))].sort();
      return said<Code>({
        code,
        member,
        message: seen.get(code)?.message,
        statuses,
        operations: [...new Set(found.flatMap((answer) => users.get(answer) ?? []))].sort((one, other) => one - other),
        doubt: (Object.hasOwn(doubts, code) ? doubts[code] : told ? undefined : doubt) ?? undefined,
      } as Code) as Code;
    })
    .map((code) => ({ ...code, statuses: code.statuses ?? [], operations: code.operations ?? [] }));
}
