import { isSameBytes, sha256Of, textOf } from "#platform";
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
  /** What is guarded, as a challenge names it: the title of the document. */
  readonly realm: string;
};

/** Opens the sandbox of a request by its credential. Throws a `Problem` where it has no known one. */
export type Admission = (c: RequestContext) => Promise<Sandbox>;

/** The scheme of a document whose credentials are API keys in a header. */
export function keySchemeOf({ securitySchemes }: Spec): SecurityScheme | undefined {
  return securitySchemes.find(({ type, header }) => type === "apiKey" && header !== undefined);
}

/**
 * Lets in who carries one of the alternatives that an operation wants, each credential a known key: an API key, the token of a
 * bearer, the user of Basic, and so on. What no request shows, such as a client's certificate, is taken to be in order. Whoever
 * may come without a credential has the sandbox of the key that was sent all the same, else of `defaultApiKey`.
 */
export function credentials(security: Operation["security"], options: CredentialOptions): Admission {
  const { store, keyScheme } = options;
  const isKnown = knower(options);
  const placed = security.map((schemes) => schemes.filter((scheme) => placeOf(scheme) !== undefined));
  const isOpen = placed.length === 0 || placed.some(({ length }) => length === 0);
  const wanted = withoutLarger(placed.filter(({ length }) => length > 0).flatMap(satisfiable));
  const accepted = isOpen && keyScheme ? [...wanted, [keyScheme]] : wanted;

  return async function admit(c) {
    for (const schemes of accepted) {
      const keys = schemes.map((scheme) => keysIn(givenFor(c, scheme), scheme).find(isKnown));
      if (keys.includes(undefined)) continue;
      const named = schemes.findIndex(({ id }) => id === keyScheme?.id);
      return store.sandbox(keys[Math.max(0, named)]!);
    }
    if (isOpen) return store.sandbox(defaultApiKey);
    throw refusal(c, wanted, options);
  };
}

/**
 * Opens the sandbox of the key that was sent, by one of these schemes, or of `defaultApiKey` where none was. An open sandbox is
 * found by its name too. Throws a `Problem` when it is unknown.
 */
export function keyIfAny(schemes: readonly SecurityScheme[], options: CredentialOptions): Admission {
  const ways = schemes.map((scheme) => ({ scheme, admit: credentials([[scheme]], { ...options, keyScheme: scheme }) }));
  const isKnown = knower(options);
  return async (c) => {
    const way = ways.find(({ scheme }) => givenFor(c, scheme));
    if (!way) return options.store.sandbox(defaultApiKey);
    const given = givenFor(c, way.scheme)!;
    const named = isKnown(given) ? undefined : (await options.store.list()).find((one) => one.sandbox.name === given);
    return named ? options.store.sandbox(named.apiKey) : way.admit(c);
  };
}

/**
 * A key that begins with `test_` is no secret. Any other is held against every one of the named keys, by digests and to the end, so
 * that the time tells nothing of how near it came; a set would compare as far as two keys are alike.
 */
function knower({ apiKeys }: Pick<CredentialOptions, "apiKeys">): (key: string) => boolean {
  const named = [...apiKeys].map(digestOf);
  return (key) => sandboxKey.test(key) || (named.length > 0 && isAmong(named, digestOf(key)));
}

/** Of one length, however long a key is. */
function digestOf(key: string): Uint8Array {
  return new TextEncoder().encode(sha256Of(key));
}

function isAmong(digests: readonly Uint8Array[], given: Uint8Array): boolean {
  let found = false;
  for (const digest of digests) found = isSameBytes(digest, given) || found;
  return found;
}

/** Whether two keys are the same, in a time that tells nothing of how near they come. */
export function isSameKey(one: string, other: string): boolean {
  return isSameBytes(digestOf(one), digestOf(other));
}

function refusal(c: RequestContext, wanted: Operation["security"], options: CredentialOptions): Problem {
  const { keyScheme, realm } = options;
  const isKnown = knower(options);
  const isPlain = wanted.every((schemes) => schemes.every(({ id }) => id === keyScheme?.id));
  const needed = wanted.map((schemes) => schemes.map(placeOf).join(" and ")).join(", or ");
  const example = wanted[0]!.map((scheme) => `"${exampleOf(scheme)}"`).join(" and ");
  const missing = wanted[0]!.find((scheme) => !keysIn(givenFor(c, scheme), scheme).some(isKnown))!;
  const given = givenFor(c, missing);
  const received = given ? `"${mask(given)}"` : isPlain && given === "" ? "an empty one" : "none";
  const challenges = wanted.flat().map((scheme) => challengeOf(scheme, realm, givenFor(c, scheme)));
  return new Problem("unauthorized", {
    message: `The request needs ${needed}${isPlain ? " with a known key" : ""}; received ${received}.`,
    hint: `Send ${example}; any other key that begins with "test_" opens a sandbox of its own.`,
    headers: { "WWW-Authenticate": [...new Set(challenges)].join(", ") },
  });
}

/** What asks a client for a credential. A key has no registered scheme. https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 */
function challengeOf(wanted: SecurityScheme, realm: string, given: string | undefined): string {
  const { header, query, cookie, scheme } = wanted;
  const guarded = `realm=${quoted(realm)}`;
  if (scheme === undefined) {
    const place = header !== undefined ? "header" : query !== undefined ? "query" : "cookie";
    return `ApiKey ${guarded}, in="${place}", name=${quoted(header ?? query ?? cookie!)}`;
  }
  const challenge = `${titled(scheme)} ${guarded}`;
  if (scheme === "basic") return `${challenge}, charset="UTF-8"`;
  if (scheme === "digest") return `${challenge}, qop="auth", nonce="${nonce()}"`;
  // https://www.rfc-editor.org/rfc/rfc6750#section-3.1
  return scheme === "bearer" && isOf(given, scheme) ? `${challenge}, error="invalid_token"` : challenge;
}

/** A text in quotes, in letters that a header may have. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]+/g, "?").replace(/["\\]/g, "\\$&")}"`;
}

/** One header carries one credential: where several schemes would each fill it, each of them alone will do. */
function satisfiable(schemes: readonly SecurityScheme[]): Operation["security"] {
  const rivals = [...new Set(schemes.flatMap(({ scheme }) => scheme ?? []))];
  if (rivals.length < 2) return [schemes];
  return rivals.map((kept) => schemes.filter(({ scheme }) => scheme === undefined || scheme === kept));
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
  if (scheme === "basic") return `${header}: Basic ${btoa(`${defaultApiKey}:`)}`;
  if (scheme === "digest") return `${header}: Digest username="${defaultApiKey}"`;
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

/** The keys that a credential may speak of, as it was sent; none where it is of another scheme. */
function keysIn(given: string | undefined, { header, scheme }: SecurityScheme): readonly string[] {
  if (given === undefined) return [];
  if (scheme !== undefined) return isOf(given, scheme) ? keysBehind(given) : [];
  // A key in this header has a scheme before it as often as not.
  return /^(proxy-)?authorization$/i.test(header ?? "") ? [given, ...keysBehind(given)] : [given];
}

/** Whether a credential is of a scheme. */
function isOf(given: string | undefined, scheme: string): boolean {
  return given !== undefined && given.split(" ", 1)[0]!.toLowerCase() === scheme;
}

/** A token, the user of Basic, or the values of parameters. https://www.rfc-editor.org/rfc/rfc9110#section-11.4 */
function keysBehind(given: string): readonly string[] {
  const [, scheme = "", credential = ""] = /^(\S+) +(.*)$/.exec(given) ?? [];
  if (/^basic$/i.test(scheme)) return [userIn(credential)];
  const values = [...credential.matchAll(/[\w-]+ *= *(?:"([^"]*)"|([^\s,"/]+))/g)];
  return [credential.trim(), ...values.map(([, quoted, plain]) => quoted ?? plain!)];
}

/** The user of Basic. https://www.rfc-editor.org/rfc/rfc7617#section-2 */
function userIn(credential: string): string {
  try {
    return textOf(Uint8Array.from(atob(credential), (letter) => letter.charCodeAt(0))).split(":", 1)[0]!;
  } catch {
    return "";
  }
}

/** A value that was never used before. */
function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function givenFor(c: RequestContext, { header, query, cookie }: SecurityScheme): string | undefined {
  if (header !== undefined) return headerOf(c, header.toLowerCase());
  if (query !== undefined) return c.req.query(query);
  const pairs = (headerOf(c, "cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${cookie}=`))?.slice(`${cookie}=`.length);
}
