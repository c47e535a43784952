/*
 * The document as the page shows it: small, and made to be read as it is. What many places share (schemas, parameters, answers,
 * examples) stands once in a list of its own, and is named by its number there. What is not said is left out.
 */

/** How surely something is known, where that is not `documented`. */
export type Doubt = "inferred" | "assumed";

/** A rule of a schema in words, and its doubt. */
export type Rule = readonly [text: string, doubt?: Doubt];

/** A member of an object: its name, its schema, whether it is required, and how surely. */
export type Member = {
  readonly name: string;
  readonly schema: number;
  readonly required?: true;
  readonly doubt?: Doubt;
};

/** Ways in which a value may be valid beside what is said of all. */
export type Union = {
  readonly how: "one of" | "any of" | "depending on the rest";
  readonly by?: string;
  readonly of: readonly { readonly label: string; readonly schema: number }[];
};

export type Schema = {
  /** Under which name the document keeps it. */
  readonly name?: string;
  readonly title?: string;
  readonly description?: string;
  /** Such as `string`, or `string or null`. */
  readonly type?: string;
  readonly typeDoubt?: Doubt;
  readonly rules?: readonly Rule[];
  /** All values that there are, as JSON. */
  readonly values?: readonly string[];
  /** Those of them that are known more or less surely than the whole; `null` where one is documented. */
  readonly valueDoubts?: Readonly<Record<string, Doubt | null>>;
  readonly default?: string;
  readonly example?: string;
  readonly members?: readonly Member[];
  /** The schema of members that have no name here. */
  readonly rest?: number;
  readonly items?: number;
  readonly unions?: readonly Union[];
  readonly doubt?: Doubt;
  readonly marks?: readonly ("read only" | "write only" | "deprecated")[];
};

export type Parameter = {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required?: true;
  readonly deprecated?: true;
  readonly description?: string;
  readonly schema?: number;
  readonly doubt?: Doubt;
  /** What to begin with; as it is written on the wire where it `isWritten`, for then it has parts. */
  readonly example?: string;
  readonly isWritten?: true;
};

/** A body to show, by what it is called; `key` is its name in the document, by which a mock can be asked for it. */
export type Example = { readonly name: string; readonly key?: string; readonly value: number };

export type Media = {
  readonly type: string;
  /** What its first example is sent as, where that is more: a boundary. */
  readonly sentAs?: string;
  readonly schema?: number;
  /** The first is the likeliest. What was made of the schema has no name. */
  readonly examples?: readonly Example[];
};

export type Answer = {
  readonly status: string;
  readonly description?: string;
  readonly doubt?: Doubt;
  readonly headers?: readonly Parameter[];
  readonly content?: readonly Media[];
};

export type Operation = {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly deprecated?: true;
  readonly doubt?: Doubt;
  /** Alternatives of schemes that must be met together; the first one is tried. */
  readonly security?: readonly (readonly string[])[];
  /** The header of the idempotency key. */
  readonly keyHeader?: string;
  readonly parameters?: readonly number[];
  readonly body?: { readonly required?: true; readonly description?: string; readonly content: readonly Media[] };
  readonly answers: readonly number[];
};

/** How a credential is sent. */
export type Scheme = {
  readonly id: string;
  readonly description?: string;
  readonly in: "header" | "query" | "cookie";
  readonly name: string;
  /** What stands before it, such as `Bearer`. */
  readonly prefix?: string;
  readonly doubt?: Doubt;
};

/** A code of errors, or of what is wrong within one. */
export type Code = {
  readonly code: string;
  /** The member that has it: `code`, or `details[].code`. */
  readonly member: string;
  readonly message?: string;
  readonly statuses: readonly string[];
  /** The operations that answer it, by their number; none where the document does not tell. */
  readonly operations: readonly number[];
  readonly doubt?: Doubt;
};

/** The idempotency rules that some operations share: each a name and what is said of it. */
export type Idempotency = {
  readonly header: string;
  readonly operations: readonly number[];
  readonly rows: readonly (readonly [name: string, text: string, doubt?: Doubt])[];
  /** The refusals of a used key and of one in use, such as `409 idempotency_key_mismatch`. */
  readonly mismatch?: string;
  readonly locked?: string;
};

/** What a contract run has found of an operation. */
export type Result = { readonly id: string; readonly title: string; readonly outcome: string };

export type Results = {
  /** The deployment that it was sent to, and when it began. */
  readonly target: string;
  readonly startedAt: string;
  /** By operation. */
  readonly cases: Readonly<Record<string, readonly Result[]>>;
};

export type Model = {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  /** Servers that are more than a path. */
  readonly servers: readonly { readonly url: string; readonly description?: string }[];
  readonly schemes: readonly Scheme[];
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly operations: readonly Operation[];
  readonly webhooks: readonly Operation[];
  readonly parameters: readonly Parameter[];
  readonly answers: readonly Answer[];
  readonly schemas: readonly Schema[];
  readonly examples: readonly unknown[];
  readonly codes: readonly Code[];
  readonly idempotency: readonly Idempotency[];
  /** Whether the document says how surely things are known. */
  readonly hasDoubts: boolean;
  /** Whether the client of this package has the types of this API without being told. */
  readonly hasClient?: true;
  /** Whether a mock serves the page; a file is for itself. */
  readonly isServed: boolean;
};
