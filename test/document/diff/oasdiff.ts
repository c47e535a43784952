/**
 * What the public differ oasdiff checks (`checker/rules.go` of https://github.com/oasdiff/oasdiff), its level for each check, and
 * what we say of a pair of documents that shows it. Its ERR and WARN are a "breaking" of ours, its INFO anything else; where we
 * disagree the row says why.
 */

export type Level = "ERR" | "WARN" | "INFO";
export type Verdict = "breaking" | "harmless" | "same";
export type Members = Readonly<Record<string, unknown>>;

/** A check of theirs, a pair of documents for it, and our word. */
export type Row = {
  readonly id: string;
  readonly level: Level;
  readonly was: unknown;
  readonly is: unknown;
  readonly ours: Verdict;
  readonly because: string | undefined;
};

// ---- pairs: a schema is put where the check looks, which the beginning of its name tells

const string = { type: "string" };
const integer = { type: "integer" };
const number = { type: "number" };
const object = (properties: Members, required: readonly string[] = [], more: Members = {}) => ({
  type: "object",
  properties,
  required,
  ...more,
});
const json = (schema: unknown) => ({ content: { "application/json": { schema } } });
const ok = { description: "Done." };
const kind = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** A document with one operation. */
function operation(members: Members, root: Members = {}) {
  return {
    openapi: "3.1.0",
    info: { title: "Pets", version: "1" },
    paths: { "/pets": { post: { responses: { "200": ok }, ...members } } },
    components: {
      schemas: {
        Cat: object({ kind: string, lives: integer }, ["kind"]),
        Dog: object({ kind: string, bark: string }, ["kind"]),
      },
    },
    ...root,
  };
}

const parameter = (schema: unknown, more: Members = {}) =>
  operation({ parameters: [{ name: "q", in: "query", schema, ...more }] });
const request = (schema: unknown) => operation({ requestBody: { required: true, ...json(schema) } });
const answer = (schema: unknown) => operation({ responses: { "200": { ...ok, ...json(schema) } } });
const header = (schema: unknown) =>
  operation({ responses: { "200": { ...ok, headers: { "X-H": { required: true, schema } } } } });
const marked = (schema: unknown, mark: string) => object({ p: { ...(schema as Members), [mark]: true } });

/** Where a check looks. */
const frames: readonly (readonly [beginning: string, frame: (schema: unknown) => unknown])[] = [
  ["request-parameter-property-", (schema) => parameter(object({ p: schema }), { style: "deepObject", explode: true })],
  ["request-parameter-", parameter],
  ["request-header-property-", (schema) => operation({ parameters: [{ name: "X-H", in: "header", schema }] })],
  ["request-body-", request],
  ["request-read-only-property-", (schema) => request(marked(schema, "readOnly"))],
  ["request-property-", (schema) => request(object({ p: schema }))],
  ["response-header-", header],
  ["response-body-", answer],
  ["response-mediatype-", answer],
  ["response-write-only-property-", (schema) => answer(marked(schema, "writeOnly"))],
  ["response-property-", (schema) => answer(object({ p: schema }, ["p"]))],
];

function frameOf(id: string): (schema: unknown) => unknown {
  const found = frames.find(([beginning]) => id.startsWith(beginning));
  if (!found) throw new Error(`There is no place for ${id}.`);
  return found[1];
}

/** `a-{b,c}` is `a-b` and `a-c`. */
function spread(text: string): string[] {
  const [, before, list, after] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(text) ?? [];
  if (list === undefined) return [text];
  return list.split(",").flatMap((one) => spread(`${before}${one}${after}`));
}

const rows: Row[] = [];

/** A pair of documents for checks, written `name LEVEL, name LEVEL`. */
function documents(checks: string, was: unknown, is: unknown, ours: Verdict, because?: string): void {
  for (const check of checks.split(/,\s+/)) {
    const [name, level] = check.trim().split(" ");
    for (const id of spread(name!)) rows.push({ id, level: level as Level, was, is, ours, because });
  }
}

/** A pair of schemas for checks. */
function schemas(checks: string, was: unknown, is: unknown, ours: Verdict, because?: string): void {
  for (const check of checks.split(/,\s+/)) {
    const [name, level] = check.trim().split(" ");
    for (const id of spread(name!)) {
      const frame = frameOf(id);
      rows.push({ id, level: level as Level, was: frame(was), is: frame(is), ours, because });
    }
  }
}

type Checks = string | readonly [checks: string, because: string];
type Senses = {
  /** Narrower in a request, and wider again. */
  readonly request?: Checks;
  readonly requestBack?: Checks;
  /** Narrower in an answer, and wider again. */
  readonly answer?: Checks;
  readonly answerBack?: Checks;
};

/** Pairs of a wide schema and a narrow one, with what we say both ways in both directions; looked at also where they have no check. */
export const narrowings: (readonly [wide: unknown, narrow: unknown])[] = [];

function narrowing(wide: unknown, narrow: unknown, senses: Senses): void {
  narrowings.push([wide, narrow]);
  const sense = (checks: Checks | undefined, was: unknown, is: unknown, ours: Verdict) => {
    if (checks === undefined) return;
    if (typeof checks === "string") schemas(checks, was, is, ours);
    else schemas(checks[0], was, is, ours, checks[1]);
  };
  sense(senses.request, wide, narrow, "breaking");
  sense(senses.requestBack, narrow, wide, "harmless");
  sense(senses.answer, wide, narrow, "harmless");
  sense(senses.answerBack, narrow, wide, "breaking");
}

// ---- keywords that decide which values there may be

for (const [words, keyword, type, low, high] of [
  ["max", "maximum", "number", 5, 9],
  ["exclusive-max", "exclusiveMaximum", "number", 5, 9],
] as const) {
  narrowing(
    { type, [keyword]: high },
    { type, [keyword]: low },
    {
      request: `request-{body,property,parameter}-${words}-decreased ERR`,
      requestBack: `request-{body,property,parameter}-${words}-increased INFO`,
      answerBack: `response-{body,property}-${words}-increased ERR`,
    },
  );
  narrowing({ type }, { type, [keyword]: low }, { request: `request-{body,property,parameter}-${words}-set WARN` });
  schemas(
    `request-read-only-property-${words}-decreased INFO`,
    { type, [keyword]: high },
    { type, [keyword]: low },
    "same",
  );
}
for (const [words, keyword] of [
  ["min", "minimum"],
  ["exclusive-min", "exclusiveMinimum"],
] as const) {
  const [wide, narrow] = [
    { ...number, [keyword]: 5 },
    { ...number, [keyword]: 9 },
  ];
  narrowing(wide, narrow, {
    request: `request-{body,property,parameter}-${words}-increased ERR`,
    requestBack: `request-{body,property,parameter}-${words}-decreased INFO`,
    answerBack: `response-{body,property}-${words}-decreased ERR`,
  });
  narrowing(number, narrow, { request: `request-{body,property,parameter}-${words}-set WARN` });
  schemas(`request-read-only-property-${words}-increased INFO`, wide, narrow, "same");
}

narrowing(
  { ...string, maxLength: 9 },
  { ...string, maxLength: 5 },
  {
    request: "request-{body,property,parameter}-max-length-decreased ERR",
    requestBack: "request-{body,property,parameter}-max-length-increased INFO",
    answerBack: "response-{body,property}-max-length-increased ERR",
  },
);
narrowing(
  string,
  { ...string, maxLength: 5 },
  {
    request: "request-{body,property,parameter}-max-length-set WARN",
    answerBack: "response-{body,property}-max-length-unset ERR",
  },
);
schemas(
  "request-read-only-property-max-length-decreased INFO",
  { ...string, maxLength: 9 },
  { ...string, maxLength: 5 },
  "same",
);
narrowing(
  { ...string, minLength: 1 },
  { ...string, minLength: 2 },
  {
    request: "request-{body,property,parameter}-min-length-increased ERR",
    requestBack: "request-{body,property,parameter}-min-length-decreased INFO",
    answerBack: "response-{body,property}-min-length-decreased ERR",
  },
);

const list = (more: Members = {}) => ({ type: "array", items: string, ...more });
narrowing(list({ maxItems: 9 }), list({ maxItems: 5 }), {
  request: "request-parameter-max-items-decreased ERR",
  requestBack: "request-parameter-max-items-increased INFO",
});
narrowing(list({ minItems: 1 }), list({ minItems: 2 }), {
  request: "request-{body,property,parameter}-min-items-increased ERR",
  requestBack: "request-parameter-min-items-decreased INFO",
  answerBack: "response-{body,property}-min-items-decreased ERR",
});
narrowing(list(), list({ minItems: 2 }), {
  request: "request-{body,property,parameter}-min-items-set WARN",
  answerBack: "response-{body,property}-min-items-unset ERR",
});
narrowing(list(), list({ uniqueItems: true }), {});
narrowing({ ...number, multipleOf: 0.1 }, { ...number, multipleOf: 0.3 }, {});
narrowing(object({}), object({}, [], { minProperties: 1 }), {});
narrowing(object({}, [], { maxProperties: 9 }), object({}, [], { maxProperties: 5 }), {});
narrowing({}, { not: string }, {});

narrowing(
  string,
  { ...string, pattern: "^a" },
  {
    request: "request-{property,parameter}-pattern-added ERR",
    requestBack: "request-{property,parameter}-pattern-removed INFO",
    answer: "response-property-pattern-added INFO",
    answerBack: ["response-property-pattern-removed INFO", "Texts may come that do not look as promised."],
  },
);
schemas(
  "request-{property,parameter}-pattern-changed WARN",
  { ...string, pattern: "^a" },
  { ...string, pattern: "^b" },
  "breaking",
);
schemas(
  "response-property-pattern-changed INFO",
  { ...string, pattern: "^a" },
  { ...string, pattern: "^b" },
  "breaking",
  "Texts may come that do not look as promised.",
);
narrowing(
  { ...string, pattern: ".*" },
  { ...string, pattern: "^a" },
  {
    requestBack: "request-{property,parameter}-pattern-generalized INFO",
  },
);

narrowing(
  string,
  { ...string, enum: ["a", "b"] },
  {
    request: "request-{body,property,parameter,header-property}-became-enum ERR",
  },
);
narrowing(
  { ...string, enum: ["a", "b"] },
  { ...string, enum: ["a"] },
  {
    request: "request-{body,property,parameter,parameter-property}-enum-value-removed ERR",
    requestBack: "request-{property,parameter,parameter-property}-enum-value-added INFO",
    answer: "response-{property,mediatype}-enum-value-removed INFO",
    answerBack: "response-property-enum-value-added WARN",
  },
);
schemas(
  "request-read-only-property-enum-value-removed INFO",
  { ...string, enum: ["a", "b"] },
  { ...string, enum: ["a"] },
  "same",
);
schemas(
  "response-write-only-property-enum-value-added INFO",
  { ...string, enum: ["a"] },
  { ...string, enum: ["a", "b"] },
  "same",
);
narrowing(
  string,
  { ...string, const: "a" },
  {
    request: "request-{body,property}-const-added ERR",
    requestBack: "request-{body,property}-const-removed INFO",
    answer: "response-{body,property}-const-added INFO",
    answerBack: "response-{body,property}-const-removed ERR",
  },
);
schemas(
  "{request,response}-{body,property}-const-changed ERR",
  { ...string, const: "a" },
  { ...string, const: "b" },
  "breaking",
);

// ---- types

schemas("{request,response}-{body,property}-type-changed ERR", string, integer, "breaking");
schemas("request-parameter-type-changed ERR", string, integer, "breaking");
schemas("response-header-type-changed ERR", integer, { type: "boolean" }, "breaking");
schemas("request-parameter-property-type-changed WARN", integer, { type: "boolean" }, "breaking");
narrowing(number, integer, {
  request: "request-parameter-property-type-specialized ERR",
  requestBack: "request-{body,property,parameter,parameter-property}-type-generalized INFO",
  answer: "response-{body,property,header}-type-specialized INFO",
  answerBack: "response-{body,property,header}-type-generalized ERR",
});
narrowing(
  { type: ["string", "integer"] },
  { type: ["string"] },
  {
    request: "request-{body,property}-list-of-types-narrowed ERR",
    requestBack: "request-{body,property}-list-of-types-widened INFO",
    answer: "response-{body,property}-list-of-types-narrowed INFO",
    answerBack: "response-{body,property}-list-of-types-widened ERR",
  },
);
narrowing(
  { type: ["boolean", "integer"] },
  { type: ["boolean"] },
  {
    request: "request-{parameter,parameter-property}-list-of-types-narrowed ERR",
    requestBack: "request-{parameter,parameter-property}-list-of-types-widened INFO",
  },
);
narrowing({ type: ["string", "null"] }, string, {
  request: "request-{body,property}-became-not-nullable ERR",
  requestBack: "request-{body,property}-became-nullable INFO",
  answer: "response-{body,property}-became-not-nullable INFO",
  answerBack: "response-{body,property}-became-nullable ERR",
});
narrowing({ type: ["integer", "null"] }, integer, {
  request: "request-{parameter,parameter-property}-became-not-nullable ERR",
  requestBack: "request-{parameter,parameter-property}-became-nullable INFO",
  answer: "response-header-became-not-nullable INFO",
  answerBack: "response-header-became-nullable ERR",
});
narrowing({ oneOf: [kind("Cat"), { type: "null" }] }, kind("Cat"), {
  request: "request-{body,property}-became-not-nullable ERR",
  requestBack: "request-{body,property}-became-nullable INFO",
  answer: "response-{body,property}-became-not-nullable INFO",
  answerBack: "response-{body,property}-became-nullable ERR",
});
const form = (schema: unknown) =>
  operation({ requestBody: { content: { "application/x-www-form-urlencoded": { schema } } } });
const text = (schema: unknown) => operation({ responses: { "200": { ...ok, content: { "text/plain": { schema } } } } });
documents(
  "request-property-type-compatible INFO",
  form(object({ p: integer })),
  form(object({ p: string })),
  "harmless",
);
documents(
  "request-body-type-compatible INFO",
  operation({ requestBody: { content: { "text/plain": { schema: integer } } } }),
  operation({ requestBody: { content: { "text/plain": { schema: string } } } }),
  "harmless",
);
documents("response-{body,property}-type-compatible INFO", text(string), text(integer), "harmless");
schemas("response-header-type-compatible INFO", string, integer, "harmless");

// ---- alternatives and what must all hold

for (const [word, keyword] of [
  ["one-of", "oneOf"],
  ["any-of", "anyOf"],
] as const) {
  const [many, few] = [{ [keyword]: [kind("Cat"), kind("Dog"), string] }, { [keyword]: [kind("Cat"), string] }];
  const more = "A client may be answered an alternative that it does not know.";
  narrowing(many, few, {
    request: `request-{body,property}-${word}-removed ERR`,
    requestBack: `request-{body,property}-${word}-added INFO`,
    answer: `response-{body,property}-${word}-removed INFO`,
    answerBack:
      word === "one-of"
        ? "response-{body,property}-one-of-added ERR"
        : ["response-{body,property}-any-of-added INFO", more],
  });
}
schemas(
  "{request,response}-body-wrapped-in-one-of ERR",
  object({ name: string }, ["name"]),
  { oneOf: [kind("Cat"), kind("Dog")] },
  "breaking",
);
narrowing(
  { allOf: [kind("Cat")] },
  { allOf: [kind("Cat"), object({ lives: { maximum: 9 } }, ["lives"])] },
  {
    request: "request-{body,property}-all-of-added ERR",
    requestBack: [
      "request-{body,property}-all-of-removed WARN",
      "With one condition less all is taken that was taken.",
    ],
    answer: "response-{body,property}-all-of-added INFO",
    answerBack: ["response-{body,property}-all-of-removed INFO", "Answers may come that the condition ruled out."],
  },
);
for (const [word, was, is] of [
  ["added", { allOf: [kind("Cat")] }, { allOf: [kind("Cat"), { description: "A cat." }] }],
  ["removed", { allOf: [kind("Cat"), { title: "Tom" }] }, { allOf: [kind("Cat")] }],
] as const)
  schemas(`{request,response}-{body,property}-all-of-${word}-annotation-only INFO`, was, is, "same");

const either = (discriminator?: Members) => ({
  oneOf: [kind("Cat"), kind("Dog")],
  ...(discriminator ? { discriminator } : {}),
});
const [toCat, toDog] = ["#/components/schemas/Cat", "#/components/schemas/Dog"];
const mapped = (mapping: Members) => either({ propertyName: "kind", mapping });
const anyDiscriminator = "{request,response}-{body,property}-discriminator";
schemas(`${anyDiscriminator}-added INFO`, either(), either({ propertyName: "kind" }), "harmless");
schemas(`${anyDiscriminator}-removed INFO`, either({ propertyName: "kind" }), either(), "harmless");
schemas(
  `${anyDiscriminator}-property-name-changed INFO`,
  either({ propertyName: "kind" }),
  either({ propertyName: "sort" }),
  "breaking",
  "Who tells alternatives apart by the old member finds it no more, or is not understood.",
);
const [plainTags, secondTag] = [mapped({ cat: toCat, dog: toDog }), mapped({ cat: toCat, dog: toDog, tom: toCat })];
schemas("request-{body,property}-discriminator-mapping-added INFO", plainTags, secondTag, "harmless");
schemas(
  "request-{body,property}-discriminator-mapping-deleted INFO",
  secondTag,
  plainTags,
  "breaking",
  "A client may send the tag that is no more known.",
);
schemas(
  "response-{body,property}-discriminator-mapping-added INFO",
  plainTags,
  secondTag,
  "breaking",
  "A client may be answered a tag that it does not know.",
);
schemas("response-{body,property}-discriminator-mapping-deleted INFO", secondTag, plainTags, "harmless");
schemas(
  `${anyDiscriminator}-mapping-changed INFO`,
  plainTags,
  mapped({ cat: toDog, dog: toCat }),
  "breaking",
  "What has the tag is of another form.",
);

// ---- keywords of JSON Schema 2020-12

const tuple = (prefixItems: readonly unknown[], more: Members = {}) => ({ type: "array", prefixItems, ...more });
const closedTuple = (...prefixItems: unknown[]) => tuple(prefixItems, { items: false });
narrowing(closedTuple(string, integer), closedTuple(string), {
  request: "request-{body,property}-prefix-items-removed ERR",
  requestBack: "request-{body,property}-prefix-items-added INFO",
  answer: "response-{body,property}-prefix-items-removed INFO",
  answerBack: "response-{body,property}-prefix-items-added ERR",
});
const wasAnything = "Where others may follow, any value could stand in that place before.";
narrowing(tuple([string]), tuple([string, integer]), {
  request: ["request-{body,property}-prefix-items-added INFO", wasAnything],
  requestBack: [
    "request-{body,property}-prefix-items-removed ERR",
    "Where others may follow, any value may stand there.",
  ],
  answer: ["response-{body,property}-prefix-items-added ERR", wasAnything],
  answerBack: [
    "response-{body,property}-prefix-items-removed INFO",
    "Where others may follow, any value may come there.",
  ],
});

const conditional = (more: Members) => object({ a: string, b: integer }, [], { if: { required: ["a"] }, ...more });
const needsB = { required: ["b"] };
narrowing(object({ a: string, b: integer }), conditional(JSON.parse('{"then":{"required":["b"]}}')), {
  request: "request-{body,property}-if-added ERR",
  requestBack: "request-{body,property}-if-removed INFO",
  answer: "response-{body,property}-if-added INFO",
  answerBack: "response-{body,property}-if-removed ERR",
});
for (const branch of ["then", "else"]) {
  const rest = branch === "then" ? { else: needsB } : JSON.parse('{"then":{"required":["b"]}}');
  narrowing(conditional(rest), conditional({ ...rest, [branch]: { properties: { b: { minimum: 1 } } } }), {
    request: `request-{body,property}-${branch}-added ERR`,
    requestBack: `request-{body,property}-${branch}-removed INFO`,
    answer: `response-{body,property}-${branch}-added INFO`,
    answerBack: `response-{body,property}-${branch}-removed ERR`,
  });
}

narrowing(list({ items: {} }), list({ items: {}, contains: integer }), {
  request: "request-{body,property}-contains-added ERR",
  requestBack: "request-{body,property}-contains-removed INFO",
  answer: "response-{body,property}-contains-added INFO",
  answerBack: "response-{body,property}-contains-removed ERR",
});
const containing = (more: Members) => list({ items: {}, contains: integer, ...more });
narrowing(containing({ minContains: 1 }), containing({ minContains: 2 }), {
  request: "request-{body,property}-min-contains-increased ERR",
  requestBack: "request-{body,property}-min-contains-decreased INFO",
  answer: "response-{body,property}-min-contains-increased INFO",
  answerBack: "response-{body,property}-min-contains-decreased ERR",
});
narrowing(containing({ maxContains: 9 }), containing({ maxContains: 5 }), {
  request: "request-{body,property}-max-contains-decreased ERR",
  requestBack: "request-{body,property}-max-contains-increased INFO",
  answer: "response-{body,property}-max-contains-decreased INFO",
  answerBack: "response-{body,property}-max-contains-increased ERR",
});
narrowing(containing({}), list({ items: {}, contains: { ...integer, minimum: 1 } }), {});

const members = (more: Members) => object({ a: string, b: string, c: string }, [], more);
narrowing(members({}), members({ dependentRequired: { a: ["b"] } }), {
  request: "request-{body,property}-dependent-required-added ERR",
  requestBack: "request-{body,property}-dependent-required-removed INFO",
  answer: "response-{body,property}-dependent-required-added INFO",
  answerBack: "response-{body,property}-dependent-required-removed ERR",
});
schemas(
  "{request,response}-{body,property}-dependent-required-changed ERR",
  members({ dependentRequired: { a: ["b"] } }),
  members({ dependentRequired: { a: ["c"] } }),
  "breaking",
);
narrowing(members({ dependentSchemas: { a: needsB } }), members({ dependentSchemas: { a: needsB, c: needsB } }), {
  request: "request-{body,property}-dependent-schema-added ERR",
  requestBack: "request-{body,property}-dependent-schema-removed INFO",
  answer: "response-{body,property}-dependent-schema-added INFO",
  answerBack: "response-{body,property}-dependent-schema-removed ERR",
});
narrowing(members({}), members({ patternProperties: { "^x": integer } }), {
  request: "request-{body,property}-pattern-property-added ERR",
  requestBack: "request-{body,property}-pattern-property-removed INFO",
  answer: "response-{body,property}-pattern-property-added INFO",
  answerBack: "response-{body,property}-pattern-property-removed ERR",
});
narrowing(members({}), members({ propertyNames: { maxLength: 9 } }), {
  request: "request-{body,property}-property-names-added ERR",
  requestBack: "request-{body,property}-property-names-removed INFO",
  answer: "response-{body,property}-property-names-added INFO",
  answerBack: "response-{body,property}-property-names-removed ERR",
});
narrowing(tuple([string]), tuple([string], { unevaluatedItems: false }), {
  request: "request-{body,property}-unevaluated-items-added ERR",
  requestBack: "request-{body,property}-unevaluated-items-removed INFO",
  answer: "response-{body,property}-unevaluated-items-added INFO",
  answerBack: "response-{body,property}-unevaluated-items-removed ERR",
});
const closed = members({ unevaluatedProperties: false });
schemas("request-{body,property}-unevaluated-properties-added ERR", members({}), closed, "breaking");
schemas("request-{body,property}-unevaluated-properties-removed INFO", closed, members({}), "harmless");
schemas("response-{body,property}-unevaluated-properties-added INFO", members({}), closed, "harmless");
schemas(
  "response-{body,property}-unevaluated-properties-removed ERR",
  closed,
  members({}),
  "harmless",
  "A client passes over members that it does not know.",
);

const encoded = (more: Members) => ({ ...string, ...more });
narrowing(
  encoded({ contentMediaType: "application/json" }),
  encoded({ contentMediaType: "application/json", contentSchema: needsB }),
  {
    request: "request-{body,property}-content-schema-added ERR",
    requestBack: "request-{body,property}-content-schema-removed INFO",
    answer: "response-{body,property}-content-schema-added INFO",
    answerBack: "response-{body,property}-content-schema-removed ERR",
  },
);
schemas(
  "{request,response}-{body,property}-content-media-type-changed ERR",
  encoded({ contentMediaType: "application/json" }),
  encoded({ contentMediaType: "text/csv" }),
  "breaking",
);
schemas(
  "{request,response}-{body,property}-content-encoding-changed ERR",
  encoded({ contentEncoding: "base64" }),
  encoded({ contentEncoding: "base32" }),
  "breaking",
);

// ---- what a value means where it is left out

const unsaid = "Where no default was told, no client of today counts on one.";
const meant = "A request that leaves it out means something else.";
const [noDefault, one, two] = [integer, { ...integer, default: 1 }, { ...integer, default: 2 }];
schemas("request-{body,property}-default-value-added INFO", noDefault, one, "harmless");
schemas("request-property-default-value-changed INFO", one, two, "breaking", meant);
schemas("request-property-default-value-removed INFO", one, noDefault, "breaking", meant);
// The body of a request that must have one is never left out.
schemas("request-body-default-value-changed INFO", one, two, "harmless");
schemas("request-body-default-value-removed INFO", one, noDefault, "harmless");
schemas("request-parameter-default-value-added ERR", noDefault, one, "harmless", unsaid);
schemas("request-parameter-default-value-changed ERR", one, two, "breaking");
schemas("request-parameter-default-value-removed ERR", one, noDefault, "breaking");
schemas("response-{body,property}-default-value-added INFO", noDefault, one, "harmless");
schemas("response-{body,property}-default-value-changed INFO", one, two, "harmless");
schemas("response-{body,property}-default-value-removed INFO", one, noDefault, "harmless");

// ---- members that come, go, and are needed or not

const named = (more: Members = {}) => ({ ...string, ...more });
const [few, optional, needed] = [
  object({ a: string }),
  object({ a: string, p: string }),
  object({ a: string, p: string }, ["p"]),
];
const members2 =
  (frame: (schema: unknown) => unknown) =>
  (checks: string, was: unknown, is: unknown, ours: Verdict, because?: string) =>
    documents(checks, frame(was), frame(is), ours, because);
const inRequest = members2(request);
const inAnswer = members2(answer);
const withDefault = object({ a: string, p: { ...string, default: "x" } }, ["p"]);
inRequest("request-property-removed WARN", optional, few, "breaking");
inRequest("new-required-request-property ERR", few, needed, "breaking");
inRequest("new-required-request-property-with-default ERR", few, withDefault, "breaking");
inRequest("new-optional-request-property INFO", few, optional, "harmless");
inRequest("request-property-became-required ERR", optional, needed, "breaking");
inRequest(
  "request-property-became-required-with-default ERR",
  object({ a: string, p: { ...string, default: "x" } }),
  withDefault,
  "breaking",
);
inRequest("request-property-became-optional INFO", needed, optional, "harmless");
inAnswer("response-optional-property-removed WARN", optional, few, "breaking");
inAnswer("response-optional-property-added INFO", few, optional, "harmless");
inAnswer("response-required-property-removed ERR", needed, few, "breaking");
inAnswer("response-required-property-added INFO", few, needed, "harmless");
inAnswer("response-property-became-optional ERR", needed, optional, "breaking");
inAnswer("response-property-became-required INFO", optional, needed, "harmless");

const secret = object({ a: string, p: named({ writeOnly: true }) });
const neededSecret = object({ a: string, p: named({ writeOnly: true }) }, ["p"]);
inAnswer("response-optional-write-only-property-removed INFO", secret, few, "same");
inAnswer("response-optional-write-only-property-added INFO", few, secret, "same");
inAnswer("response-required-write-only-property-removed INFO", neededSecret, few, "same");
inAnswer("response-required-write-only-property-added INFO", few, neededSecret, "same");
inAnswer("response-write-only-property-became-optional INFO", neededSecret, secret, "same");
inAnswer("response-write-only-property-became-required INFO", secret, neededSecret, "same");

const shown = object({ a: string, p: named({ readOnly: true }) });
const neededShown = object({ a: string, p: named({ readOnly: true }) }, ["p"]);
const taken = "A client that sends it is refused or not understood.";
inRequest("request-optional-property-became-not-write-only INFO", secret, optional, "same");
inRequest("request-optional-property-became-write-only INFO", optional, secret, "same");
inRequest("request-optional-property-became-read-only INFO", optional, shown, "breaking", taken);
inRequest("request-optional-property-became-not-read-only INFO", shown, optional, "harmless");
inRequest("request-required-property-became-not-write-only INFO", neededSecret, needed, "same");
inRequest("request-required-property-became-write-only INFO", needed, neededSecret, "same");
inRequest("request-required-property-became-read-only INFO", needed, neededShown, "breaking", taken);
inRequest(
  "request-required-property-became-not-read-only INFO",
  neededShown,
  needed,
  "breaking",
  "It was left out of requests, and must now be in each.",
);
const gone = "A client that reads it finds it no more.";
inAnswer("response-optional-property-became-not-write-only INFO", secret, optional, "harmless");
inAnswer("response-optional-property-became-write-only INFO", optional, secret, "breaking", gone);
inAnswer("response-optional-property-became-{read-only,not-read-only} INFO", optional, shown, "same");
inAnswer(
  "response-required-property-became-not-write-only WARN",
  neededSecret,
  needed,
  "harmless",
  "A client passes over members that it does not know.",
);
inAnswer("response-required-property-became-write-only INFO", needed, neededSecret, "breaking", gone);
inAnswer("response-required-property-became-{read-only,not-read-only} INFO", needed, neededShown, "same");

// ---- parameters, headers, bodies, answers

const query = (more: Members = {}) => ({ name: "q", in: "query", schema: string, ...more });
const taking = (...parameters: Members[]) => operation({ parameters });
documents("new-required-request-parameter ERR", taking(), taking(query({ required: true })), "breaking");
documents("new-optional-request-parameter INFO", taking(), taking(query()), "harmless");
documents("request-parameter-removed WARN", taking(query()), taking(), "breaking");
documents(
  "request-parameter-removed-with-deprecation INFO",
  taking(query({ deprecated: true })),
  taking(),
  "breaking",
  "Who still sends what is deprecated is refused or not understood.",
);
documents("request-parameter-became-required ERR", taking(query()), taking(query({ required: true })), "breaking");
documents("request-parameter-became-optional INFO", taking(query({ required: true })), taking(query()), "harmless");
const onPath = (...parameters: Members[]) => ({
  ...operation({}),
  paths: { "/pets": { parameters, get: { responses: { "200": ok } } } },
});
documents(
  "new-required-request-default-parameter-to-existing-path ERR",
  onPath(),
  onPath(query({ required: true })),
  "breaking",
);
documents("new-optional-request-default-parameter-to-existing-path INFO", onPath(), onPath(query()), "harmless");
const path = (template: string, ...names: string[]) => ({
  ...operation({}),
  paths: {
    [template]: {
      get: {
        parameters: names.map((name) => ({ name, in: "path", required: true, schema: string })),
        responses: { "200": ok },
      },
    },
  },
});
documents("new-request-path-parameter ERR", path("/pets/{a}", "a"), path("/pets/{a}/{b}", "a", "b"), "breaking");
const sentHeader = (schema: unknown) => taking({ name: "X-H", in: "header", schema });
documents("new-required-request-header-property ERR", sentHeader(few), sentHeader(needed), "breaking");
documents("request-header-property-became-required ERR", sentHeader(optional), sentHeader(needed), "breaking");

const bodied = (body?: Members) => operation(body ? { requestBody: body } : {});
const [mayBody, mustBody] = [bodied(json(string)), bodied({ ...json(string), required: true })];
documents("request-body-added-required ERR", bodied(), mustBody, "breaking");
documents("request-body-added-optional INFO", bodied(), mayBody, "harmless");
documents("request-body-removed ERR", mayBody, bodied(), "breaking");
documents("request-body-became-optional INFO", mustBody, mayBody, "harmless");
documents("request-body-became-required ERR", mayBody, mustBody, "breaking");
const typed = (...types: string[]) => Object.fromEntries(types.map((type) => [type, { schema: string }]));
const sent = (...types: string[]) => bodied({ content: typed(...types) });
documents("request-body-media-type-added INFO", sent("text/csv"), sent("text/csv", "text/plain"), "harmless");
documents("request-body-media-type-removed ERR", sent("text/csv", "text/plain"), sent("text/csv"), "breaking");
const media = (media: Members) => ({ content: { "application/json": media } });
const answered = (media: Members) => operation({ responses: { "200": { ...ok, ...media } } });
documents("request-body-media-type-schema-added ERR", bodied(media({})), bodied(json(string)), "breaking");
documents("request-body-media-type-schema-removed INFO", bodied(json(string)), bodied(media({})), "harmless");
documents("response-body-media-type-schema-added INFO", answered(media({})), answered(json(string)), "harmless");
documents("response-body-media-type-schema-removed WARN", answered(json(string)), answered(media({})), "breaking");
const got = (...types: string[]) => answered({ content: typed(...types) });
documents("response-media-type-added INFO", got("text/csv"), got("text/csv", "text/plain"), "harmless");
documents("response-media-type-removed ERR", got("text/csv", "text/plain"), got("text/csv"), "breaking");
documents("response-media-type-name-generalized ERR", got("text/csv"), got("text/*"), "breaking");
documents("response-media-type-name-specialized INFO", got("text/*"), got("text/csv"), "same");
documents(
  "response-media-type-name-changed INFO",
  got("text/csv; header=present"),
  got("text/csv; header=absent"),
  "breaking",
  "A client that asked for the one form gets another.",
);

const headed = (headers: Members) => answered({ headers });
const [mayHeader, mustHeader] = [
  headed({ "X-H": { schema: string } }),
  headed({ "X-H": { schema: string, required: true } }),
];
documents("response-header-became-optional ERR", mustHeader, mayHeader, "breaking");
documents("required-response-header-removed ERR", mustHeader, headed({}), "breaking");
documents("optional-response-header-removed WARN", mayHeader, headed({}), "breaking");
documents("response-header-added INFO", headed({}), mustHeader, "harmless");

const statuses = (...list: string[]) =>
  operation({ responses: Object.fromEntries(["200", ...list].map((status) => [status, ok])) });
documents("response-success-status-removed ERR", statuses("202"), statuses(), "breaking");
documents(
  "response-success-status-added INFO",
  statuses(),
  statuses("202"),
  "breaking",
  "A client that waits for the success of today takes another one for a fault, or for done.",
);
documents("response-non-success-status-removed INFO", statuses("404"), statuses(), "harmless");
documents("response-non-success-status-added INFO", statuses(), statuses("404"), "harmless");

// ---- operations, webhooks, security, words

const paths = (...names: string[]) => ({
  ...operation({}),
  paths: Object.fromEntries(names.map((name) => [name, { get: { responses: { "200": ok } } }])),
});
const methods = (...names: string[]) => ({
  ...operation({}),
  paths: { "/pets": Object.fromEntries(names.map((name) => [name, { responses: { "200": ok } }])) },
});
documents("endpoint-added INFO", paths("/a"), paths("/a", "/b"), "harmless");
documents("api-path-removed-without-deprecation ERR", paths("/a", "/b"), paths("/a"), "breaking");
documents("api-removed-without-deprecation ERR", methods("get", "put"), methods("get"), "breaking");
const old = (...names: string[]) => ({
  ...operation({}),
  paths: Object.fromEntries(names.map((name) => [name, { get: { deprecated: true, responses: { "200": ok } } }])),
});
documents(
  "{api-path,api}-removed-with-deprecation INFO",
  old("/a", "/b"),
  old("/a"),
  "breaking",
  "Who still calls what is deprecated is refused.",
);
const hooks = (...names: string[]) => ({
  ...operation({}),
  webhooks: Object.fromEntries(names.map((name) => [name, { post: { responses: { "200": ok } } }])),
});
documents("webhook-added INFO", hooks("born"), hooks("born", "died"), "harmless");
documents("webhook-removed ERR", hooks("born", "died"), hooks("born"), "breaking");

const schemes = { key: { type: "apiKey", in: "header", name: "X-Key" }, user: { type: "http", scheme: "bearer" } };
const secured = (security: readonly Members[], securitySchemes: Members = schemes) =>
  operation({ security }, { components: { securitySchemes } });
const globally = (security: readonly Members[]) =>
  operation({}, { security, components: { securitySchemes: schemes } });
const [key, user, scoped] = [{ key: [] }, { user: [] }, { user: ["write"] }];
for (const [words, of] of [
  ["api-security", secured],
  ["api-global-security", globally],
] as const) {
  documents(
    `${words}-removed INFO`,
    of([key, user]),
    of([key]),
    "breaking",
    "Who comes with the other credential is refused.",
  );
  documents(`${words}-removed INFO`, of([key]), of([]), "harmless");
  documents(`${words}-added INFO`, of([key]), of([key, user]), "harmless");
  documents(`${words}-added INFO`, of([]), of([key]), "breaking", "Who comes without a credential is refused.");
  documents(
    `${words}-scope-added INFO`,
    of([user]),
    of([scoped]),
    "breaking",
    "A token that was enough lacks the scope.",
  );
  documents(`${words}-scope-removed INFO`, of([scoped]), of([user]), "harmless");
}
const oauth = (more: Members = {}) =>
  secured([{ o: ["read"] }], {
    o: {
      type: "oauth2",
      flows: {
        authorizationCode: { authorizationUrl: "/auth", tokenUrl: "/token", scopes: { read: "Read." }, ...more },
      },
    },
  });
documents("api-security-component-added INFO", secured([key], { key: schemes.key }), secured([key]), "same");
documents("api-security-component-removed INFO", secured([key]), secured([key], { key: schemes.key }), "same");
documents(
  "api-security-component-type-changed INFO",
  secured([key]),
  secured([key], { key: schemes.user }),
  "breaking",
  "The credential of today is no more one where the scheme is asked for.",
);
const elsewhere = "Who asks where the old document said gets no token.";
documents(
  "api-security-component-oauth-url-changed INFO",
  oauth(),
  oauth({ authorizationUrl: "/login" }),
  "breaking",
  elsewhere,
);
documents(
  "api-security-component-oauth-token-url-changed INFO",
  oauth(),
  oauth({ tokenUrl: "/tokens" }),
  "breaking",
  elsewhere,
);
documents(
  "api-security-component-oauth-scope-added INFO",
  oauth(),
  oauth({ scopes: { read: "Read.", write: "Write." } }),
  "same",
);
documents(
  "api-security-component-oauth-scope-removed INFO",
  oauth({ scopes: { read: "Read.", write: "Write." } }),
  oauth(),
  "same",
);
documents("api-security-component-oauth-scope-changed INFO", oauth(), oauth({ scopes: { read: "Reads." } }), "same");

documents(
  "api-operation-id-removed INFO",
  operation({ operationId: "a" }),
  operation({ operationId: "b" }),
  "harmless",
);
documents("api-operation-id-added INFO", operation({}), operation({ operationId: "a" }), "harmless");
documents("api-tag-{added,removed} INFO", operation({ tags: ["a"] }), operation({ tags: ["b"] }), "same");
documents("api-schema-removed INFO", operation({}), operation({}, { components: {} }), "same");

const deprecated = (more: Members = {}) => ({ deprecated: true, ...more });
documents("endpoint-deprecated INFO", operation({}), operation(deprecated()), "harmless");
documents("endpoint-reactivated INFO", operation(deprecated()), operation({}), "harmless");
documents("request-parameter-deprecated INFO", taking(query()), taking(query(deprecated())), "harmless");
documents("request-parameter-reactivated INFO", taking(query(deprecated())), taking(query()), "harmless");
schemas("{request,response}-property-deprecated INFO", string, { ...string, deprecated: true }, "harmless");
schemas("{request,response}-property-reactivated INFO", { ...string, deprecated: true }, string, "harmless");

export const table: readonly Row[] = rows;

/** Checks that have no word of ours, by the reason. */
export const notApplicable: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [
    [
      "A rule of how long before its end a part must be announced (`x-sunset`): a matter of policy, which hurts no client by itself.",
      [
        "{request,response}-property-deprecated-with-sunset",
        "{request,response}-property-deprecated-sunset-{missing,invalid}",
        "{request,response}-property-sunset-date-too-small",
        "api-deprecated-sunset-{parse,missing}",
        "api-sunset-date-too-small",
        "endpoint-deprecated-with-sunset",
        "request-parameter-deprecated-sunset-missing",
        "request-parameter-sunset-{date-too-small,parse,deleted,date-changed-too-small}",
        "request-parameter-removed-before-sunset",
        "api-path-sunset-parse",
        "{api-path,api}-removed-before-sunset",
        "sunset-deleted",
        "api-sunset-date-changed-too-small",
      ],
    ],
    [
      "A promise about future changes (`x-stability-level`), not about requests and answers.",
      ["{api,request-property,response-property}-stability-{decreased,increased}", "api-invalid-stability-level"],
    ],
    [
      "How a version is counted is its author's choice; the exit code says whether something breaks.",
      ["api-version-{not-bumped,decreased}", "api-major-version-not-bumped"],
    ],
    [
      "`x-extensible-enum` is an extension that no standard describes, and whose values bind nobody.",
      ["request-{parameter,property}-x-extensible-enum-value-removed"],
    ],
  ].map(([reason, ids]) => [reason, (ids as string[]).flatMap(spread)]),
);

/** A schema in the places where it is sent, and where it is answered. */
export const places = { request, answer };
