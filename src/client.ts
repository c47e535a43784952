export type { components, operations, paths } from "./api.ts";
export { type Client, type ClientOptions, createClient } from "./connect/client.ts";
