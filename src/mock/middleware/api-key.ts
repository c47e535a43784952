import type { Spec } from "../../document/spec.ts";
import type { Step } from "../context.ts";
import { Problem } from "../problem.ts";
import type { Store } from "../store/store.ts";

/** The key that everybody knows. */
export const defaultApiKey = "test_key";

/** Any key like this opens a sandbox of its own; the default one is among them. */
const sandboxKey = /^test_[\w.-]+$/;

export type ApiKeyOptions = {
  readonly store: Store;
  /** Keys that need not begin with `test_`. */
  readonly apiKeys: ReadonlySet<string>;
  /** Whether a request without a key is let in, to the sandbox of `test_key`. */
  readonly optional?: boolean;
};

/** Finds the sandbox of a request by its API key, and refuses a request that has no known one. */
export function apiKey(header: string | undefined, options: ApiKeyOptions): Step {
  const { store, optional = header === undefined } = options;
  const isKnown = knower(options);
  const name = header?.toLowerCase();

  return async function apiKey(context, next) {
    const key = name === undefined ? undefined : context.received.header(name);
    if (key === undefined ? !optional : !isKnown(key)) {
      const received = key === undefined ? "none" : key === "" ? "an empty one" : `"${mask(key)}"`;
      throw new Problem("unauthorized", {
        message: `The request needs the header ${header} with a known key; received ${received}.`,
        hint: `Send "${header}: ${defaultApiKey}"; any other key that begins with "test_" opens a sandbox of its own.`,
      });
    }
    context.sandbox = await store.sandbox(key ?? defaultApiKey);
    return next(context);
  };
}

/** Tells whether a key opens a sandbox. */
export function knower({ apiKeys }: ApiKeyOptions): (key: string) => boolean {
  return (key) => sandboxKey.test(key) || apiKeys.has(key);
}

/** The request header that carries the API key, as the document says; `undefined` where no scheme has one. */
export function apiKeyHeader(spec: Spec): string | undefined {
  return spec.securitySchemes.find((scheme) => scheme.type === "apiKey" && scheme.header !== undefined)?.header;
}

/** A credential as others may see it: enough to tell two apart, too little to use. */
export function mask(secret: string): string {
  return `${secret.slice(0, Math.min(4, secret.length / 4))}***`;
}
