import { createStopper } from "#platform";

/** A regular expression of a document: whether a text matches it. */
export type Pattern = { test(text: string): boolean };

/** How long all the patterns and formats of one check may take together, in milliseconds; what takes longer matches nothing. */
export const longestMs = 80;
/** Up to so many steps are taken without a watch. */
const mostSteps = 200_000;

/**
 * Bounds what matching costs: a regular expression may try as many ways of cutting up a text as there are, and nothing else runs
 * while it does. Whoever begins a check begins its time anew.
 */
export type Watch = {
  begin(): void;
  /** Whether a text matches; `false` where that cannot be told in time. */
  test(pattern: Pattern, text: string, steps: number): boolean;
};

/** Makes a watch. */
export function createWatch(): Watch {
  let left = longestMs;
  const within = createStopper();
  const slow = new Map<Pattern, Set<string>>();
  return {
    begin() {
      left = longestMs;
      slow.clear();
    },
    test(pattern, text, steps) {
      if (steps <= mostSteps) return pattern.test(text);
      if (left < 1 || slow.get(pattern)?.has(text)) return false;
      const started = performance.now();
      const matches = within(() => matchOf(pattern, text), left);
      left -= performance.now() - started;
      if (matches === undefined) slow.set(pattern, (slow.get(pattern) ?? new Set()).add(text));
      return matches === true;
    },
  };
}

/** Whether a text matches; `undefined` of one that is too long for the stack of the engine. */
function matchOf(pattern: Pattern, text: string): boolean | undefined {
  try {
    return pattern.test(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The regular expression of a `pattern`; `undefined` where it is none. In 3.0 it is one of ECMA-262 5.1, which knows no `u`. */
export function createPattern(source: string): RegExp | undefined {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(source, flags);
    } catch {
      // Not with this flag.
    }
  }
  return undefined;
}

/** How many steps a text of this length may cost at the worst, roughly. */
export function stepsOf(source: string): (length: number) => number {
  const { unbounded, nested } = repetitionsIn(source);
  // Without an anchor the engine begins at every character.
  const power = unbounded + (source.startsWith("^") ? 0 : 1);
  if (nested) return (length) => 2 ** Math.min(length, 60);
  return (length) => length ** Math.max(1, power);
}

/** A group of a regular expression that is open: whether anything in it is repeated or a choice, and the repetitions of its branches. */
type Group = { isVaried: boolean; here: number; most: number };

/**
 * The repetitions of a regular expression without a small bound that may follow each other, for those of two branches never do; and
 * whether one of them is repeated itself.
 */
function repetitionsIn(source: string): { readonly unbounded: number; readonly nested: boolean } {
  let nested = false;
  const groups: Group[] = [{ isVaried: false, here: 0, most: 0 }];
  const mostIn = ({ here, most }: Group) => Math.max(here, most);
  let closed = false;
  for (let at = 0; at < source.length; at++) {
    const sign = source[at];
    const group = groups.at(-1)!;
    const before = closed;
    closed = false;
    if (sign === "\\") at++;
    else if (sign === "[") at = endOfClass(source, at);
    else if (sign === "(") groups.push({ isVaried: false, here: 0, most: 0 });
    else if (sign === ")" && groups.length > 1) {
      groups.pop();
      const around = groups.at(-1)!;
      around.here += mostIn(group);
      closed = group.isVaried;
      // What is repeated in a group is so in the group around.
      around.isVaried ||= closed;
    } else if (sign === "|") Object.assign(group, { isVaried: true, here: 0, most: mostIn(group) });
    else if (isRepetition(source, at)) {
      group.here++;
      nested ||= before;
      group.isVaried = true;
    }
    // What may be left out adds a choice; behind a bracket it only says what kind of group it is.
    else if (sign === "?" && source[at - 1] !== "(") group.isVaried = true;
  }
  const unbounded = groups.reduce((sum, group) => sum + mostIn(group), 0);
  return { unbounded, nested };
}

function isRepetition(source: string, at: number): boolean {
  if (source[at] === "*" || source[at] === "+") return true;
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(source.slice(at, at + 20)) ?? [];
  return least !== undefined && (comma === "," && most === "" ? true : Number(most || least) > 8);
}

function endOfClass(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "]") return at;
  }
  return source.length;
}
