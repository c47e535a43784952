/** Replaces what must not be seen in every string of a value. */
export type Mask = <T>(value: T) => T;

/**
 * Makes the mask of some secrets, each with the name that stands in for it. What is nearly a secret, as cases send it to see
 * whether a target compares the whole, is masked too.
 */
export function createMask(secrets: readonly { readonly value: string; readonly shell: string }[]): Mask {
  const hidden = secrets
    .flatMap(({ value, shell }) => {
      const near =
        value.length >= 8 ? [value.slice(0, -1), value.slice(1), value.toUpperCase(), value.toLowerCase()] : [];
      const texts = new Set([value, ...near].flatMap(writtenForms));
      return [...texts].map((text) => ({ text, name: shell.replaceAll('"', "") }));
    })
    .filter(({ text }) => text.length >= 4)
    .sort((a, b) => b.text.length - a.text.length);
  const maskText = (text: string) =>
    hidden.reduce((masked, { text: secret, name }) => masked.replaceAll(secret, () => name), text);
  const mask = (value: unknown): unknown => {
    if (typeof value === "string") return maskText(value);
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [maskText(name), mask(member)]));
  };
  return mask as Mask;
}

/** A text as it stands in plain text, in JSON, with its slashes escaped or not, and in an address. */
function writtenForms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  return [text, json, json.replaceAll("/", "\\/"), encodeURIComponent(text)];
}
