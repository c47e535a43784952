import type { Operation, SecurityScheme, Spec } from "../../document/spec.ts";
import { type AddressEnd, type Credential, quote } from "./exchange.ts";

/** Where a credential goes, as the document says. https://spec.openapis.org/oas/v3.1.0#security-scheme-object */
export type Carrier = { readonly in: "header" | "query" | "cookie"; readonly name: string; readonly scheme?: string };

/** Where the document wants a credential: the first place that an operation names; `undefined` where none does. */
export function carrierOf({ operations }: Pick<Spec, "operations">): Carrier | undefined {
  for (const scheme of operations.flatMap(({ security }) => security.flat())) {
    const carrier = carrierOfScheme(scheme);
    if (carrier) return carrier;
  }
  return undefined;
}

/** Where one scheme wants a credential; `undefined` where no request carries it. */
export function carrierOfScheme({ header, query, cookie, scheme }: SecurityScheme): Carrier | undefined {
  if (header !== undefined) return { in: "header", name: header, ...(scheme === undefined ? {} : { scheme }) };
  if (query !== undefined) return { in: "query", name: query };
  return cookie === undefined ? undefined : { in: "cookie", name: cookie };
}

/** An API key as the document wants it written; `variable` is the environment variable that holds it for a shell. */
export function credentialOf(spec: Pick<Spec, "operations">, key: string, variable: string): Credential {
  return credentialFor(carrierOf(spec), key, variable);
}

/** A key as one place wants it written. */
export function credentialFor(carrier: Carrier | undefined, key: string, variable: string): Credential {
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

/**
 * Where an operation wants credentials: all places of the requirement that names the usual one, else of the first that a request can
 * meet; the usual one where the operation names none.
 */
export function carriersOf(
  operation: Pick<Operation, "security"> | undefined,
  usual: Carrier | undefined,
): readonly Carrier[] {
  const own = usual ? [usual] : [];
  const wanted = (operation?.security ?? []).map((schemes) => schemes.map((scheme) => carrierOfScheme(scheme)));
  const whole = wanted.flatMap((carriers) => {
    const known = carriers.flatMap((carrier) => carrier ?? []);
    return known.length === carriers.length && known.length > 0 ? [known] : [];
  });
  const isUsual = ({ in: place, name }: Carrier) => place === usual?.in && name === usual.name;
  const chosen = whole.find((carriers) => carriers.some(isUsual)) ?? whole[0] ?? own;
  return [...chosen.filter(isUsual), ...chosen.filter((carrier) => !isUsual(carrier))];
}

/** The same key as another place wants it. */
export function writtenFor(credential: Credential, carrier: Carrier): Credential {
  const [, kind, rest = ""] = /^(Bearer|Basic) (.*)$/s.exec(credential.value) ?? [];
  const key =
    kind === "Basic" ? Buffer.from(rest, "base64").toString().replace(/:$/, "") : kind ? rest : credential.value;
  const variable = /\$(\w+)/.exec(credential.shell)?.[1];
  const written = credentialFor(carrier, key, variable ?? "CONNECT_API_KEY");
  return variable === undefined ? { ...written, shell: quote(written.value) } : written;
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
