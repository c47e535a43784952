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
  return (operation) => isPlain(operation) && shapes.get(shapeOf(operation)) === 1;
}

/** What two operations have in common that one route would answer; Hono answers HEAD by the routes of GET. */
function shapeOf({ method, path: template }: Operation): string {
  const [path = ""] = template.split(/[?#]/, 1);
  return `${method === "HEAD" ? "GET" : method} ${path.replace(/[^/]*\{[^}]*\}[^/]*/g, ":")}`;
}
