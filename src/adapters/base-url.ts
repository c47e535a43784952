/** A URL under which an API lies: without a slash at its end. Throws a `TypeError` where it is none, or has a query. */
export function baseOf(url: string | URL): string {
  const text = `${url}`;
  if (!URL.canParse(text) || !/^https?:[^?#]*$/.test(text))
    throw new TypeError(`The URL of the API should be one such as https://api.example.com; received "${text}".`);
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname.replace(/\/+$/, "")}`;
}

/** Whether a URL is the base or lies below it. */
export function isBelow(base: string, url: string | URL): boolean {
  const text = `${url}`;
  return text.startsWith(base) && /^(?:[/?#]|$)/.test(text.slice(base.length));
}

/** The URL, of one below a base, at which the API lies at the root of another. */
export function movedTo(target: string, base: string, url: string | URL): string {
  return `${target}/${`${url}`.slice(base.length).replace(/^\//, "")}`;
}
