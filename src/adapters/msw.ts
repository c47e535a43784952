import { type HttpHandler, HttpResponse, http } from "msw";
import type { Mock } from "../mock/mock.ts";
import { baseOf, movedTo } from "./base-url.ts";

/**
 * The handlers of Mock Service Worker that answer every request to an API at `url` by a mock, in `setupServer` as in the worker of
 * a browser. Throws a `TypeError` for what is no URL.
 */
export function mswHandlers(mock: Pick<Mock, "fetch">, url: string | URL): HttpHandler[] {
  const base = baseOf(url);
  const answer = async ({ request }: { readonly request: Request }) => {
    try {
      return await mock.fetch(await atRoot(request, base));
    } catch {
      // A fault has broken the connection off: to the caller, a network error.
      return HttpResponse.error();
    }
  };
  return [http.all(base, answer), http.all(`${base}/*`, answer)];
}

/** The same request to an API that lies at the root of its host. */
async function atRoot(request: Request, base: string): Promise<Request> {
  const { origin } = new URL(base);
  if (base === origin) return request;
  const { method, headers, signal } = request;
  const body = await request.arrayBuffer();
  const given = { method, headers, signal, ...(body.byteLength > 0 ? { body } : {}) };
  return new Request(movedTo(origin, base, request.url), given);
}
