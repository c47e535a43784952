import type { JsonObject } from "./pointer.ts";

/** How a client proves who it is. https://spec.openapis.org/oas/v3.1.0#security-scheme-object */
export type SecurityScheme = {
  readonly id: string;
  readonly type: string;
  /** The request header that carries the credential; `undefined` for schemes that use none. */
  readonly header: string | undefined;
  /** The query parameter that carries it. */
  readonly query: string | undefined;
  /** The cookie that carries it. */
  readonly cookie: string | undefined;
  /** What stands before it in the header, such as `bearer`. https://www.iana.org/assignments/http-authschemes */
  readonly scheme: string | undefined;
};

/** Reads a security scheme. */
export function securitySchemeOf(id: string, value: JsonObject): SecurityScheme {
  const name = (place: string) =>
    value.type === "apiKey" && value.in === place && typeof value.name === "string" ? value.name : undefined;
  const scheme = schemeOf(value);
  return {
    id,
    type: String(value.type),
    header: scheme === undefined ? name("header") : "Authorization",
    query: name("query"),
    cookie: name("cookie"),
    scheme,
  };
}

/** What stands before a credential; that of OAuth and of OpenID is a bearer's. https://www.rfc-editor.org/rfc/rfc6750 */
function schemeOf({ type, scheme }: JsonObject): string | undefined {
  if (type === "oauth2" || type === "openIdConnect") return "bearer";
  return type === "http" && typeof scheme === "string" ? scheme.toLowerCase() : undefined;
}
