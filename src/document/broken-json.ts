const space = /[ \t\n\r]*/y;
const escaped = /["\\/bfnrt]|u[\da-fA-F]{4}/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Where a text that `JSON.parse` refuses stops being JSON: the position of the first token that cannot stand there, or the
 * length of a text that only breaks off. The parser itself says so for some faults only, and in other words in each version.
 */
export function brokenAt(json: string): number {
  const open: ("{" | "[")[] = [];
  let expected: "value" | "first item" | "name" | "first name" | "colon" | "next" = "value";
  let at = 0;
  const take = (end: number | undefined) => {
    if (end !== undefined) at = end;
    return end !== undefined;
  };

  for (;;) {
    take(endOf(space, json, at));
    const sign = json[at];
    if (sign === undefined) return at;
    if ((expected === "value" || expected === "first item") && (sign === "{" || sign === "[")) {
      open.push(sign);
      expected = sign === "{" ? "first name" : "first item";
      at += 1;
    } else if (
      (expected === "value" || expected === "first item") &&
      (take(endOfString(json, at)) || take(endOf(scalar, json, at)))
    ) {
      expected = "next";
    } else if ((expected === "name" || expected === "first name") && take(endOfString(json, at))) {
      expected = "colon";
    } else if (expected === "colon" && sign === ":") {
      expected = "value";
      at += 1;
    } else if (expected === "next" && sign === "," && open.length > 0) {
      expected = open.at(-1) === "{" ? "name" : "value";
      at += 1;
    } else if (
      (sign === "}" && open.at(-1) === "{" && (expected === "next" || expected === "first name")) ||
      (sign === "]" && open.at(-1) === "[" && (expected === "next" || expected === "first item"))
    ) {
      open.pop();
      expected = "next";
      at += 1;
    } else {
      return at;
    }
  }
}

function endOf(token: RegExp, json: string, at: number): number | undefined {
  token.lastIndex = at;
  return token.test(json) ? token.lastIndex : undefined;
}

/** By hand, because a regular expression would try all ways of cutting up a long string that does not end. */
function endOfString(json: string, start: number): number | undefined {
  if (json[start] !== '"') return undefined;
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === '"') return at + 1;
    if (json[at]! < " ") return undefined;
    if (json[at] !== "\\") continue;
    const end = endOf(escaped, json, at + 1);
    if (end === undefined) return undefined;
    at = end - 1;
  }
  return undefined;
}
