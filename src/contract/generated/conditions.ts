import type { Operation } from "../../document/spec.ts";
import type { Case } from "../case.ts";
import { difference, Mismatch } from "../findings.ts";
import type { Scene } from "../scene.ts";
import { mayWrite } from "../target.ts";
import { type Exchange, isSuccess, type RequestPlan } from "../wire/exchange.ts";
import type { CaseMaker } from "./case-maker.ts";
import { acceptedOf, changes, type Session } from "./session.ts";

/** An entity tag that no state of anything has. */
const noTag = '"understudy-no-such-state"';

/** Checks of what is asked for under a condition, where an operation declares such a header and what it answers then. */
export function conditionCases(session: Session, operation: Operation, named: CaseMaker): readonly Case[] {
  const takes = (header: string, status: string) =>
    operation.parameters.some((one) => one.in === "header" && one.name.toLowerCase() === header) &&
    operation.responses.has(status);
  const rfc = "https://www.rfc-editor.org/rfc/rfc9110#section-13.1";
  return [
    ...(mayWrite(operation.method) && takes("if-match", "412")
      ? [
          named(
            "refuses-other-state",
            "A write for another state than there is is refused with 412 and changes nothing; one for that state is carried out",
            "documented",
            `The document declares If-Match and 412: ${rfc}.1.`,
            (scene) => otherState(session, operation, scene),
          ),
        ]
      : []),
    ...(operation.method === "GET" && takes("if-none-match", "304")
      ? [
          named(
            "unchanged-since",
            "A read of what the caller has is answered by 304",
            "documented",
            `The document declares If-None-Match and 304: ${rfc}.2.`,
            (scene) => unchangedSince(session, operation, scene),
          ),
        ]
      : []),
  ];
}

/** A request that the target accepts, without a condition of its own, and the read that shows what it may change. */
async function unconditional(session: Session, operation: Operation, scene: Scene) {
  const { value, plan } = await acceptedOf(session, operation, scene);
  return { plan: withCondition(plan, {}), read: session.readBack(operation, value) };
}

function withCondition(plan: RequestPlan, condition: Readonly<Record<string, string>>): RequestPlan {
  const headers = Object.entries(plan.headers ?? {}).filter(([name]) => !/^if-/i.test(name));
  return { ...plan, headers: { ...Object.fromEntries(headers), ...condition } };
}

async function otherState(session: Session, operation: Operation, scene: Scene): Promise<void> {
  const { plan, read } = await unconditional(session, operation, scene);
  let answer: Exchange | undefined;
  const changed = await changes(scene, read, async () => {
    answer = await scene.send(withCondition(plan, { "If-Match": noTag }));
  });
  if (answer && isSuccess(answer))
    throw new Mismatch("a write for another state than there is is carried out", answer, {
      at: "status",
      expected: 412,
      received: answer.status,
    });
  if (changed)
    throw new Mismatch("a write that was refused for its condition has changed what a read shows", answer, {
      at: "body",
      expected: changed.before,
      received: changed.after,
    });
  const { etag } = (read && (await scene.send(read)).headers) ?? {};
  if (etag === undefined || etag.startsWith("W/")) return;
  const current = await scene.send(withCondition(plan, { "If-Match": etag }));
  if (current.status === 412)
    throw new Mismatch("a write for the state that there is is refused for its condition", current, {
      at: "status",
      expected: "2xx",
      received: current.status,
    });
}

async function unchangedSince(session: Session, operation: Operation, scene: Scene): Promise<void> {
  const { plan } = await unconditional(session, operation, scene);
  const { etag } = (await scene.send(plan)).headers;
  if (etag === undefined) return scene.skip(`${operation.id} answers no ETag`);
  const again = await scene.send(withCondition(plan, { "If-None-Match": etag }));
  if (isSuccess(again))
    scene.find(
      difference("a read of what the caller has is answered as a whole", again, {
        at: "status",
        expected: 304,
        received: again.status,
      }),
    );
  const other = await scene.send(withCondition(plan, { "If-None-Match": noTag }));
  if (other.status === 304)
    throw new Mismatch("a read of what the caller does not have is answered by 304", other, {
      at: "status",
      expected: "2xx",
      received: 304,
    });
}
