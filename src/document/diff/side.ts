import { isObject, type JsonObject, pointer, resolvedAt } from "../pointer.ts";

/** Who reads a value that a schema describes: the server (what a client sends), or the client (what it is answered). */
export type Direction = "request" | "answer";

/**
 * What a change does to the values that are allowed: fewer, more, others, or nobody can tell. `harmless` is a change that no
 * client can be hurt by, whoever reads.
 */
export type Effect = "narrower" | "wider" | "different" | "unknown" | "harmless";

/** One change between two documents, as a client sees it. */
export type Change = {
  readonly breaking: boolean;
  readonly effect: Effect;
  /** What a client calls the place: operation, and a dotted path. */
  readonly at: string;
  /** JSON pointer of the object whose member changed: in the new document, or in the old one where the member is gone. */
  readonly place: string;
  /** The member that changed, such as `maxLength`. */
  readonly keyword: string;
  readonly was: unknown;
  readonly is: unknown;
  /** Why it breaks, or why it does not. */
  readonly why: string;
};

/** Takes note of a change where a client meets it. */
export type Note = (change: Change, at?: string) => void;

/** A document, and where each object of it stands. */
export type Side = {
  readonly document: JsonObject;
  /** The JSON pointer of an object, as the fragment of a URL; `#` for one that is none of the document's. */
  readonly placeOf: (value: object) => string;
  /** Tells where an object stands that was made of others. */
  readonly putAt: (made: object, origin: object) => void;
};

/** Makes a side of a comparison. */
export function sideOf(document: JsonObject): Side {
  // The way up from each object: a pointer for all of them would take longer than the comparison.
  const above = new WeakMap<object, readonly [owner: object, name: string]>();
  const origins = new WeakMap<object, object>();
  const visit = (value: object): void => {
    for (const name in value) {
      const member = (value as JsonObject)[name];
      if (typeof member !== "object" || member === null || above.has(member) || member === document) continue;
      above.set(member, [value, name]);
      visit(member);
    }
  };
  visit(document);
  return {
    document,
    placeOf(value) {
      const tokens: string[] = [];
      for (let at = above.get(origins.get(value) ?? value); at; at = above.get(at[0])) tokens.unshift(at[1]);
      return `#${pointer(tokens)}`;
    },
    putAt: (made, origin) => void origins.set(made, origins.get(origin) ?? origin),
  };
}

/** What stands behind any `$ref`. */
export function resolve({ document }: Pick<Side, "document">, value: unknown): JsonObject {
  return resolvedAt(document, value, [])[0];
}

/** The verdict on an effect: a request must not take less, an answer must not be more. */
export function verdictOf(effect: Effect, direction: Direction): Pick<Change, "breaking" | "effect" | "why"> {
  const request = direction === "request";
  switch (effect) {
    case "harmless":
      return { breaking: false, effect, why: "No client is hurt by it." };
    case "narrower":
      return request
        ? { breaking: true, effect, why: "What clients send today may be refused." }
        : { breaking: false, effect, why: "Every answer is still one that clients know." };
    case "wider":
      return request
        ? { breaking: false, effect, why: "Whatever clients send today is still taken." }
        : { breaking: true, effect, why: "Clients may be answered what they were never promised." };
    case "different":
      return {
        breaking: true,
        effect,
        why: request
          ? "What clients send today may be refused, or be taken for something else."
          : "Clients may be answered something else than they were promised.",
      };
    case "unknown":
      return {
        breaking: true,
        effect,
        why: "It cannot be judged whether this allows more or less, so it counts as breaking.",
      };
  }
}

/** What is there besides other members: an object, or an empty one. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** A list, also of the one value that stands for it. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
