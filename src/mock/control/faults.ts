import { closest, invalid, notFound } from "../../document/problem.ts";
import type { Spec } from "../../document/spec.ts";
import type { Violation } from "../../document/validator.ts";
import { type PresetName, presets } from "../store/faults.ts";
import type { FaultRule, KeptFault } from "../store/store.ts";
import { type ControlHandler, done, noRoom } from "./bodies.ts";

/** The most faults of a sandbox: each request looks at all of them. */
export const mostFaults = 100;

/** What goes wrong on purpose. */
export function faultHandlers(spec: Spec) {
  return {
    async listFaults(_input, sandbox) {
      return { status: 200, body: { items: (await sandbox.faults.list()).map(faultBody) } };
    },

    async addFault({ body }, sandbox) {
      const posted = body as PostedFault;
      const violations = checkFault(spec, posted);
      if (violations.length > 0) throw invalid(violations);
      if ((await sandbox.faults.list()).length >= mostFaults)
        throw noRoom(mostFaults, "faults", "DELETE /_understudy/faults/{faultId} makes room.");
      return { status: 201, body: faultBody(await sandbox.faults.add(posted, rulesOf(posted))) };
    },

    async clearFaults(_input, sandbox) {
      await sandbox.faults.clear();
      return done;
    },

    async removeFault({ path }, sandbox) {
      const id = String(path.faultId);
      if (!(await sandbox.faults.remove(id))) throw notFound("fault", id, "GET /_understudy/faults lists them.");
      return done;
    },
  } satisfies Record<string, ControlHandler>;
}

type PostedFault = FaultRule & { readonly preset?: PresetName };

/** The rules that a posted fault stands for; what it says beside its preset holds for each of them. */
function rulesOf({ preset, ...posted }: PostedFault): readonly FaultRule[] {
  const given: readonly FaultRule[] = preset === undefined ? [{}] : presets[preset];
  return given.map((rule) => ({ ...rule, ...posted, match: { ...rule.match, ...posted.match } }));
}

/** What is wrong with a fault beside what its schema says. */
function checkFault(
  spec: Spec,
  { preset, match, delayMs, bytesPerSecond, answer, connection }: PostedFault,
): Violation[] {
  const wrong = (property: string, expected: string, received: unknown, example: unknown): Violation => ({
    at: `body.${property}`,
    property,
    keyword: "enum",
    expected,
    received,
    example,
    basis: "assumed",
  });
  const ids = spec.operations.map(({ id }) => id);
  const id = match?.operationId;
  const isNothing = [preset, delayMs, bytesPerSecond, answer, connection].every((one) => one === undefined);
  return [
    ...(isNothing
      ? [wrong("connection", "there, or one of preset, delayMs, bytesPerSecond and answer", undefined, "drop-after")]
      : []),
    ...(id !== undefined && !ids.includes(id)
      ? [wrong("match.operationId", "an operationId of the document", id, closest(id, ids) ?? ids[0])]
      : []),
    ...(typeof delayMs === "object" && "min" in delayMs && delayMs.min > delayMs.max
      ? [wrong("delayMs.max", `at least min, ${delayMs.min}`, delayMs.max, delayMs.min)]
      : []),
  ];
}

function faultBody({ id, posted, applied }: KeptFault) {
  return { id, ...posted, applied };
}
