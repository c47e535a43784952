export type { components, operations, paths } from "./api.ts";
export { type Client, type ClientOptions, createClient } from "./connect/client.ts";
export { type DetailCode, detailCodes, type ErrorCode, errorCodes } from "./connect/codes.ts";
export type { BillingInput, CustomerChange, CustomerInput } from "./connect/records.ts";
