import { Mismatch } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Exchange, RequestPlan } from "../wire/exchange.ts";
import { changes } from "./session.ts";

/** Sends requests that all should be refused, and looks whether they were, and changed nothing. */
export async function allRefused(
  scene: Scene,
  read: RequestPlan | undefined,
  plans: () => readonly RequestPlan[],
): Promise<void> {
  let last: Exchange | undefined;
  const changed = await changes(scene, read, async () => {
    for (const plan of plans()) {
      const { exchange, findings } = await scene.probe(plan);
      last = exchange;
      for (const finding of findings) scene.find(finding);
      if (exchange.status < 400)
        throw new Mismatch("the request should be refused", exchange, {
          at: "status",
          expected: "4xx",
          received: `${exchange.status} ${exchange.text}`,
        });
    }
  });
  if (changed)
    throw new Mismatch("a refused request has changed what a read shows", last, {
      at: "body",
      expected: changed.before,
      received: changed.after,
    });
}
