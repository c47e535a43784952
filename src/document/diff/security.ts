import { isObject, type JsonObject } from "../pointer.ts";
import { resolve, type Side } from "./side.ts";
import { breaks, type Comparison, harmless, type OperationSide, speaking, tell } from "./tell.ts";

/** Whoever was let in must still be: each old alternative has to hold all that some new one asks for. */
export function compareSecurity(comparison: Comparison, at: string, was: OperationSide, is: OperationSide): void {
  const [before, after] = [securityOf(comparison.old, was.value), securityOf(comparison.now, is.value)];
  const lets = (mine: readonly Needs[], theirs: readonly Needs[]) =>
    theirs.every((given) => mine.some((needs) => [...needs.keys()].every((need) => given.has(need))));
  const values = { was: alternatives(before), is: alternatives(after) };
  const owner = speaking(comparison, was, is, "security");
  if (!lets(after, before)) {
    const why = "Clients with the credentials of today are refused.";
    tell(comparison, at, owner, "security", values, breaks(why));
  } else if (!lets(before, after))
    tell(comparison, at, owner, "security", values, harmless("The credentials of today are still let in."));
}

/** What one alternative asks for: a scheme as a client sees it, and each scope of it, to the name for a reader. */
type Needs = ReadonlyMap<string, string>;

function securityOf(side: Side, operation: JsonObject): Needs[] {
  const { document } = side;
  const components = isObject(document.components) ? document.components : {};
  const schemes = isObject(components.securitySchemes) ? components.securitySchemes : {};
  const given = operation.security ?? document.security;
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
  const signature = [type, where, header, String(kind).toLowerCase(), openIdConnectUrl];
  const ways = Object.entries(isObject(flows) ? flows : {}).filter(([flow]) => !flow.startsWith("x-"));
  if (ways.length === 0) return [JSON.stringify(signature)];
  return ways.map(([flow, value]) => {
    const { authorizationUrl, tokenUrl } = isObject(value) ? value : {};
    return JSON.stringify([...signature, flow, authorizationUrl, tokenUrl]);
  });
}

function alternatives(list: readonly Needs[]): string {
  return [...new Set(list.map((needs) => [...needs.values()].join(" + ") || "nothing"))].join(", or ");
}
