import type { Operation, Spec } from "../document/spec.ts";

/** A path template as Hono writes it: `/books/:bookId`. */
export function routeOf({ path }: Operation): string {
  return path.replace(/\/\{([^}/]+)\}(?=\/|$)/g, "/:$1");
}

/** Tells which operations have a route that says all that their template does, and says it alone. */
export function routable({ operations }: Spec): (operation: Operation) => boolean {
  const counts = new Map<string, number>();
  const shapes = new Map(operations.map((operation) => [operation, shapeOf(operation)] as const));
  for (const shape of shapes.values()) counts.set(shape, (counts.get(shape) ?? 0) + 1);
  const isPlain = ({ path }: Operation) => /^[\w/.~$!&'(),;=@-]*$/.test(path.replace(/\/\{[^}/]+\}(?=\/|$)/g, "/"));
  const isAlone = (operation: Operation) => isPlain(operation) && counts.get(shapes.get(operation)!) === 1;
  const routed = new Set<Operation>();
  const before: string[] = [];
  // A route would answer before those that have none, and that go before it, are looked for.
  for (const [operation, shape] of shapes) {
    if (isAlone(operation) && !before.some((other) => overlap(shape, other))) routed.add(operation);
    else before.push(shape);
  }
  return (operation) => routed.has(operation);
}

/** Whether a path may be one of either operation, by their shapes. */
function overlap(shape: string, other: string): boolean {
  const [own, theirs] = [shape, other].map((one) => one.split("/"));
  return (
    own!.length === theirs!.length &&
    own!.every((part, index) => part === ":" || theirs![index] === ":" || part === theirs![index])
  );
}

/** What two operations have in common that one route would answer; Hono answers HEAD by the routes of GET. */
function shapeOf({ method, path: template }: Operation): string {
  const [path = ""] = template.split(/[?#]/, 1);
  return `${method === "HEAD" ? "GET" : method} ${path.replace(/[^/]*\{[^}]*\}[^/]*/g, ":")}`;
}
