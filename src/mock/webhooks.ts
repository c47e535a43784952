import { closest, show } from "../document/problem.ts";
import type { Spec, Violation } from "../document/spec.ts";
import { hostname, isLoopback } from "./middleware/control-guard.ts";
import { fits } from "./store/faults.ts";
import type { Receiver, WebhookEvent } from "./store/store.ts";

/** A receiver of webhooks that cannot be one; the message says why. */
export class ReceiverError extends Error {
  override name = "ReceiverError";
}

/** Makes what tells, as a sentence, what of an event is not as the document declares the webhook of its type. */
export function eventCheck({ webhooks }: Pick<Spec, "webhooks">): (event: WebhookEvent) => string | undefined {
  const byType = new Map(webhooks.map((webhook) => [webhook.path, webhook]));
  const types = [...byType.keys()];

  return function check(event) {
    const webhook = byType.get(event.type);
    if (!webhook) {
      const near = closest(event.type, types);
      const known = types.length === 0 ? "it declares none" : `it declares ${types.join(", ")}`;
      const hint = near === undefined ? `; ${known}.` : `; did you mean ${show(near)}?`;
      return `The document should declare the webhook ${show(event.type)}${hint}`;
    }
    const [violation] = webhook.requestBody?.content.get("application/json")?.check(event) ?? [];
    if (!violation) return undefined;
    const { property, expected, received } = violation;
    return `${property || "The body"} of the webhook ${event.type} should be ${expected}; received ${show(received)}.`;
  };
}

/** Makes what checks receivers: events go to this machine, and to hosts that somebody has allowed. Throws a `ReceiverError`. */
export function receiverCheck({ webhooks }: Pick<Spec, "webhooks">, allowed: readonly string[]) {
  const hosts = new Set(allowed.map(allowedHost));
  const types = webhooks.map(({ path }) => path);

  return function checkReceivers(receivers: readonly Receiver[]): readonly Violation[] {
    return receivers.flatMap(({ url, types: wanted = [] }, index) => {
      const wrong = wrongIn(url, hosts);
      const unknown = wanted.filter((type) => !types.some((known) => fits(type, known)));
      return [
        ...(wrong === undefined ? [] : [violation(`${index}.url`, wrong, url, "http://127.0.0.1:3000/webhooks")]),
        ...unknown.map((type) => {
          const expected = `one of the webhooks that the document declares, ${types.join(", ") || "of which there are none"}`;
          return violation(`${index}.types`, expected, type, closest(type, types) ?? types[0]);
        }),
      ];
    });
  };
}

/** The receivers that a mock is given. Throws a `ReceiverError` for one that cannot be one. */
export function receiversOf(
  given: readonly (string | Receiver)[],
  check: (receivers: readonly Receiver[]) => readonly Violation[],
): readonly Receiver[] {
  const receivers = given.map((one) => (typeof one === "string" ? { url: one } : one));
  const [first] = check(receivers);
  if (!first) return receivers;
  const what = first.property.endsWith("url") ? "The URL of a webhook's receiver" : "The type of a webhook";
  throw new ReceiverError(`${what} should be ${first.expected}; received ${show(first.received)}.`);
}

function wrongIn(text: string, hosts: ReadonlySet<string>): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    return "an absolute URL of http or https without a user in it";
  if (isLoopback(url.hostname) || hosts.has(url.hostname)) return undefined;
  return `on this machine, such as http://127.0.0.1:3000/webhooks, or on a host that --allow-webhooks-to names${hosts.size > 0 ? ` (${[...hosts].join(", ")})` : ""}`;
}

function allowedHost(host: string): string {
  const name = hostname(host);
  if (name === undefined)
    throw new ReceiverError(
      `A host that webhooks may go to should be a name or an address, such as hooks.example; received ${show(host)}.`,
    );
  return name;
}

function violation(property: string, expected: string, received: unknown, example: unknown): Violation {
  return { at: `body.${property}`, property, keyword: "receiver", expected, received, example, basis: "assumed" };
}
