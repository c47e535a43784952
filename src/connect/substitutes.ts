import type { Faker } from "@faker-js/faker";

/** What is known of the texts to replace before the first of them is replaced. */
export type Originals = {
  /** Every word and every row of digits, in lower case. */
  readonly parts: ReadonlySet<string>;
  /** Every identifier, in lower case. */
  readonly ids: ReadonlySet<string>;
};

/** Replaces texts: the same one by the same one, two by two, each of its kind, and none by what was an original. */
export type Substitutes = {
  /** An identifier; its make stays: a short prefix, separators, digits, hexadecimal digits, other letters. */
  id(text: string): string;
  /** A number with a name in front of it, such as a postal code: each digit by a digit, each letter by a letter. */
  code(text: string): string;
  /** A telephone number; its country calling code stays. */
  phone(text: string): string;
  /** A text word by word; e-mail addresses in it get a domain that ends in `.example`. Words of `kept` stay. */
  words(text: string, kept?: ReadonlySet<string>): string;
  /** A date, or a time that begins with one. */
  date(text: string): string;
  number(value: number): number;
};

/** A word, or a row of digits. */
export const part = /\p{L}[\p{L}\p{M}]*|\p{Nd}+/gu;

/** What tells whether a text is a number to call. */
export const phonePattern = /^\s*(?:\+|00)\d[\d\s().-]{5,}$/;
/** What tells whether a text is a date, or a time that begins with one. */
export const datePattern = /^\d{4}-\d\d-\d\d(?:$|[T ])/;

/** An e-mail address; it is looked for from where one can begin, for some texts are long. */
const address = /(?<![^\s@<>()[\],;:"])[^\s@<>()[\],;:"]+@[^\s@<>()[\],;:"]+/g;
const uuid = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;

/** Country calling codes of one and two digits; all others have three. https://www.itu.int/rec/T-REC-E.164 */
const callingCode = /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})/;

/** Words of at least so many letters are not to be found within others. */
const tellingLetters = 4;
/** The same of rows of digits. */
const tellingDigits = 7;
/** No longer part of a stand-in is looked at. */
const longestPart = 32;
/** After so many draws a word may be the stand-in of two: there are but ten digits. */
const patience = 40;

/** Makes substitutes. They follow from what `faker` draws and from the order of the texts, so no original can be guessed by trying. */
export function createSubstitutes(faker: Faker, originals: Originals): Substitutes {
  const lookUp = createMemory(originals);
  const digitsFor = (digits: string) => lookUp("digits", digits, () => digitsLike(digits, faker));

  function wordFor(word: string): string {
    const key = word.toLowerCase();
    const made = lookUp("word", key, (draw) => wordLike(key, draw, faker));
    return cased(made, word.replace(/\p{M}/gu, ""));
  }

  function parts(text: string, kept: ReadonlySet<string>): string {
    return text.replace(part, (one) => {
      if (kept.has(one.toLowerCase())) return one;
      return /^\p{Nd}/u.test(one) ? digitsFor(one) : wordFor(one);
    });
  }

  function email(text: string): string {
    const at = text.lastIndexOf("@");
    const labels = text.slice(at + 1).split(".");
    const top = labels.findLastIndex((label) => label !== "");
    const domain = labels.map((label, index) =>
      index === top && top > 0 ? (/[a-z]/.test(label) ? "example" : "EXAMPLE") : parts(label, new Set()),
    );
    return `${parts(text.slice(0, at), new Set())}@${domain.join(".")}`;
  }

  function words(text: string, kept: ReadonlySet<string> = new Set()): string {
    const found = [...text.matchAll(address)].map(([one]) => one);
    return text
      .split(address)
      .map((between, index) => parts(between, kept) + (found[index] === undefined ? "" : email(found[index])))
      .join("");
  }

  return {
    words,
    id(text) {
      if (text.includes("@")) return words(text);
      const key = text.toLowerCase();
      return cased(
        lookUp("id", key, (draw) => idLike(key, draw, { faker, originals, wordFor })),
        text,
      );
    },
    code(text) {
      const key = text.toLowerCase().replace(/[^\p{L}\p{Nd}]/gu, "");
      return laidInto(
        text,
        /[\p{L}\p{Nd}]/gu,
        lookUp("code", key, () => shaped(key, true, faker)),
      );
    },
    phone(text) {
      const digits = text.replace(/\D/g, "");
      const isAbroad = /^\s*(?:\+|00)/.test(text);
      const zeros = isAbroad && !text.includes("+") ? 2 : 0;
      const kept = isAbroad ? zeros + (callingCode.exec(digits.slice(zeros))?.[0].length ?? 0) : 0;
      const made = laidInto(text, /\d/g, digits.slice(0, kept) + digitsFor(digits.slice(kept)));
      return made.replace(/\p{L}[\p{L}\p{M}]*/gu, wordFor);
    },
    date: (text) => lookUp("date", text, () => dateLike(text, faker)),
    number: (value) => Number(lookUp("number", `${value}`, () => numberLike(`${value}`, faker))),
  };
}

type LookUp = (kind: string, original: string, draw: (count: number) => string) => string;

/** Makes what draws a stand-in at the first meeting with an original, and tells the same one ever after. */
function createMemory({ parts, ids }: Originals): LookUp {
  const known = new Map<string, string>();
  const taken = new Set<string>();

  function isTelling(made: string): boolean {
    if (parts.has(made) || ids.has(made)) return true;
    for (const [run] of made.matchAll(/[^\p{Nd}]+|\p{Nd}+/gu)) {
      const least = /^\p{Nd}/u.test(run) ? tellingDigits : tellingLetters;
      for (let from = 0; from + least <= run.length; from++)
        for (let to = from + least; to <= Math.min(run.length, from + longestPart); to++)
          if (parts.has(run.slice(from, to))) return true;
    }
    return false;
  }

  return (kind, original, draw) => {
    const before = known.get(`${kind} ${original}`);
    if (before !== undefined) return before;
    let made = draw(0);
    // Two identifiers must not become one.
    for (let count = 1; count < patience || kind === "id"; count++) {
      if (made !== original && !taken.has(`${kind} ${made}`) && !isTelling(made)) break;
      made = draw(count);
    }
    known.set(`${kind} ${original}`, made);
    taken.add(`${kind} ${made}`);
    return made;
  };
}

/** A word in lower case in the place of another: short ones and very long ones keep their length, and letters that are not English stay such. */
function wordLike(key: string, draw: number, faker: Faker): string {
  const letters = [...key];
  if (!/^[\p{Script=Latin}\p{M}]+$/u.test(key)) return letters.map((letter) => neighbour(letter, faker)).join("");
  const length = letters.filter((letter) => /\p{L}/u.test(letter)).length;
  const made = [...latinWord(length, draw, faker)];
  for (const [index, letter] of letters.entries()) {
    const at = Math.floor((index * made.length) / letters.length);
    if (/\p{M}/u.test(letter)) made[at] += letter;
    else if (!/[a-z]/.test(letter)) made[at] = neighbour(letter, faker);
  }
  return made.join("");
}

function latinWord(length: number, draw: number, faker: Faker): string {
  if (length < tellingLetters || length > 15) return faker.string.alpha({ length, casing: "lower" });
  const name = faker.datatype.boolean() ? faker.person.firstName() : faker.person.lastName();
  // There are only some hundreds of names, and some of them are originals.
  return draw < 8 ? name.toLowerCase().replace(/[^a-z]/g, "") : syllables(length + Math.floor((draw - 8) / 20), faker);
}

function syllables(length: number, faker: Faker): string {
  const letters = ["bdfgklmnprstv", "aeiou"].map((among) => () => faker.string.fromCharacters(among));
  return Array.from({ length }, (_, index) => letters[index % 2]!()).join("");
}

/** Another letter or digit of the same alphabet, and as large. */
function neighbour(letter: string, faker: Faker): string {
  const kind = [/\p{Ll}/u, /\p{Lu}/u, /\p{Lo}/u, /\p{Nd}/u].find((one) => one.test(letter));
  if (!kind) return letter;
  const code = letter.codePointAt(0)!;
  const near = Array.from({ length: 32 }, (_, index) => String.fromCodePoint((code & ~31) + index)).filter(
    (one) => one !== letter && kind.test(one) && one.normalize() === one && one.toUpperCase().length === one.length,
  );
  return near.length === 0 ? letter : faker.helpers.arrayElement(near);
}

/** Digits in the place of others; zeros at the beginning stay. */
function digitsLike(digits: string, faker: Faker): string {
  if (!/^\d+$/.test(digits)) return [...digits].map((digit) => neighbour(digit, faker)).join("");
  const [zeros] = /^0*/.exec(digits)!;
  const length = digits.length - zeros.length;
  return zeros + (length === 0 ? "" : faker.string.numeric({ length, allowLeadingZeros: false }));
}

/** Each digit by a digit, each letter by a letter, hexadecimal ones by hexadecimal ones; the rest stays. */
function shaped(text: string, keepsZeros: boolean, faker: Faker): string {
  const among = (letters: string) => faker.string.fromCharacters(letters);
  return text.replace(/\d+|[\p{L}\p{Nd}]/gu, (one) => {
    if (/^\d/.test(one)) return keepsZeros ? digitsLike(one, faker) : faker.string.numeric(one.length);
    if (/[a-f]/.test(one)) return among("abcdef");
    return /[g-z]/.test(one) ? among("ghijklmnopqrstuvwxyz") : neighbour(one, faker);
  });
}

type Means = {
  readonly faker: Faker;
  readonly originals: Originals;
  readonly wordFor: (word: string) => string;
};

/** An identifier in lower case in the place of another. */
function idLike(key: string, draw: number, { faker, originals, wordFor }: Means): string {
  const [, prefix = ""] = /^([a-z]{1,4})[-_]/.exec(key) ?? [];
  // It is a kind of record, unless it is a part of somebody's name.
  const kept = originals.parts.has(prefix) ? wordFor(prefix) : prefix;
  const rest = shaped(key.slice(prefix.length), draw < 50, faker);
  if (uuid.test(key))
    return [...rest].map((letter, index) => (index === 14 || index === 19 ? key[index] : letter)).join("");
  return kept + rest + (draw < 200 ? "" : faker.string.numeric(draw - 199));
}

function dateLike(text: string, faker: Faker): string {
  const day = faker.date.between({ from: "1950-01-01", to: "2035-12-31" }).toISOString().slice(0, 10);
  const time = /(?<=[T ])\d\d:\d\d(?::\d\d)?(\.\d+)?/;
  return text.replace(/^\d{4}-\d\d-\d\d/, day).replace(time, (one: string, fraction = "") => {
    const most = [23, 59, 59].slice(0, one.split(":").length);
    return most.map((last) => String(faker.number.int(last)).padStart(2, "0")).join(":") + digitsAfter(fraction, faker);
  });
}

/** A point and as many digits after it, the last of them no zero. */
function digitsAfter(fraction: string, faker: Faker): string {
  const { string } = faker;
  return fraction && `.${string.numeric(fraction.length - 2)}${string.numeric({ exclude: ["0"] })}`;
}

/** As many digits before and after the point; what comes after an `e` stays. */
function numberLike(text: string, faker: Faker): string {
  const [, sign = "", whole = "0", fraction = "", rest = ""] = /^(-?)(\d+)(\.\d+)?(.*)$/.exec(text) ?? [];
  const made = digitsLike(whole, faker) + digitsAfter(fraction, faker) + rest;
  // The largest numbers have no larger ones beside them.
  return sign + (Number.isFinite(Number(made)) ? made : `1${rest}`);
}

/** Lays letters into the places of a text that fit a pattern, one after the other, each as large as the one that was there. */
function laidInto(text: string, place: RegExp, letters: string): string {
  const next = [...letters][Symbol.iterator]();
  return text.replace(place, (one) => sized(next.next().value ?? one, one));
}

/** A text in lower case with each letter as large as the one in its place; those beyond the last are as large as that. */
function cased(made: string, original: string): string {
  const sizes = [...original];
  return [...made].map((letter, index) => sized(letter, sizes[Math.min(index, sizes.length - 1)] ?? letter)).join("");
}

function sized(letter: string, like: string): string {
  const large = letter.toUpperCase();
  return like !== like.toLowerCase() && large.length === letter.length ? large : letter;
}
