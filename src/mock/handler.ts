import type { operations } from "../api.ts";
import type { Sandbox } from "./store/store.ts";

type Responses<Id extends keyof operations> = operations[Id]["responses"];
type Parameters<Id extends keyof operations> = operations[Id]["parameters"];

/** What a handler is given: a request that the document has accepted, its parameters read and defaults filled in. */
export type Input<Id extends keyof operations> = {
  readonly path: Parameters<Id>["path"];
  readonly query: Readonly<NonNullable<Parameters<Id>["query"]>>;
  readonly body: operations[Id] extends { requestBody: { content: { "application/json": infer Body } } }
    ? Readonly<Body>
    : undefined;
};

/** What a handler answers: a declared success. What it refuses, it throws as a `Problem`. */
export type Output<Id extends keyof operations> = {
  [Status in keyof Responses<Id> & (200 | 201 | 204)]: {
    readonly status: Status;
    readonly body: Responses<Id>[Status] extends { content: { "application/json": infer Body } } ? Body : undefined;
  };
}[keyof Responses<Id> & (200 | 201 | 204)];

/** Carries out one operation in one sandbox. */
export type Handler<Id extends keyof operations> = (input: Input<Id>, sandbox: Sandbox) => Promise<Output<Id>>;

/** Handlers by operationId. An operation of the document that has none is answered from its schema and examples. */
export type Handlers = { readonly [Id in keyof operations]?: Handler<Id> };
