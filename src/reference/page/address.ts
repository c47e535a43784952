/** The parts of the page that have addresses, and how they are told apart. */
export type Kind = "operation" | "webhook" | "code" | "tag";

/** The address of a part: `#operation/getBook`. */
export function addressOf(kind: Kind, name: string): string {
  return `#${idOf(kind, name)}`;
}

/** The id of the element that stands at an address; what is no word is written as a URL has it. */
export function idOf(kind: Kind, name: string): string {
  return `${kind}/${encodeURIComponent(name)}`;
}
