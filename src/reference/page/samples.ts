import type { Model, Operation } from "../model.ts";
import { type Filled, isKey, nameOf, parametersOf, type Request, requestOf, schemesOf } from "./request.ts";
import { quoted } from "./shell.ts";

/** A request in a language: its name, and the text to copy. */
export type Sample = { readonly label: string; readonly text: string };

/** A request as what people send requests with writes it. */
export function samplesOf(model: Model, operation: Operation, filled: Filled): readonly Sample[] {
  const request = requestOf(model, operation, filled);
  return [
    { label: "curl", text: curlOf(request) },
    { label: "fetch", text: fetchOf(request) },
    { label: "createClient", text: clientOf(model, operation, filled) },
    { label: "HTTPie", text: httpieOf(request) },
  ];
}

export function curlOf({ method, url, headers, body }: Request): string {
  const words = [
    method === "GET" ? `curl -i ${quoted(url)}` : `curl -i -X ${method} ${quoted(url)}`,
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-raw ${quoted(body)}`]),
  ];
  return words.join(" \\\n  ");
}

function httpieOf({ method, url, headers, body }: Request): string {
  const words = [
    `http ${method} ${quoted(url)}`,
    ...headers.map(([name, value]) => quoted(`${name}:${value}`)),
    ...(body === undefined ? [] : [`--raw ${quoted(body)}`]),
  ];
  return words.join(" \\\n  ");
}

function fetchOf({ method, url, headers, body }: Request): string {
  const isJson = headers.some(([name, value]) => name === "Content-Type" && /[/+]json\b/.test(value));
  const settings = [
    ...(method === "GET" ? [] : [`  method: ${JSON.stringify(method)},`]),
    ...(headers.length === 0 ? [] : [`  headers: ${indented(script(Object.fromEntries(headers)))},`]),
    ...(body === undefined
      ? []
      : [`  body: ${isJson ? `JSON.stringify(${indented(laidOut(body))})` : JSON.stringify(body)},`]),
  ];
  const rest = settings.length === 0 ? "" : `, {\n${settings.join("\n")}\n}`;
  return `const response = await fetch(${JSON.stringify(url)}${rest});\nconsole.log(response.status, await response.text());`;
}

/** The client of this package, typed by the document; where a credential goes into no header, the one that it is made of. */
function clientOf(model: Model, operation: Operation, filled: Filled): string {
  const { headers, body } = requestOf(model, operation, filled);
  const params: Record<string, Record<string, unknown>> = {};
  for (const parameter of parametersOf(model, operation)) {
    const value = isKey(operation, parameter) ? filled.key : filled.values[nameOf(parameter)];
    if (value === undefined || value === "") continue;
    params[parameter.in] ??= {};
    params[parameter.in]![parameter.name] = typed(model, parameter.schema, value);
  }
  const declared = new Set(Object.keys(params.header ?? {}).map((name) => name.toLowerCase()));
  const credential = headers.find(([name]) => credentialHeaders(model, operation).has(name));
  // What the document declares as no parameter goes beside.
  const extra = headers.filter(
    (one) => one !== credential && !declared.has(one[0].toLowerCase()) && one[0] !== "Content-Type",
  );
  const settings = [
    ...(Object.keys(params).length === 0 ? [] : [`  params: ${indented(script(params))},`]),
    ...(extra.length === 0 ? [] : [`  headers: ${indented(script(Object.fromEntries(extra)))},`]),
    ...(body === undefined ? [] : [`  body: ${indented(laidOut(body))},`]),
  ];
  const rest = settings.length === 0 ? "" : `, {\n${settings.join("\n")}\n}`;
  return [
    ...clientHead(model, filled, credential),
    `const { data, error, response } = await client.${operation.method}(${JSON.stringify(operation.path)}${rest});`,
  ].join("\n");
}

function credentialHeaders(model: Model, operation: Operation): ReadonlySet<string> {
  return new Set(schemesOf(model, operation).flatMap(({ in: where, name }) => (where === "header" ? [name] : [])));
}

function clientHead(model: Model, { base }: Filled, credential: Request["headers"][number] | undefined): string[] {
  const types = model.hasClient
    ? []
    : [`import type { paths } from "./api"; // npx openapi-typescript openapi.yaml -o api.ts`];
  const of = model.hasClient ? "" : "<paths>";
  if (credential === undefined && !model.hasClient)
    return [
      `import createClient from "openapi-fetch";`,
      ...types,
      "",
      `const client = createClient${of}(${script({ baseUrl: base })});`,
    ];
  const [header, value] = credential ?? ["X-API-Key", ""];
  const keyHeader = model.operations.find(({ keyHeader }) => keyHeader !== undefined)?.keyHeader ?? false;
  const options = {
    baseUrl: base,
    apiKey: value.replace(/^Bearer /, ""),
    ...(header === "X-API-Key" ? {} : { apiKeyHeader: header }),
    ...(keyHeader === "X-Idempotency-Key" ? {} : { idempotencyHeader: keyHeader }),
  };
  return [
    `import { createClient } from "connect-understudy/client";`,
    ...types,
    "",
    `const client = createClient${of}(${script(options)});`,
  ];
}

/** A value as its schema has it: a number where it is one. */
function typed(model: Model, schema: number | undefined, value: string): unknown {
  const type = schema === undefined ? "" : (model.schemas[schema]?.type ?? "");
  if (/^(integer|number)\b/.test(type) && value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
  return type.startsWith("boolean") && /^(true|false)$/.test(value) ? value === "true" : value;
}

/** So long a list or an object still stands in one line. */
const oneLine = 72;

/** A value as a script writes it: names without quotes where they need none, and in one line what fits there. */
function script(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Object.entries(value).map(([name, one]) =>
    Array.isArray(value)
      ? script(one)
      : `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}: ${script(one)}`,
  );
  if (parts.length === 0) return `${open}${close}`;
  const space = Array.isArray(value) ? "" : " ";
  const flat = `${open}${space}${parts.join(", ")}${space}${close}`;
  if (flat.length <= oneLine && !flat.includes("\n")) return flat;
  return `${open}\n${parts.map((part) => `  ${indented(part)},`).join("\n")}\n${close}`;
}

function laidOut(body: string): string {
  try {
    return script(JSON.parse(body));
  } catch {
    return JSON.stringify(body);
  }
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}
