import { Problem } from "../../document/problem.ts";
import type { Operation, SecurityScheme, Spec } from "../../document/spec.ts";
import { headerOf, type RequestContext } from "../context.ts";
import type { Sandbox, Store } from "../store/store.ts";

/** The key that everybody knows. */
export const defaultApiKey = "test_key";

/** Any key like this opens a sandbox of its own; the default one is among them. */
const sandboxKey = /^test_[\w.-]+$/;

export type CredentialOptions = {
  readonly store: Store;
  /** Keys that need not begin with `test_`. */
  readonly apiKeys: ReadonlySet<string>;
  /** The scheme of the keys that name a sandbox wherever they are sent, asked for or not. */
  readonly keyScheme: SecurityScheme | undefined;
};

/** Opens the sandbox of a request by its credential. Throws a `Problem` where it has no known one. */
export type Admission = (c: RequestContext) => Promise<Sandbox>;

/** The scheme of a document whose credentials are API keys in a header. */
export function keySchemeOf({ securitySchemes }: Spec): SecurityScheme | undefined {
  return securitySchemes.find(({ type, header }) => type === "apiKey" && header !== undefined);
}

/**
 * Lets in who carries one of the alternatives that an operation wants, each credential a known key: an API key, the token of a
 * bearer, the user of Basic, and so on. Schemes whose credentials no document places, such as OAuth, let everybody in. Whoever
 * may come without a credential has the sandbox of `defaultApiKey`.
 */
export function credentials(security: Operation["security"], options: CredentialOptions): Admission {
  const { store, apiKeys, keyScheme } = options;
  const isKnown = (key: string) => sandboxKey.test(key) || apiKeys.has(key);
  const placed = security.map((schemes) => schemes.filter((scheme) => placeOf(scheme) !== undefined));
  const isOpen = placed.length === 0 || placed.some(({ length }) => length === 0);
  const wanted = withoutLarger(placed.filter(({ length }) => length > 0));
  const accepted = isOpen && keyScheme ? [...wanted, [keyScheme]] : wanted;

  return async function admit(c) {
    for (const schemes of accepted) {
      const keys = schemes.map((scheme) => keyIn(givenFor(c, scheme), scheme));
      if (keys.every((key) => key !== undefined && isKnown(key)))
        return store.sandbox(
          keys[
            Math.max(
              0,
              schemes.findIndex(({ id }) => id === keyScheme?.id),
            )
          ]!,
        );
    }
    if (isOpen && !(keyScheme && givenFor(c, keyScheme))) return store.sandbox(defaultApiKey);
    throw refusal(c, isOpen ? [[keyScheme!]] : wanted, { isKnown, keyScheme });
  };
}

type Knowledge = Pick<CredentialOptions, "keyScheme"> & { isKnown(key: string): boolean };

function refusal(c: RequestContext, wanted: Operation["security"], { isKnown, keyScheme }: Knowledge): Problem {
  const isPlain = wanted.every((schemes) => schemes.every(({ id }) => id === keyScheme?.id));
  const needed = wanted.map((schemes) => schemes.map(placeOf).join(" and ")).join(", or ");
  const example = wanted[0]!.map((scheme) => `"${exampleOf(scheme)}"`).join(" and ");
  const missing = wanted[0]!.find((scheme) => !isKnown(keyIn(givenFor(c, scheme), scheme) ?? ""))!;
  const given = givenFor(c, missing);
  const received = given ? `"${mask(given)}"` : isPlain && given === "" ? "an empty one" : "none";
  return new Problem("unauthorized", {
    message: `The request needs ${needed}${isPlain ? " with a known key" : ""}; received ${received}.`,
    hint: `Send ${example}; any other key that begins with "test_" opens a sandbox of its own.`,
  });
}

/** The alternatives without those that ask for all of another and more. */
function withoutLarger(alternatives: Operation["security"]): Operation["security"] {
  return alternatives.filter(
    (all) => !alternatives.some((less) => less.length < all.length && less.every((scheme) => all.includes(scheme))),
  );
}

/** Where a credential stands, for a reader; `undefined` where the document does not say. */
export function placeOf({ header, query, cookie, scheme }: SecurityScheme): string | undefined {
  if (scheme !== undefined) return `the header ${header} with a credential of the scheme ${titled(scheme)}`;
  if (header !== undefined) return `the header ${header}`;
  if (query !== undefined) return `the query parameter ${query}`;
  return cookie === undefined ? undefined : `the cookie ${cookie}`;
}

/** What would do. */
export function exampleOf({ header, query, cookie, scheme }: SecurityScheme): string {
  if (scheme === "basic") return `${header}: Basic ${Buffer.from(`${defaultApiKey}:`).toString("base64")}`;
  if (scheme !== undefined) return `${header}: ${titled(scheme)} ${defaultApiKey}`;
  if (header !== undefined) return `${header}: ${defaultApiKey}`;
  return query === undefined ? `Cookie: ${cookie}=${defaultApiKey}` : `?${query}=${defaultApiKey}`;
}

/** A credential as others may see it: enough to tell two apart, too little to use. */
export function mask(secret: string): string {
  return `${secret.slice(0, Math.min(4, secret.length / 4))}***`;
}

function titled(scheme: string): string {
  return scheme.charAt(0).toUpperCase() + scheme.slice(1);
}

/** The key in a credential as it was sent; `undefined` where it is of another scheme. */
function keyIn(given: string | undefined, { scheme }: SecurityScheme): string | undefined {
  if (given === undefined || scheme === undefined) return given;
  const [name, credential = ""] = given.split(/ +/, 2);
  if (name!.toLowerCase() !== scheme) return undefined;
  return scheme === "basic" ? Buffer.from(credential, "base64").toString().split(":", 1)[0] : credential;
}

function givenFor(c: RequestContext, { header, query, cookie }: SecurityScheme): string | undefined {
  if (header !== undefined) return headerOf(c, header.toLowerCase());
  if (query !== undefined) return c.req.query(query);
  const pairs = (headerOf(c, "cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${cookie}=`))?.slice(`${cookie}=`.length);
}
