import type { Operation, Spec } from "../document/spec.ts";

/** A path template as Hono writes it: `/books/:bookId`. */
export function routeOf({ path }: Operation): string {
  return path.replace(/\/\{([^}/]+)\}(?=\/|$)/g, "/:$1");
}

/** Tells which operations have a route that says all that their template does, and says it alone. */
export function routable({ operations }: Spec): (operation: Operation) => boolean {
  const shapes = new Map<string, number>();
  for (const operation of operations) shapes.set(shapeOf(operation), (shapes.get(shapeOf(operation)) ?? 0) + 1);
  const isPlain = ({ path }: Operation) => /^[\w/.~$!&'(),;=@-]*$/.test(path.replace(/\/\{[^}/]+\}(?=\/|$)/g, "/"));
  const alone = operations.filter((operation) => isPlain(operation) && shapes.get(shapeOf(operation)) === 1);
  const others = operations.filter((operation) => !alone.includes(operation));
  // A route would answer before the one that has none, and that says it more closely, is looked for.
  const routed = new Set(alone.filter((operation) => !others.some((other) => covers(operation, other))));
  return (operation) => routed.has(operation);
}

/** Whether each path of another operation is one of this operation's as well. */
function covers(operation: Operation, other: Operation): boolean {
  const [own, theirs] = [operation, other].map((one) => shapeOf(one).split("/"));
  return own!.length === theirs!.length && own!.every((part, index) => part === ":" || part === theirs![index]);
}

/** What two operations have in common that one route would answer; Hono answers HEAD by the routes of GET. */
function shapeOf({ method, path: template }: Operation): string {
  const [path = ""] = template.split(/[?#]/, 1);
  return `${method === "HEAD" ? "GET" : method} ${path.replace(/[^/]*\{[^}]*\}[^/]*/g, ":")}`;
}
