export type { components, operations, paths } from "./api.ts";
export { type Client, type ClientOptions, createClient } from "./connect/client.ts";
export { generateFixtures } from "./connect/generate-fixtures.ts";
export { loadSpec } from "./connect/spec.ts";
export { parseSpec, type Spec, SpecError } from "./document/spec.ts";
export { FixturesError } from "./mock/fixtures.ts";
export { createMock, type Mock, type MockOptions } from "./mock/mock.ts";
export type { Listening, ListenOptions } from "./mock/server.ts";
export type { Customer, Fixtures, PaymentProfile, Sandbox } from "./mock/store/store.ts";
