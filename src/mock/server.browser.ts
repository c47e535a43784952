import { ListenError } from "./listening.ts";

/** What `server.ts` does, in a browser: it has no ports. */
export async function listen(): Promise<never> {
  throw new ListenError("A browser has no port to listen on; hand mock.fetch to a client, or its handlers to MSW.");
}
