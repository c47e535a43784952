import { createRequire, register } from "node:module";
import { dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel } from "node:worker_threads";

/** Reads a module anew each time, and with it those of its own that it imports. */
export type FreshImports = {
  /** The default export and all others of the module at a `file:` address. */
  import(href: string): Promise<{ readonly default?: unknown }>;
  /** The files of the modules that were imported so. */
  readonly files: ReadonlySet<string>;
  /** Calls `listener` whenever there is another file. */
  onFile(listener: () => void): void;
};

/** What Node asks where an import leads to: what a fresh module names relatively is fresh too. https://nodejs.org/api/module.html#hooks */
const hooks = `
  let port;
  export function initialize(data) { port = data.port; }
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    const [, fresh] = /[?&](fresh=\\d+)$/.exec(context.parentURL ?? "") ?? [];
    if (!fresh || !/^[.]{1,2}[/]/.test(specifier) || !found.url.startsWith("file:")) return found;
    port.postMessage(found.url);
    return { ...found, url: found.url + (found.url.includes("?") ? "&" : "?") + fresh };
  }
`;

/**
 * Makes what reads modules anew. What is imported by the name of a package stays as it is, and so does what CommonJS requires from
 * outside of the module's folder; what it requires is not among the files. Node forgets no module: each reading stays in memory.
 */
export function createFreshImports(): FreshImports {
  const { port1, port2 } = new MessageChannel();
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: { port: port2 }, transferList: [port2] });
  const files = new Set<string>();
  const { cache } = createRequire(import.meta.url);
  let count = 0;
  let tell = () => {};
  port1.on("message", (url: string) => {
    const file = fileURLToPath(url);
    if (files.has(file)) return;
    files.add(file);
    tell();
  });
  port1.unref();

  return {
    files,
    onFile(listener) {
      tell = listener;
    },
    import(href) {
      const home = dirname(fileURLToPath(href)) + sep;
      for (const name of Object.keys(cache))
        if (name.startsWith(home) && !name.includes("node_modules")) delete cache[name];
      count += 1;
      return import(`${href}${href.includes("?") ? "&" : "?"}fresh=${count}`);
    },
  };
}
