import { timestamp } from "../../document/moment.ts";
import { invalid, notFound } from "../../document/problem.ts";
import type { Violation } from "../../document/validator.ts";
import type { Delivery, Receiver } from "../store/store.ts";
import type { ControlHandler } from "./bodies.ts";

type WebhookRules = {
  /** What is wrong with the receivers of webhooks. */
  readonly checkReceivers: (receivers: readonly Receiver[]) => readonly Violation[];
};

/** Who is told of changes, and what has become of it. */
export function webhookHandlers({ checkReceivers }: WebhookRules) {
  return {
    async listWebhooks(_input, { webhooks }) {
      return { status: 200, body: await webhooks.receivers() };
    },

    async setWebhooks({ body }, { webhooks }) {
      const receivers = body as readonly Receiver[];
      const violations = checkReceivers(receivers);
      if (violations.length > 0) throw invalid(violations);
      await webhooks.setReceivers(receivers);
      return { status: 200, body: receivers };
    },

    async listDeliveries(_input, { webhooks }) {
      const { items, evicted } = await webhooks.deliveries();
      return { status: 200, body: { items: items.map(deliveryBody), evicted } };
    },

    async replayDelivery({ path }, { webhooks }) {
      const id = String(path.deliveryId);
      const delivery = await webhooks.replay(id);
      if (!delivery) throw notFound("delivery", id, "GET /_understudy/webhooks/deliveries lists them.");
      return { status: 200, body: deliveryBody(delivery) };
    },
  } satisfies Record<string, ControlHandler>;
}

/** A delivery as a client reads it. */
export function deliveryBody({ id, url, event, state, attempts, nextAttemptAt }: Delivery) {
  return {
    id,
    eventId: event.eventId,
    type: event.type,
    url,
    state,
    attempts: attempts.map(({ at, durationMs, ...outcome }) => ({
      at: timestamp(at),
      durationMs: Math.round(durationMs * 1000) / 1000,
      ...outcome,
    })),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: timestamp(nextAttemptAt) }),
    event,
  };
}
