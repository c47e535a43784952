import type { RequestInput } from "./context.ts";
import type { Sandbox } from "./store/store.ts";

/** The shape of an operation as openapi-typescript writes it. */
export type AnyOperation = { parameters: { query?: unknown; path?: unknown }; responses: object };

/** What a handler is given: a request that the document has accepted, its parameters read and defaults filled in. */
export type Input<Operation extends AnyOperation> = {
  readonly path: Readonly<NonNullable<Operation["parameters"]["path"]>>;
  readonly query: Readonly<NonNullable<Operation["parameters"]["query"]>>;
  readonly body: Operation extends { requestBody?: { content: { "application/json": infer Body } } }
    ? Readonly<Body>
    : undefined;
};

/** The statuses that a handler may answer. */
export type SuccessStatus = 200 | 201 | 202 | 203 | 204;

/** What a handler answers: a declared success. What it refuses, it throws as a `Problem`. */
export type Output<Operation extends AnyOperation> = {
  [Status in keyof Operation["responses"] & SuccessStatus]: {
    readonly status: Status;
    readonly body: Operation["responses"][Status] extends { content: { "application/json": infer Body } }
      ? Body
      : undefined;
    /** Headers of the answer, beside those that its status must have. */
    readonly headers?: Readonly<Record<string, string>>;
  };
}[keyof Operation["responses"] & SuccessStatus];

/** Carries out one operation in one sandbox; `usual` does what the mock would do without this handler, and answers what that answers. */
export type Handler<Operation extends AnyOperation> = (
  input: Input<Operation>,
  sandbox: Sandbox,
  usual: () => Promise<Output<Operation>>,
) => Promise<Output<Operation>>;

/**
 * Handlers by operationId, for the `operations` that openapi-typescript makes of a document. An operation that has none is
 * answered from its schema and examples.
 */
export type Handlers<Operations> = {
  readonly [Id in keyof Operations]?: Operations[Id] extends AnyOperation ? Handler<Operations[Id]> : never;
};

/** What a handler of any operation answers. */
export type Said = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
};

/** What is sent little by little, until the client goes: then the signal aborts. */
export type Streamed = {
  readonly status: number;
  readonly type: string;
  readonly stream: (signal: AbortSignal) => ReadableStream<Uint8Array>;
};

/** A handler of the mock's own, which nothing stands behind. */
export type OwnHandler = (input: RequestInput, sandbox: Sandbox) => Promise<Said>;

/** A handler of any operation, as the mock calls it. */
export type AnyHandler = (input: RequestInput, sandbox: Sandbox, usual: () => Promise<Said>) => Promise<Said>;
