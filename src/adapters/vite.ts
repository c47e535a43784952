import { createMock } from "../commands/connect-mock.ts";
import type { Incoming, Outgoing } from "../mock/context.ts";
import type { Mock, MockOptions } from "../mock/mock.ts";
import { listenerOf } from "../mock/server.ts";

export type UnderstudyOptions = MockOptions & {
  /** The path under which the dev server answers for the API; `/api` by default. */
  readonly path?: string;
};

/** What of Vite's servers the plugin needs. */
export type MiddlewareServer = {
  readonly middlewares: {
    use(path: string, handler: (request: Incoming, response: Outgoing) => void): unknown;
  };
};

/** A plugin of Vite, as far as this one goes. */
export type UnderstudyPlugin = {
  readonly name: "connect-understudy";
  /** The mock itself, to arrange its worlds. */
  readonly api: Mock;
  configureServer(server: MiddlewareServer): void;
  configurePreviewServer(server: MiddlewareServer): void;
};

/**
 * A plugin of Vite that mounts a mock in the dev server and in the preview, under a path of the page's own origin. It takes what
 * `createMock` takes, and throws what that throws.
 */
export function understudy({ path = "/api", ...options }: UnderstudyOptions = {}): UnderstudyPlugin {
  if (!/^\/[^?#]*[^/?#]$/.test(path))
    throw new TypeError(`path should be one such as "/api"; received ${JSON.stringify(path)}.`);
  const mock = createMock(options);
  // Connect takes the path off before it hands a request on.
  const mount = ({ middlewares }: MiddlewareServer) => {
    const listener = listenerOf(mock.app.fetch) as (request: unknown, response: unknown) => void;
    middlewares.use(path, listener);
  };
  return { name: "connect-understudy", api: mock, configureServer: mount, configurePreviewServer: mount };
}
