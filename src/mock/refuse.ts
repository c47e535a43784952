import type { Answer } from "../document/answer.ts";
import { Problem } from "../document/problem.ts";
import { createRefuser } from "../document/refusal.ts";
import type { Operation, Spec } from "../document/spec.ts";
import { pathOf, type RequestContext } from "./context.ts";
import type { Sandbox } from "./store/store.ts";

/** Makes an answer of what was thrown on the way of a request. */
export type Refuse = (error: unknown, c: RequestContext, operation?: Operation) => Answer;

/** The answer of some work, or the refusal that it throws. */
export async function settle(c: RequestContext, refuse: Refuse, work: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    return refuse(error, c);
  }
}

/** The one place where an error becomes an answer: a refusal says why, a bug says nothing but leaves a line in the log. */
export function refuserOf(spec: Spec, log: (line: string) => void): Refuse {
  const refuse = createRefuser(spec);
  return (error, c, operation) => {
    const isRefusal = error instanceof Problem;
    if (!isRefusal)
      log(`${c.req.method} ${pathOf(c)} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    const problem = isRefusal ? error : new Problem("internal_error");
    c.set("problem", problem);
    return refuse(problem, operation);
  };
}

/** An answer once what it tells of outlives the process; where it cannot, the refusal that says so. */
export async function committed(c: RequestContext, sandbox: Sandbox, refuse: Refuse, answer: Answer): Promise<Answer> {
  return settle(c, refuse, async () => {
    await sandbox.commit?.();
    return answer;
  });
}
