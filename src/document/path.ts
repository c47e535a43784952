import { readTemplate } from "./path-template.ts";

/**
 * Makes the reader of the parameters of a path template, such as `/things/{id}.json`, each as it was sent. What comes before the
 * template, as the path of a server does, is none of it.
 */
export function createPathReader(template: string): (path: string) => Readonly<Record<string, string>> {
  const { names, source } = readTemplate(template);
  const pattern = new RegExp(`${source}$`);
  return (path) => {
    const found = pattern.exec(path);
    return found ? Object.fromEntries(names.map((name, index) => [name, found[index + 1]!])) : {};
  };
}

/** The path of a target, and what follows its question mark; empty where there is none. */
export function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf("?");
  return mark < 0 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** A path with more of a query; some paths begin one themselves. */
export function withQuery(path: string, query: string): string {
  return query === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${query}`;
}
