import type { Answer } from "../answer.ts";
import type { Step } from "../context.ts";
import { Problem } from "../problem.ts";

/** Writes a line where an operator looks. */
type Log = (line: string) => void;

/** Turns what the steps after it throw into an answer, for the steps before it to see. */
export function refuse(log: Log): Step {
  return async function refuse(context, next) {
    try {
      return await next(context);
    } catch (error) {
      return refusalOf(error, `${context.received.method} ${context.received.target.split("?", 1)[0]}`, log);
    }
  };
}

/** The one place where an error becomes an answer: a refusal says why, a bug says nothing but leaves a line in the log. */
export function refusalOf(error: unknown, request: string, log: Log): Answer {
  if (error instanceof Problem) return error.toAnswer();
  log(`${request} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  return new Problem("internal_error").toAnswer();
}
