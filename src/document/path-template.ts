import { decoded, isObject } from "./pointer.ts";

/** A path template, ready to be held against paths. https://spec.openapis.org/oas/v3.1.0#path-templating */
export type PathTemplate = {
  /** The names of its parameters, in their order. */
  readonly names: readonly string[];
  /** What its query must hold, where the template has one. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** The source of a regular expression that captures the value of each parameter, as it was sent. */
  readonly source: string;
  /** For each segment: 0 where it is concrete, 1 where a parameter is a part of it, 2 where it is one. */
  readonly ranks: readonly number[];
};

/** Reads a path template such as `/reports/{id}.{format}`, `/users/{id}:block` or `/files/{id}?beta=true`. */
export function readTemplate(path: string): PathTemplate {
  // A fragment never goes over the wire.
  const [whole = ""] = path.split("#", 1);
  const cut = queryStart(whole);
  const [pathname, search] = [whole.slice(0, cut), whole.slice(cut + 1)];
  const names: string[] = [];
  const ranks: number[] = [];
  const segments = segmentsOf(pathname).map((segment) => {
    const parts = segment.split(/(\{[^{}]+\})/).filter((part) => part !== "");
    const parameters = parts.filter(isParameter);
    names.push(...parameters.map((part) => part.slice(1, -1)));
    ranks.push(parameters.length === 0 ? 0 : parts.length > 1 ? 1 : 2);
    return parts.map((part) => (isParameter(part) ? "([^/]+)" : literal(part))).join("");
  });
  return { names, ranks, query: [...new URLSearchParams(search)], source: segments.join("/") };
}

/** Where the query of a template begins, outside of any parameter; its end where it has none. */
function queryStart(path: string): number {
  const at = path.replace(/\{[^{}]*\}/g, (name) => "-".repeat(name.length)).indexOf("?");
  return at < 0 ? path.length : at;
}

/** The segments, from before the first slash on; a slash within braces belongs to a name. */
function segmentsOf(pathname: string): string[] {
  const segments = [""];
  for (const part of pathname.split(/(\{[^{}]+\})/)) {
    const [first = "", ...more] = isParameter(part) ? [part] : part.split("/");
    segments.push(segments.pop() + first, ...more);
  }
  return segments;
}

function isParameter(part: string): boolean {
  return /^\{[^{}]+\}$/.test(part);
}

/** The source of a regular expression for a text of a path, sent as it is or percent-encoded. */
function literal(text: string): string {
  if (/^[A-Za-z0-9_~-]*$/.test(text)) return text;
  return [...decoded(text)]
    .map((sign) => {
      if (/[A-Za-z0-9_~-]/.test(sign)) return sign;
      const codes = encoded(sign).replace(/[A-F]/g, (digit) => `[${digit}${digit.toLowerCase()}]`);
      const plain = sign.replace(/[.*+?^$()|[\]\\{}/]/g, "\\$&");
      return sign === "/" || sign === "?" || sign === "#" || sign === "%" ? codes : `(?:${plain}|${codes})`;
    })
    .join("");
}

function encoded(sign: string): string {
  return [...new TextEncoder().encode(sign)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");
}

/** A path with those characters plain that need no encoding, for they mean the same: https://www.rfc-editor.org/rfc/rfc3986#section-2.3 */
export function withoutNeedlessEncoding(pathname: string): string {
  if (!pathname.includes("%")) return pathname;
  return pathname.replace(/%(4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A]|3[0-9]|2[DE]|5F|7E)/gi, (code) =>
    decodeURIComponent(code),
  );
}

/** Which of two templates is tried first: below 0 the first one. Concrete segments come before those with parameters. */
export function compareTemplates(one: PathTemplate, other: PathTemplate): number {
  for (const [index, rank] of one.ranks.entries()) {
    const difference = rank - (other.ranks[index] ?? rank);
    if (difference !== 0) return difference;
  }
  return other.query.length - one.query.length;
}

/**
 * The paths that the URLs of `servers` begin with, as sources of regular expressions; none where they begin at the root, which
 * everything does. https://spec.openapis.org/oas/v3.1.0#server-object
 */
export function basePathsOf(servers: unknown): readonly string[] {
  const found = (Array.isArray(servers) ? servers : []).flatMap((server) => {
    if (!isObject(server) || typeof server.url !== "string") return [];
    const variables = isObject(server.variables) ? server.variables : {};
    // A variable in front stands for the scheme, or for scheme and host.
    const url = server.url.replace(/^\{([^{}]+)\}/, (_, name: string) => usualOf(variables[name]));
    const [path = ""] = url.replace(/^[a-z][a-z0-9+.-]*:/i, "").split(/[?#]/, 1);
    // Behind the host, where there is one.
    const local = path.startsWith("//") ? path.slice(2).replace(/^(?:\{[^{}]*\}|[^/{])*/, "") : path;
    const source = local
      .replace(/\/+$/, "")
      .split(/(\{[^{}]+\})/)
      .map((part) =>
        isParameter(part) ? variableSource(variables[part.slice(1, -1)]) : part.split("/").map(literal).join("/"),
      )
      .join("");
    return source === "" ? [] : [source.startsWith("/") ? source : `/${source}`];
  });
  return [...new Set(found)];
}

function usualOf(variable: unknown): string {
  return isObject(variable) && variable.default !== undefined ? String(variable.default) : "";
}

function variableSource(variable: unknown): string {
  const list = isObject(variable) && Array.isArray(variable.enum) ? variable.enum : [];
  const written = (value: unknown) => String(value).split("/").map(literal).join("/");
  if (list.length > 0) return `(?:${list.map(written).join("|")})`;
  const usual = usualOf(variable);
  return usual === "" ? "[^/]*" : `(?:${written(usual)}|[^/]+)`;
}
