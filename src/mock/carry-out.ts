import { type Answer, jsonAnswer } from "../document/answer.ts";
import { show } from "../document/problem.ts";
import { declaredResponse, isObject, type Operation } from "../document/spec.ts";
import { headerOf, pathOf, type RequestContext, type RequestInput } from "./context.ts";
import type { Generator } from "./generate.ts";
import type { AnyHandler, Said, Streamed } from "./handler.ts";
import type { Resources } from "./resources.ts";
import type { Sandbox } from "./store/store.ts";

/** Carries out a request that was judged, and writes what comes of it. */
export type CarryOut = (c: RequestContext, input: RequestInput, sandbox: Sandbox) => Answer | Promise<Answer>;

/** What carries out an operation before its answer is written. */
type Work = (c: RequestContext, input: RequestInput, sandbox: Sandbox) => Promise<Said | Streamed>;

/** Carries out an operation by its handler, which may ask for the usual; where it has none, by the document. */
export function carrier(
  operation: Operation,
  given: AnyHandler | undefined,
  generator: Generator,
  resources: Resources,
): CarryOut {
  const usual = byDocument(operation, generator, resources);
  const work: Work = given ? (c, input, sandbox) => given(input, sandbox, () => usual(c, input, sandbox)) : usual;
  return written(operation, work, generator);
}

/** On the records of the operation's resource, or else with a made-up answer. */
function byDocument(operation: Operation, generator: Generator, resources: Resources) {
  const guard = resources.guardOf(operation);
  const handler = resources.handlerOf(operation);
  return async (c: RequestContext, input: RequestInput, sandbox: Sandbox): Promise<Said> => {
    await guard?.(input, sandbox);
    return handler ? handler(input, sandbox) : generator.said(operation, pathOf(c), headerOf(c, "accept"));
  };
}

/** Writes what some work answers as its operation declares it. */
export function written(operation: Operation, work: Work, generator?: Generator): CarryOut {
  const isPlain = plainly(operation);
  return async (c, input, sandbox) => {
    const said = await work(c, input, sandbox);
    if (isObject(said) && "stream" in said) {
      c.set("stream", said.stream(c.req.raw.signal));
      return { status: said.status, headers: { "Content-Type": said.type, "Cache-Control": "no-store" }, body: null };
    }
    if (!Number.isInteger(said?.status)) throw new TypeError(unsaid(operation, said));
    if (!generator || (said.headers === undefined && isPlain(said.status))) return jsonAnswer(said.status, said.body);
    return generator.write(operation, pathOf(c), said, headerOf(c, "accept"));
  };
}

function unsaid({ id }: Operation, said: unknown): string {
  return `The handler of ${id} should answer { status, body }, such as { status: 200, body: {} }; received ${show(said)}.`;
}

/** Tells, a status at a time and each once, whether its answer is JSON and has no header that it must have or that is shown. */
function plainly(operation: Operation): (status: number) => boolean {
  const known = new Map<number, boolean>();
  return (status) => {
    const before = known.get(status);
    if (before !== undefined) return before;
    const response = declaredResponse(operation, status);
    const isPlain =
      !response ||
      ([...response.content.keys()].every((type) => type === "application/json") &&
        ![...response.headers.values()].some(({ required, isShown }) => required || isShown));
    known.set(status, isPlain);
    return isPlain;
  };
}
