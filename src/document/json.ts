/** So many levels of lists and objects a value has at most: deeper than anybody means, and far from the end of any stack. */
export const deepest = 500;

/**
 * The value of a JSON text. Throws a `SyntaxError`, as `JSON.parse` does, of one that is nested too deep as well, or has a number that
 * nothing here can hold.
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(`JSON of more than ${deepest} levels`);
  const value: unknown = JSON.parse(text);
  if (isTooLarge(text, value)) throw new SyntaxError("JSON with a number beyond all numbers");
  return value;
}

/** Whether there is a number beyond those of IEEE 754 in JSON of so many levels at most: it is read as no number, and written as null. */
export function isTooLarge(text: string, value: unknown): boolean {
  return /\d[eE]\+?\d{3}|\d{300}/.test(text) && holdsInfinity(value);
}

function holdsInfinity(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsInfinity);
}

/** Whether a JSON text has more levels than that: `JSON.parse` takes them, and whatever goes down them later has no stack for it. */
export function isTooDeep(text: string): boolean {
  // Each level is a letter at least, and nearly all texts are shorter than that.
  if (text.length <= deepest) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfString(text, at);
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > deepest) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
    }
  }
  return false;
}

/** Where a string ends that begins there. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text[before - 1] === "\\") before--;
  return (at - before) % 2 === 1;
}

/** Values each once, in the order in which they first come: the same are those of the same JSON. */
export function* distinct<T>(values: Iterable<T>): Generator<T> {
  const seen = new Set<string | undefined>();
  for (const value of values) {
    const text = JSON.stringify(value);
    if (seen.size < seen.add(text).size) yield value;
  }
}
