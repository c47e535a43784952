import { remembering } from "../../document/late.ts";

/** Replaces what must not be seen in every string of a value. */
export type Mask = <T>(value: T) => T;

type Secret = { readonly value: string; readonly shell: string };

/**
 * Makes the mask of some secrets, each with the name that stands in for it. What is nearly a secret, as cases send it to see
 * whether a target compares the whole, is masked too, and of a long secret every beginning and end of 12 characters or more: a target
 * may cut what it echoes.
 */
export function createMask(given: readonly Secret[]): Mask {
  const secrets = given.flatMap((secret) => [secret, ...credentialIn(secret)]);
  const ends = secrets.flatMap(({ value, shell }) =>
    [...new Set(writtenForms(value))].filter(({ length }) => length >= 16).map((text) => endsOf(text, shell)),
  );
  const hidden = secrets
    .flatMap(({ value, shell }) => {
      const near =
        value.length >= 8 ? [value.slice(0, -1), value.slice(1), value.toUpperCase(), value.toLowerCase()] : [];
      const texts = new Set([...[value, ...near].flatMap(writtenForms), ...base64Forms(value)]);
      return [...texts].map((text) => ({ text, name: shell.replaceAll('"', "") }));
    })
    .filter(({ text }) => text.length >= 4)
    .sort((a, b) => b.text.length - a.text.length);
  // Most texts hold nothing of a secret, and one look is cheaper than one for each form.
  const traces = traceOf([...hidden.map(({ text }) => text), ...ends.flatMap(({ traces }) => traces)]);
  const maskText = (text: string) => {
    if (!traces.test(text)) return text;
    const masked = hidden.reduce((rest, { text: secret, name }) => rest.replaceAll(secret, () => name), text);
    return ends.reduce((rest, { hide }) => hide(rest), masked);
  };
  // Names, methods and header values come again and again.
  const masked = remembering(maskText);
  const maskOften = (text: string) => (text.length > 40 ? maskText(text) : masked(text));
  const mask = (value: unknown): unknown => {
    if (typeof value === "string") return maskOften(value);
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [maskOften(name), mask(member)]));
  };
  return mask as Mask;
}

/** What stands behind the name of its scheme, as in `Bearer abc`: a target may tell it alone. */
function credentialIn({ value, shell }: Secret): Secret[] {
  const [, credential] = /^(?:Bearer|Basic|Token|DPoP|ApiKey) +(\S+)$/i.exec(value) ?? [];
  return credential === undefined ? [] : [{ value: credential, shell: shell.replace(/^"?\w+ /, "") }];
}

/** A text as it stands in plain text, in JSON, in JSON that is a string of JSON, with slashes escaped or not, and in an address. */
function writtenForms(text: string): string[] {
  const inJson = (plain: string) => JSON.stringify(plain).slice(1, -1);
  const json = inJson(text);
  return [text, json, json.replaceAll("/", "\\/"), inJson(json), encodeURIComponent(text)];
}

/** A text as it stands within base64, plain or for addresses: its letters depend on how many bytes come before it. */
function base64Forms(text: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    // The letters at either end hold bits of the neighbours too.
    const own = (letters: string) => letters.slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
    return [own(bytes.toString("base64")), own(bytes.toString("base64url"))];
  });
}

/** A pattern that any of some texts fits. */
function traceOf(texts: readonly string[]): RegExp {
  return texts.length === 0 ? /(?!)/ : new RegExp(texts.map(literal).join("|"));
}

/** A text as a pattern that nothing else fits. */
function literal(text: string): string {
  return text.replace(/[.*+?^$()|[\]\\{}]/gu, "\\$&");
}

/** Makes what hides the beginnings and ends of a secret, as long as they go, and says by what to know that there are any. */
function endsOf(value: string, shell: string): { hide: (text: string) => string; traces: readonly string[] } {
  const shortest = 12;
  const name = shell.replaceAll('"', "");
  const [head, tail] = [value.slice(0, shortest), value.slice(-shortest)];
  const escaped = [...value].map(literal);
  const more = (letters: readonly string[], nest: (inner: string, letter: string) => string) =>
    letters.reduce((inner, letter) => `(?:${nest(inner, letter)})?`, "");
  const beginning = new RegExp(
    escaped.slice(0, shortest).join("") + more(escaped.slice(shortest).reverse(), (inner, letter) => letter + inner),
    "gu",
  );
  const end = new RegExp(
    more(escaped.slice(0, -shortest), (inner, letter) => inner + letter) + escaped.slice(-shortest).join(""),
    "gu",
  );
  return {
    hide(text) {
      const rest = text.includes(head) ? text.replace(beginning, () => name) : text;
      return rest.includes(tail) ? rest.replace(end, () => name) : rest;
    },
    traces: [head, tail],
  };
}
