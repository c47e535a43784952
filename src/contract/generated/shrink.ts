import { isObject } from "../../document/validator.ts";

/** How many requests a search for the smallest one may cost. */
const mostTries = 200;

/**
 * The smallest value for which `fails` still answers something, with that answer; the given ones where none is smaller. What
 * does not `fit` is not tried. First members go, then texts and numbers shrink.
 */
export async function shrink<T>(
  value: unknown,
  found: T,
  fits: (value: unknown) => boolean,
  fails: (value: unknown) => Promise<T | undefined>,
): Promise<{ readonly value: unknown; readonly found: T }> {
  let best = { value, found };
  let tries = 0;
  for (const simpler of [fewer, shorter]) {
    for (let smaller = true; smaller && tries < mostTries; ) {
      smaller = false;
      for (const candidate of simpler(best.value)) {
        if (!fits(candidate)) continue;
        if (++tries > mostTries) break;
        const still = await fails(candidate);
        if (still === undefined) continue;
        best = { value: candidate, found: still };
        smaller = true;
        break;
      }
    }
  }
  return best;
}

/** Values with one member or item fewer, at any depth. */
function* fewer(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) for (const index of value.keys()) yield value.toSpliced(index, 1);
  if (isObject(value))
    for (const name of Object.keys(value))
      yield Object.fromEntries(Object.entries(value).filter(([member]) => member !== name));
  yield* deeper(value, fewer);
}

/** Values with one text or number shortened, at any depth. */
function* shorter(value: unknown): Generator<unknown> {
  if (typeof value === "string" && value !== "") {
    const letters = [...value];
    const plain = "a".repeat(letters.length);
    for (let cut = letters.length; cut >= 1; cut = Math.floor(cut / 2))
      yield letters.slice(0, letters.length - cut).join("");
    if (plain !== value) yield plain;
  }
  if (typeof value === "number" && value !== 0) {
    yield 0;
    for (let step = Math.trunc(value / 2); step !== 0; step = Math.trunc(step / 2)) yield value - step;
  }
  yield* deeper(value, shorter);
}

function* deeper(value: unknown, inside: (value: unknown) => Generator<unknown>): Generator<unknown> {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) for (const inner of inside(item)) yield value.with(index, inner);
  if (isObject(value))
    for (const [name, member] of Object.entries(value))
      for (const inner of inside(member)) yield { ...value, [name]: inner };
}
