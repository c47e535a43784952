import type { JsonObject } from "../pointer.ts";
import { between, type Random } from "./random.ts";

/** The numbers that a plain schema allows, and how far they lie apart. */
type Range = { readonly low: number; readonly high: number; readonly step: number };

const int32 = { low: -2_147_483_648, high: 2_147_483_647 };

function rangeOf(plain: JsonObject, step: number): Range {
  const format = plain.format === "int32" ? int32 : undefined;
  const numbers = (values: readonly unknown[]) => values.filter((value) => typeof value === "number");
  const { exclusiveMinimum: above, exclusiveMaximum: below } = plain;
  const lows = [format?.low, plain.minimum, typeof above === "number" ? above + step : undefined];
  const highs = [format?.high, plain.maximum, typeof below === "number" ? below - step : undefined];
  return {
    low: Math.max(Number.NEGATIVE_INFINITY, ...numbers(lows)),
    high: Math.min(Number.POSITIVE_INFINITY, ...numbers(highs)),
    step,
  };
}

/** The step of a schema: its own, 1 between integers, else a power of ten that leaves room between its bounds. */
function stepOf(plain: JsonObject, whole: boolean, coarsest: number): number {
  // These formats are of integers, whatever the type is.
  const integer = whole || plain.format === "int32" || plain.format === "int64";
  const own = typeof plain.multipleOf === "number" && plain.multipleOf > 0 ? plain.multipleOf : undefined;
  if (own !== undefined) return integer && !Number.isInteger(own) ? wholeMultiple(own) : own;
  if (integer) return 1;
  const low = Number(plain.exclusiveMinimum ?? plain.minimum ?? Number.NaN);
  const high = Number(plain.exclusiveMaximum ?? plain.maximum ?? Number.NaN);
  const span = high - low;
  return span > 0 && span < 100 * coarsest ? 10 ** (Math.floor(Math.log10(span)) - 2) : coarsest;
}

/** The least integer that is a multiple of a decimal step. */
function wholeMultiple(step: number): number {
  for (let times = 1; times <= 10_000; times++) {
    const value = Number((times * step).toPrecision(12));
    if (Number.isInteger(value)) return value;
  }
  return 1;
}

function onStep(count: number, step: number): number {
  const value = Number((count * step).toPrecision(15));
  return Object.is(value, -0) ? 0 : value;
}

/** A number of a plain schema that somebody could mean: `wanted` where the bounds allow it, else one between them. */
export function likelyNumber(
  plain: JsonObject,
  integer: boolean,
  random: Random,
  wanted: readonly [least: number, most: number, step?: number],
): number {
  const [least, most, coarsest = 0.01] = wanted;
  const { low, high, step } = rangeOf(plain, stepOf(plain, integer, integer ? 1 : coarsest));
  const fits = Math.max(low, least) <= Math.min(high, most);
  const reach = 1000 * Math.max(step, integer ? 1 : coarsest);
  const min = fits ? Math.max(low, least) : Number.isFinite(low) ? low : Math.min(high, Number.MAX_VALUE) - reach;
  const max = fits ? Math.min(high, most) : Number.isFinite(high) ? Math.min(high, min + reach) : min + reach;
  let [first, last] = [Math.ceil(roughly(min / step)), Math.floor(roughly(max / step))];
  // The likely ones lie between two steps; those beyond do as well.
  if (first > last)
    [first, last] = [
      Math.ceil(roughly(Math.max(low, min) / step)),
      Math.floor(roughly(Math.min(high, first * step) / step)),
    ];
  return onStep(first > last ? first : between(random, first, last), step);
}

/** Without the noise of a division, which would lift a bound above itself. */
function roughly(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value - whole) < 1e-9 * Math.max(1, Math.abs(value)) ? whole : value;
}

/** Numbers at the edges of a schema, the plainest first. */
export function numbersOf(plain: JsonObject, integer: boolean): readonly number[] {
  const { low, high, step } = rangeOf(plain, stepOf(plain, integer, 0.5));
  const wide = [1, 0, -1, 2, 100, int32.high, int32.high + 1, Number.MAX_SAFE_INTEGER].filter(
    (value) => value >= low && value <= high,
  );
  const edges = [low, low + step, high - step, high].filter(
    (value) => Number.isFinite(value) && value >= low && value <= high,
  );
  const all = [...wide, ...edges].map((value) => onStep(Math.round(value / step), step));
  return [...new Set(all)].filter((value) => value >= low && value <= high);
}

/** Any number of a plain schema. */
export function randomNumber(plain: JsonObject, integer: boolean, random: Random): number {
  const { low, high, step } = rangeOf(plain, stepOf(plain, integer, 2 ** -10));
  const [min, max] = [Math.max(low, -(2 ** 31)), Math.min(Math.max(high, low), Math.max(low, 0) + 2 ** 31)];
  const [first, last] = [Math.ceil(roughly(min / step)), Math.floor(roughly(max / step))];
  if (first >= last) return onStep(first, step);
  // Near the edges as often as anywhere else.
  const near = random.below(4);
  if (near === 0) return onStep(Math.min(last, first + random.below(3)), step);
  if (near === 1) return onStep(Math.max(first, last - random.below(3)), step);
  return onStep(between(random, first, last), step);
}
