import { isObject, type JsonObject } from "../pointer.ts";
import { plainUrl } from "./servers.ts";
import { type Direction, resolve, type Side } from "./side.ts";
import { breaks, type Comparison, harmless, type OperationSide, speaking, tell } from "./tell.ts";

/**
 * Whoever was let in must still be: each old alternative has to hold all that some new one asks for. Where the API is the client,
 * only what is said there counts, and it must not come with less than before.
 */
export function compareSecurity(
  comparison: Comparison,
  at: string,
  was: OperationSide,
  is: OperationSide,
  asks: Direction,
): void {
  const of = (side: Side, { value }: OperationSide) =>
    securityOf(side, value.security ?? (asks === "request" ? side.document.security : undefined));
  const [before, after] = [of(comparison.old, was), of(comparison.now, is)];
  const lets = (mine: readonly Needs[], theirs: readonly Needs[]) =>
    theirs.every((given) => mine.some((needs) => [...needs.keys()].every((need) => given.has(need))));
  const [short, long] = [false, true].map((whole) => ({
    was: alternatives(before, whole),
    is: alternatives(after, whole),
  }));
  const values = (short!.was === short!.is ? long : short)!;
  const owner = speaking(comparison, was, is, "security");
  const [kept, back] =
    asks === "request" ? [lets(after, before), lets(before, after)] : [lets(before, after), lets(after, before)];
  if (!kept) tell(comparison, at, owner, "security", values, breaks(reasons[asks].breaks));
  else if (!back) tell(comparison, at, owner, "security", values, harmless(reasons[asks].harmless));
}

const reasons = {
  request: {
    breaks: "Clients with the credentials of today are refused.",
    harmless: "The credentials of today are still let in.",
  },
  answer: {
    breaks: "Clients that ask for the credentials of today miss them.",
    harmless: "Clients still find the credentials of today.",
  },
} as const;

/** What one alternative asks for: a scheme as a client sees it, and each scope of it, to the name for a reader. */
type Needs = ReadonlyMap<string, string>;

function securityOf(side: Side, given: unknown): Needs[] {
  const { document } = side;
  const components = isObject(document.components) ? document.components : {};
  const schemes = isObject(components.securitySchemes) ? components.securitySchemes : {};
  const list = Array.isArray(given) ? given.filter(isObject) : [];
  if (list.length === 0) return [new Map()];
  return list.flatMap((alternative) =>
    Object.entries(alternative).reduce<readonly Needs[]>(
      (all, [name, scopes]) => {
        const asked = Array.isArray(scopes) ? scopes.map(String) : [];
        const ways = signaturesOf(resolve(side, schemes[name])).map((signature) => [
          [signature, name] as const,
          ...asked.map((scope) => [`${signature} ${scope}`, scope] as const),
        ]);
        return all.flatMap((needs) => ways.map((way) => new Map([...needs, ...way])));
      },
      [new Map()],
    ),
  );
}

/** A security scheme as it shows on the wire: its own name and what is said about it do not. Each flow is a way of its own. */
function signaturesOf(scheme: JsonObject): readonly string[] {
  const { type, in: where, name, scheme: kind, openIdConnectUrl, flows } = scheme;
  const header = where === "header" ? String(name).toLowerCase() : name;
  const signature = [type, where, header, kind && String(kind).toLowerCase(), urlIn(openIdConnectUrl)];
  const ways = Object.entries(isObject(flows) ? flows : {}).filter(([flow]) => !flow.startsWith("x-"));
  if (ways.length === 0) return [JSON.stringify(signature)];
  return ways.map(([flow, value]) => {
    const { authorizationUrl, tokenUrl } = isObject(value) ? value : {};
    return JSON.stringify([...signature, flow, urlIn(authorizationUrl), urlIn(tokenUrl)]);
  });
}

function urlIn(value: unknown): unknown {
  return typeof value === "string" ? plainUrl(value) : value;
}

/** Alternatives by the names of their schemes, or with all that tells one from another of its name. */
function alternatives(list: readonly Needs[], whole: boolean): string {
  const parts = (signature: string) => (signature.match(/"[^"]*"/g) ?? []).map((part) => part.slice(1, -1));
  const told = ([need, name]: [string, string]) =>
    whole && need.startsWith("[") && need.endsWith("]") ? [name, ...parts(need)].join(" ") : name;
  return [...new Set(list.map((needs) => [...needs].map(told).join(" + ") || "nothing"))].join(", or ");
}
