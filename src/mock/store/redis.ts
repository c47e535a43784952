import type { RedisStoreOptions, SharedStore } from "./redis/store.ts";
import type { Store } from "./store.ts";

/** A store on Redis that is read and reached at its first use: whoever keeps everything in memory loads nothing of it. */
export function openRedisStore(options: RedisStoreOptions): SharedStore {
  let made: Promise<SharedStore> | undefined;
  const store = () => {
    made ??= import("./redis/store.ts").then(({ createRedisStore }) => createRedisStore(options));
    return made;
  };
  const snapshots = async () => (await store()).snapshots;
  return {
    sandbox: async (apiKey) => (await store()).sandbox(apiKey),
    list: async () => (await store()).list(),
    remove: async (apiKey) => (await store()).remove(apiKey),
    reset: async () => (await store()).reset(),
    stop: async () => (await made)?.stop(),
    close: async () => (await made)?.close?.(),
    reopen: async (given, fit) => (await store()).reopen(given, fit),
    snapshots: {
      list: async () => (await snapshots()).list(),
      get: async (name) => (await snapshots()).get(name),
      keep: async (name, kept, most) => (await snapshots()).keep(name, kept, most),
      remove: async (name) => (await snapshots()).remove(name),
    },
  } satisfies Store & SharedStore;
}
