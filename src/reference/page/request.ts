import type { Model, Operation, Parameter, Scheme } from "../model.ts";

/** What a reader has filled in for a request of an operation. */
export type Filled = {
  readonly base: string;
  /** By scheme. */
  readonly credentials: Readonly<Record<string, string>>;
  /** By `in name`. */
  readonly values: Readonly<Record<string, string>>;
  readonly key: string;
  /** What `Prefer` asks the mock for; empty for nothing. */
  readonly prefer: string;
  readonly bodyType: string | undefined;
  readonly body: string;
};

export type Request = {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
};

/** The name of a parameter among those that are filled in. */
export function nameOf({ in: where, name }: Pick<Parameter, "in" | "name">): string {
  return `${where} ${name}`;
}

export function parametersOf(model: Model, { parameters = [] }: Operation): readonly Parameter[] {
  return parameters.map((number) => model.parameters[number]!);
}

/** The schemes whose credentials an operation is tried with: those of its first alternative. */
export function schemesOf(model: Model, { security = [] }: Operation): readonly Scheme[] {
  return (security[0] ?? []).flatMap((id) => model.schemes.find((scheme) => scheme.id === id) ?? []);
}

/** What is sent for what was filled in. A part of the path that has no value stays as it is. */
export function requestOf(model: Model, operation: Operation, filled: Filled): Request {
  const parameters = parametersOf(model, operation).filter((one) => !isKey(operation, one));
  const filledIn = (parameter: Parameter) => filled.values[nameOf(parameter)] ?? "";
  const given = (where: Parameter["in"]) => parameters.filter((one) => one.in === where && filledIn(one) !== "");
  let path = operation.path;
  for (const one of given("path"))
    path = path.replaceAll(`{${one.name}}`, one.isWritten ? filledIn(one) : encodeURIComponent(filledIn(one)));
  const schemes = schemesOf(model, operation);
  const credentialOf = (scheme: Scheme) => writtenCredential(scheme, filled.credentials[scheme.id] ?? "");
  const query = [
    ...given("query").map((one) =>
      one.isWritten ? filledIn(one) : `${encodeURIComponent(one.name)}=${encodeURIComponent(filledIn(one))}`,
    ),
    ...schemes.flatMap((one) => (one.in === "query" ? [`${one.name}=${encodeURIComponent(credentialOf(one))}`] : [])),
  ];
  const cookies = [
    ...given("cookie").map((one) => (one.isWritten ? filledIn(one) : `${one.name}=${filledIn(one)}`)),
    ...schemes.flatMap((one) => (one.in === "cookie" ? [`${one.name}=${credentialOf(one)}`] : [])),
  ];
  const hasBody = filled.bodyType !== undefined && filled.body !== "";
  const headers: [string, string][] = [
    ...schemes.flatMap((one): [string, string][] => (one.in === "header" ? [[one.name, credentialOf(one)]] : [])),
    ...(operation.keyHeader && filled.key !== "" ? [[operation.keyHeader, filled.key] as [string, string]] : []),
    ...given("header").map((one): [string, string] => [one.name, filledIn(one)]),
    ...(cookies.length > 0 ? [["Cookie", cookies.join("; ")] as [string, string]] : []),
    ...(filled.prefer === "" ? [] : [["Prefer", filled.prefer] as [string, string]]),
    ...(hasBody ? [["Content-Type", filled.bodyType!] as [string, string]] : []),
  ];
  const target = query.length > 0 ? `${path}${path.includes("?") ? "&" : "?"}${query.join("&")}` : path;
  return {
    method: operation.method,
    url: filled.base.replace(/\/+$/, "") + target.replace(/#.*$/, ""),
    headers,
    body: hasBody ? compact(filled.body) : undefined,
  };
}

/** JSON without what is only for the eye, so that all languages send the same bytes; any other text as it is. */
function compact(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  return text.replace(/("(?:\\.|[^"\\])*")|\s+/g, "$1");
}

/** Whether a parameter is the header of the idempotency key, which has a field of its own. */
export function isKey({ keyHeader }: Operation, { in: where, name }: Parameter): boolean {
  return where === "header" && name.toLowerCase() === keyHeader?.toLowerCase();
}

function writtenCredential({ prefix }: Scheme, value: string): string {
  if (prefix === "Basic") return `Basic ${btoa(value.includes(":") ? value : `${value}:`)}`;
  return prefix === undefined ? value : `${prefix} ${value}`;
}

/** A key that nobody has used; `crypto.randomUUID` is for secure pages alone. */
export function freshKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
