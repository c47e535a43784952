import type { Operation, SecurityScheme } from "../../document/spec.ts";
import type { Received, Step } from "../context.ts";
import { Problem } from "../problem.ts";
import { type ApiKeyOptions, apiKey, defaultApiKey, knower, mask } from "./api-key.ts";

/**
 * Lets in who carries one of the alternatives that an operation wants, each credential a known key: the token of a bearer, the
 * user of Basic, and so on. It opens the sandbox of that key. Schemes whose credentials no document places, such as OAuth, let
 * everybody in.
 */
export function credentials({ security }: Operation, keyHeader: string | undefined, options: ApiKeyOptions): Step {
  const admit = apiKey(keyHeader, options);
  const admitAnybody = apiKey(keyHeader, { ...options, optional: true });
  const alternatives = withoutLarger(
    security.map((schemes) => schemes.filter((scheme) => placeOf(scheme) !== undefined)),
  );
  const isKey = ({ type, header }: SecurityScheme) => type === "apiKey" && header !== undefined && header === keyHeader;
  if (alternatives.length === 0 || alternatives.some(({ length }) => length === 0)) return admitAnybody;
  if (alternatives.every((schemes) => schemes.every(isKey))) return admit;
  const needed = alternatives.map((schemes) => schemes.map(placeOf).join(" and ")).join(", or ");
  const isKnown = knower(options);
  const example = alternatives[0]!.map((scheme) => `"${exampleOf(scheme)}"`).join(" and ");

  return async function credentials(context, next) {
    const { received } = context;
    const keyOf = (scheme: SecurityScheme) => keyIn(givenFor(received, scheme), scheme) ?? "";
    const carries = (scheme: SecurityScheme) => isKnown(keyOf(scheme));
    const met = alternatives.find((schemes) => schemes.every(carries));
    if (met) {
      context.sandbox = await options.store.sandbox(keyOf(met.find(isKey) ?? met[0]!));
      return next(context);
    }
    const missing = alternatives[0]!.find((scheme) => !carries(scheme))!;
    const given = givenFor(received, missing);
    throw new Problem("unauthorized", {
      message: `The request needs ${needed}; received ${given ? `"${mask(given)}"` : "none"}.`,
      hint: `Send ${example}; any other key that begins with "test_" opens a sandbox of its own.`,
    });
  };
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

function givenFor(received: Received, { header, query, cookie }: SecurityScheme): string | undefined {
  if (header !== undefined) return received.header(header.toLowerCase());
  if (query !== undefined) return received.query(query);
  const pairs = (received.header("cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${cookie}=`))?.slice(`${cookie}=`.length);
}
