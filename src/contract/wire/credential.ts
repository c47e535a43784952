import type { Spec } from "../../document/spec.ts";
import { type AddressEnd, type Credential, quote } from "./exchange.ts";

/** Where a credential goes, as the document says. https://spec.openapis.org/oas/v3.1.0#security-scheme-object */
export type Carrier = { readonly in: "header" | "query" | "cookie"; readonly name: string; readonly scheme?: string };

/** Where the document wants a credential: the first place that an operation names; `undefined` where none does. */
export function carrierOf({ operations }: Pick<Spec, "operations">): Carrier | undefined {
  for (const { header, query, cookie, scheme } of operations.flatMap(({ security }) => security.flat())) {
    if (header !== undefined) return { in: "header", name: header, ...(scheme === undefined ? {} : { scheme }) };
    if (query !== undefined) return { in: "query", name: query };
    if (cookie !== undefined) return { in: "cookie", name: cookie };
  }
  return undefined;
}

/** An API key as the document wants it written; `variable` is the environment variable that holds it for a shell. */
export function credentialOf(spec: Pick<Spec, "operations">, key: string, variable: string): Credential {
  const carrier = carrierOf(spec);
  const isWhole = carrier?.name !== "Authorization" || /^(Bearer|Basic) /.test(key);
  if (isWhole) return { value: key, shell: `"$${variable}"` };
  if (carrier.scheme !== "basic") return { value: `Bearer ${key}`, shell: `"Bearer $${variable}"` };
  // A key without a password is a user who has none.
  const pair = key.includes(":") ? key : `${key}:`;
  return {
    value: `Basic ${Buffer.from(pair).toString("base64")}`,
    shell: `"Basic $(printf %s "$${variable}${pair === key ? "" : ":"}" | base64 -w0)"`,
  };
}

/** A credential on its way: what goes into the headers and behind the path, and what a shell writes in its place. */
export type Carried = {
  readonly headers: Readonly<Record<string, string>>;
  /** With `?` or `&` before it. */
  readonly query: string;
  readonly shellHeaders: Readonly<Record<string, string>>;
  readonly shellEnd?: AddressEnd;
};

/** Lays a credential into a request to `path`; a cookie goes beside those in `headers`. */
export function carry(
  credential: Credential | null,
  carrier: Carrier | undefined,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Carried {
  const nothing = { headers: {}, query: "", shellHeaders: {} };
  if (!credential) return nothing;
  const { value, shell } = credential;
  const { in: place, name } =
    credential.header === undefined
      ? (carrier ?? { in: undefined, name: "" })
      : { in: "header", name: credential.header };
  if (place === "header") return { ...nothing, headers: { [name]: value }, shellHeaders: { [name]: shell } };
  if (place === "query") {
    const text = encodeURIComponent(value);
    const query = `${path.includes("?") ? "&" : "?"}${encodeURIComponent(name)}=${text}`;
    return { ...nothing, query, shellEnd: { text, shell } };
  }
  if (place === undefined) return nothing;
  const [own, others = ""] = Object.entries(headers).find(([given]) => given.toLowerCase() === "cookie") ?? [];
  const before = `${others}${others === "" ? "" : "; "}${name}=`;
  const cookie = own ?? "Cookie";
  return {
    ...nothing,
    headers: { [cookie]: before + value },
    shellHeaders: { [cookie]: quote(before) + shell },
  };
}
