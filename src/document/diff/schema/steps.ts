/** Numbers as they are written: a decimal is the nearest binary fraction, and a third of 0.3 is not quite 0.1. */

/** Whether a number is a multiple of a step, as both are written. */
export function isMultiple(value: number, step: number): boolean {
  const scale = scaleOf(value, step);
  const [whole, part] = [Math.round(value * scale), Math.round(step * scale)];
  if (!Number.isSafeInteger(whole) || !Number.isSafeInteger(part) || part === 0) return Number.isInteger(value / step);
  return whole % part === 0;
}

/** The least step whose multiples are multiples of both; `undefined` is no step. */
export function commonStep(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const scale = scaleOf(a, b);
  const [one, other] = [Math.round(a * scale), Math.round(b * scale)];
  return (one / greatestDivisor(one, other)) * (other / scale);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** A power of ten that makes both integers. */
function scaleOf(a: number, b: number): number {
  return 10 ** Math.max(decimalsOf(a), decimalsOf(b));
}

function decimalsOf(value: number): number {
  const [, digits = "", exponent = "0"] = /^-?\d+(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  return Math.min(20, Math.max(0, digits.length - Number(exponent)));
}
