import type { VNode } from "preact";
import type { ControlSchemas } from "../../control/client.ts";
import { useAsked } from "../asked.ts";
import { Badge, Empty, Json, Time, Trouble } from "../parts.tsx";
import type { Session } from "../session.ts";
import { duration } from "../told.ts";

type Receiver = ControlSchemas["Receivers"][number];

/** How many deliveries are shown at most. */
const most = 100;

/** Who is told of changes, and what has become of it. */
export function Webhooks({ session }: { readonly session: Session }): VNode {
  const { control } = session;
  const { value, error } = useAsked(session, async () => ({
    receivers: await control.webhooks.list(),
    deliveries: await control.deliveries(),
    clock: await control.clock(),
  }));
  if (!value.value) return error.value === undefined ? <p class="quiet">Reading.</p> : <Trouble error={error.value} />;
  const { receivers, deliveries, clock } = value.value;
  return (
    <div class="split wide">
      <section aria-label="Deliveries">
        <Trouble error={error.value} />
        <h2>Deliveries</h2>
        {deliveries.length === 0 && (
          <Empty>
            Nothing was sent. Add a receiver; a change of a record that the document announces is sent there.
          </Empty>
        )}
        <ol class="changes">
          {deliveries
            .slice(-most)
            .reverse()
            .map((delivery) => (
              <DeliveryRow key={delivery.id} {...{ delivery, session, now: Date.parse(clock.now) }} />
            ))}
        </ol>
        {deliveries.length > most && (
          <p class="quiet">
            The latest {most} of {deliveries.length}.
          </p>
        )}
      </section>
      <section aria-label="Receivers">
        <h2>Receivers</h2>
        <Receivers {...{ receivers, session }} />
      </section>
    </div>
  );
}

type ReceiversProps = { readonly receivers: readonly Receiver[]; readonly session: Session };

function Receivers({ receivers, session: { act, control } }: ReceiversProps): VNode {
  async function add(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const types = String(data.get("types"))
      .split(/[\s,]+/)
      .filter(Boolean);
    const receiver = { url: String(data.get("url")).trim(), ...(types.length > 0 ? { types } : {}) };
    const isAdded = await act("The receiver is added.", () => control.webhooks.set([...receivers, receiver]));
    if (isAdded) form.reset();
  }
  return (
    <>
      {receivers.length === 0 && <Empty>Nobody is told of changes.</Empty>}
      <ul class="records">
        {receivers.map((receiver) => (
          <li key={receiver.url} class="row between">
            <span>
              <b>{receiver.url}</b> <span class="quiet">{receiver.types?.join(", ") ?? "every event"}</span>
            </span>
            <button
              type="button"
              class="small"
              aria-label={`Remove ${receiver.url}`}
              onClick={() =>
                act("The receiver is removed.", () =>
                  control.webhooks.set(receivers.filter((other) => other !== receiver)),
                )
              }
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      <form class="form" onSubmit={add}>
        <label>
          URL
          <input name="url" type="url" required placeholder="http://127.0.0.1:3000/webhooks" />
        </label>
        <label>
          Events
          <input name="types" placeholder="every event" autoComplete="off" />
        </label>
        <button type="submit" class="primary">
          Add the receiver
        </button>
      </form>
    </>
  );
}

type DeliveryProps = { readonly delivery: ControlSchemas["Delivery"]; readonly session: Session; readonly now: number };

function DeliveryRow({ delivery, session: { act, control }, now }: DeliveryProps): VNode {
  const { id, type, url, state, attempts, nextAttemptAt, event } = delivery;
  const wait = nextAttemptAt === undefined ? undefined : duration(Date.parse(nextAttemptAt) - now);
  return (
    <li>
      <details>
        <summary>
          <Badge kind={state}>{state}</Badge> <b>{type}</b>{" "}
          <span class="quiet">
            {url}, {attempts.length} {attempts.length === 1 ? "attempt" : "attempts"}
            {wait === undefined ? "" : `, again in ${wait}`}
          </span>
        </summary>
        <ol class="attempts">
          {attempts.map(({ at, status, error, durationMs }, index) => (
            <li key={index}>
              <Time at={at} isLong /> {status ?? ""} {error ?? ""} <span class="quiet">{durationMs} ms</span>
            </li>
          ))}
        </ol>
        <Json value={event} />
      </details>
      <button
        type="button"
        class="small"
        aria-label={`Replay ${id}`}
        onClick={() => act(`${id} was sent again.`, () => control.replay(id))}
      >
        Replay
      </button>
    </li>
  );
}
