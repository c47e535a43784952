import { type Place, pointer } from "./pointer.ts";

/** What a remark may be about, in the order in which it is said, with the words that begin its line. */
const kinds = {
  unread: "Left out, for it cannot be read",
  dangling: "Passed over, for it names nothing",
  keyword: "Not checked, for no validator here knows it",
  schema: "Not checked, for it is no schema",
  example: "Not answered, for its schema refuses it",
  version: "Passed over, for this program does not know it yet",
} as const;

export type RemarkKind = keyof typeof kinds;

/** Something of a document that goes unread or unchecked; it is said at the start, and no reason to refuse the rest. */
export type Remark = { readonly kind: RemarkKind; readonly text: string };

/** Takes remarks, each once. */
export type Remarks = {
  add(kind: RemarkKind, what: string, place: Place): void;
  readonly list: readonly Remark[];
};

/** So many remarks of one kind are said in full. */
const mostSaid = 12;

/** Makes an empty list of remarks. */
export function createRemarks(): Remarks {
  const known = new Set<string>();
  const list: Remark[] = [];
  return {
    list,
    add(kind, what, place) {
      const text = `${what} at #${pointer(place)}`;
      if (known.has(`${kind} ${text}`)) return;
      known.add(`${kind} ${text}`);
      list.push({ kind, text });
    },
  };
}

/** Says what of a document goes unread or unchecked, a line a kind; `undefined` where there is nothing to say. */
export function sayRemarks(remarks: readonly Remark[]): string | undefined {
  const lines = (Object.keys(kinds) as RemarkKind[]).flatMap((kind) => {
    const texts = remarks.filter((remark) => remark.kind === kind).map(({ text }) => text);
    if (texts.length === 0) return [];
    const more = texts.length > mostSaid ? `; and ${texts.length - mostSaid} more (${texts.length} in all)` : "";
    return [`${kinds[kind]}: ${texts.slice(0, mostSaid).join("; ")}${more}`];
  });
  return lines.length === 0 ? undefined : lines.join("\n");
}
