import type { Answer } from "../document/answer.ts";
import type { IdempotencyRules, Operation } from "../document/spec.ts";
import type { CarryOut } from "./carry-out.ts";
import type { RequestContext } from "./context.ts";
import type { Journalling } from "./journal.ts";
import { bodyReader, validator } from "./middleware/body.ts";
import type { Admission } from "./middleware/credentials.ts";
import type { FaultStep } from "./middleware/faults.ts";
import { idempotency } from "./middleware/idempotency.ts";
import { committed, type Refuse, settle } from "./refuse.ts";
import type { Sandbox } from "./store/store.ts";

type OperationOptions = {
  readonly refuse: Refuse;
  /** The longest body, in bytes. */
  readonly bodyLimit: number;
  readonly latencyMs: number;
  /** Writes down what was asked and answered; nothing unless told. */
  readonly journalled?: Journalling;
  /** How a write is made safe to repeat. */
  readonly rules: IdempotencyRules | undefined;
  readonly admit: Admission;
  /** What goes wrong on purpose; nothing unless told. */
  readonly fault?: FaultStep;
  readonly carryOut: CarryOut;
};

/** Makes what answers the requests of one operation, step by step. A step that refuses throws a `Problem`. */
export function operationAnswerer(
  operation: Operation,
  options: OperationOptions,
): (c: RequestContext) => Promise<Answer> {
  const { admit, refuse, bodyLimit, latencyMs, journalled, rules, fault, carryOut } = options;
  const readBody = bodyReader(operation, bodyLimit);
  const once = rules && idempotency(operation, rules);
  const validate = validator(operation, bodyLimit);

  async function execute(c: RequestContext, sandbox: Sandbox, bytes: Uint8Array, wait?: () => Promise<void>) {
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    if (wait) await wait();
    return carryOut(c, validate(c, bytes), sandbox);
  }

  async function keyed(c: RequestContext, sandbox: Sandbox, note: (bytes: Uint8Array) => void): Promise<Answer> {
    const bytes = await readBody(c);
    note(bytes);
    const work = (wait?: () => Promise<void>) =>
      inOneStep(c, sandbox, (own) => {
        const executed = () => settle(c, refuse, () => execute(c, own, bytes, wait));
        return once ? once(c, own, bytes, executed) : executed();
      });
    return fault ? fault(c, sandbox, (wait) => settle(c, refuse, () => work(wait))) : work();
  }

  return async function answer(c) {
    if (!journalled) {
      const sandbox = await admit(c);
      return committed(c, sandbox, refuse, await settle(c, refuse, () => keyed(c, sandbox, () => {})));
    }
    return journalled(c, { operation, admit, refuse }, (sandbox, note) => keyed(c, sandbox, note));
  };
}

/** Does some work on a sandbox in one step, where others may change it too. */
function inOneStep<Done>(
  c: RequestContext,
  sandbox: Sandbox,
  work: (sandbox: Sandbox) => Promise<Done>,
): Promise<Done> {
  if (!sandbox.atomically) return work(sandbox);
  return sandbox.atomically((own) => {
    // What was refused before counts no more.
    c.set("problem", undefined);
    return work(own);
  });
}
