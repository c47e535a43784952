import type { Operation, Spec } from "../../document/spec.ts";
import type { Step } from "../context.ts";
import { mask } from "./api-key.ts";

/** The longest body that is worth keeping for a reader. */
const longestBody = 16 * 1024;

/** Writes down what was asked and what was answered; without an operation, it is a request that none takes. */
export function journal(spec: Spec, operation?: Operation): Step {
  const credentials = spec.securitySchemes.flatMap((scheme) => scheme.header ?? []);
  const parameters = spec.operations.flatMap((operation) => operation.parameters);
  const spoken = [
    ...parameters.filter((parameter) => parameter.in === "header").map(({ name }) => name),
    "Content-Type",
  ];
  const fields = [...new Map([...spoken, ...credentials].map((name) => [name.toLowerCase(), name]))].map(
    ([small, name]) => ({ small, name, isSecret: credentials.includes(name) }),
  );

  return async function journal(context, next) {
    const { sandbox, received } = context;
    const at = await sandbox.clock.now();
    const started = performance.now();
    const answer = await next(context);
    const headers: Record<string, string> = {};
    for (const { small, name, isSecret } of fields) {
      const value = received.header(small);
      if (value !== undefined) headers[name] = isSecret ? mask(value) : value;
    }
    const { bytes } = context;
    await sandbox.journal.record({
      at,
      method: received.method,
      target: received.target,
      operationId: operation?.id,
      headers,
      // As text of its own: the bytes are part of a larger buffer, which would stay with them.
      body: bytes.length > 0 && bytes.length <= longestBody ? bytes.toString() : undefined,
      answer,
      durationMs: performance.now() - started,
    });
    return answer;
  };
}
