import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { closest, show } from "../document/problem.ts";
import type { Spec } from "../document/spec.ts";
import { isObject } from "../document/validator.ts";
import type { MockOptions } from "../mock/mock.ts";
import type { FreshImports } from "./fresh-imports.ts";

/** A file of handlers that cannot be used; the message says why, and what would be right. */
export class HandlersError extends Error {
  override name = "HandlersError";
}

/** What a file of handlers gives a mock. */
export type Given = Pick<MockOptions, "handlers" | "fixtures" | "collections" | "check" | "announce">;

const members = ["handlers", "fixtures", "collections", "check", "announce"] as const;

const right = "such as `export default { async getBook({ path }, sandbox) { return { status: 200, body: {} }; } }`";

/**
 * Loads the default export of a module: handlers by operationId, or an object with `handlers`, `fixtures`, `collections`, `check`
 * and `announce`; with `fresh`, as it is now, whatever was loaded before. Throws a `HandlersError`.
 */
export async function loadHandlers(file: string, spec: Spec, fresh?: FreshImports): Promise<Given> {
  const given = await defaultExport(file, (href) => (fresh ? fresh.import(href) : import(href)));
  // A file of CommonJS that exports nothing exports an empty object.
  const isNothing = given === undefined || (isObject(given) && Object.keys(given).length === 0);
  if (isNothing || !isObject(given)) {
    const received = isNothing ? "it has none" : `received ${typeof given === "function" ? "a function" : show(given)}`;
    throw new HandlersError(
      `The default export of ${file} should hold handlers by operationId, ${right}; ${received}.`,
    );
  }
  const isWhole = isObject(given.handlers) || members.some((name) => name !== "handlers" && name in given);
  const { handlers = {} } = isWhole ? given : { handlers: given };
  const stranger = isWhole
    ? Object.keys(given).find((name) => !(members as readonly string[]).includes(name))
    : undefined;
  if (stranger !== undefined)
    throw new HandlersError(`The default export of ${file} takes ${members.join(", ")}; received "${stranger}".`);
  if (!isObject(handlers))
    throw new HandlersError(
      `handlers of ${file} should be an object by operationId, ${right}; received ${show(handlers)}.`,
    );
  checkHandlers(file, handlers, spec);
  return isWhole ? (given as Given) : { handlers: handlers as NonNullable<Given["handlers"]> };
}

function checkHandlers(file: string, handlers: object, spec: Spec): void {
  const ids = spec.operations.map(({ id }) => id);
  for (const [id, handler] of Object.entries(handlers)) {
    if (!ids.includes(id)) {
      const near = closest(id, ids);
      const hint = near === undefined ? `It has ${listed(ids)}.` : `Did you mean "${near}"?`;
      throw new HandlersError(
        `${file} has a handler of "${id}", an operation that the document does not declare. ${hint}`,
      );
    }
    if (typeof handler !== "function")
      throw new HandlersError(`The handler of ${id} in ${file} should be a function; received ${show(handler)}.`);
  }
}

/** So many names are told; a document may have a thousand. */
const mostNames = 10;

function listed(names: readonly string[]): string {
  const more = names.length - mostNames;
  return names.slice(0, mostNames).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

async function defaultExport(
  file: string,
  load: (href: string) => Promise<{ readonly default?: unknown }>,
): Promise<unknown> {
  if (!existsSync(file)) throw new HandlersError(`Cannot read the handlers ${file}: there is no such file.`);
  const { href } = pathToFileURL(resolve(file));
  try {
    return (await load(href)).default;
  } catch (error) {
    if (!isForeign(error, file)) throw unloaded(file, error);
  }
  await registerTypeScript(file);
  try {
    // Under another address, for Node remembers that it could not load the first.
    return (await load(`${href}?typescript`)).default;
  } catch (error) {
    throw unloaded(file, error);
  }
}

/** Whether this Node cannot load a file for its being TypeScript; it can from 22.18 on. */
function isForeign(error: unknown, file: string): boolean {
  return (error as NodeJS.ErrnoException).code === "ERR_UNKNOWN_FILE_EXTENSION" && /\.[mc]?tsx?$/.test(file);
}

/** Has Node load TypeScript from here on, by the `tsx` that is installed beside the file. https://tsx.hirok.io/dev-api/register-esm */
async function registerTypeScript(file: string): Promise<void> {
  try {
    await import(pathToFileURL(createRequire(resolve(file)).resolve("tsx/esm")).href);
  } catch {
    throw new HandlersError(
      `Node ${process.versions.node} cannot load TypeScript such as ${file}: take Node 22.18 or later, install tsx beside it (npm install --save-dev tsx), or give the JavaScript that it compiles to.`,
    );
  }
}

function unloaded(file: string, error: unknown): HandlersError {
  const message = error instanceof Error ? error.message : String(error);
  return new HandlersError(`Cannot load the handlers ${file}: ${message.split("\n", 1)[0]}.`);
}
