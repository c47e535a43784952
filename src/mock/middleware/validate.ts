import { createRequestJudge, isMediaTypeViolation } from "../../document/judge-request.ts";
import type { Operation } from "../../document/spec.ts";
import type { Step } from "../context.ts";
import { invalid, Problem, show } from "../problem.ts";

/** Judges a request by the document, and refuses it for all that is wrong with it at once. */
export function validate(operation: Operation): Step {
  const judge = createRequestJudge(operation);

  return function validate(context, next) {
    const { violations, path, query, body } = judge(context.received, context.bytes);
    const media = violations.find(isMediaTypeViolation);
    if (media) {
      throw new Problem("unsupported_media_type", {
        message: `The header Content-Type should be ${media.expected}; received ${show(media.received)}.`,
      });
    }
    if (violations.length > 0) throw invalid(violations);
    context.input = { path, query, body };
    return next(context);
  };
}
