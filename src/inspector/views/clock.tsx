import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { ControlSchemas } from "../../control/client.ts";
import { useAsked } from "../asked.ts";
import { Badge, Trouble } from "../parts.tsx";
import type { Session } from "../session.ts";
import { duration } from "../told.ts";

const steps = { "1 min": 60_000, "1 h": 3_600_000, "24 h": 86_400_000, "30 d": 2_592_000_000 } as const;

/** The sandbox's clock. */
export function Clock({ session }: { readonly session: Session }): VNode {
  const { act, control } = session;
  const { value, error } = useAsked(session, () => control.clock());
  if (!value.value) return error.value === undefined ? <p class="quiet">Reading.</p> : <Trouble error={error.value} />;
  const { frozen } = value.value;
  const turn = () =>
    frozen
      ? act("The clock runs.", () => control.setClock({ frozen: false }))
      : act("The clock stands still.", () => control.freeze());
  return (
    <section aria-label="Clock" class="narrow">
      <Trouble error={error.value} />
      <Face clock={value.value} />
      <h2>Move it forward</h2>
      <div class="row">
        {Object.entries(steps).map(([text, ms]) => (
          <button
            key={text}
            type="button"
            class={text === "24 h" ? "primary" : ""}
            onClick={() => act(`It is ${text} later.`, () => control.advance(ms))}
          >
            Advance {text}
          </button>
        ))}
      </div>
      <p class="quiet">Idempotency keys and cards expire by this clock, and webhooks are sent again by it.</p>
      <h2>Stop it</h2>
      <button type="button" aria-pressed={frozen} onClick={turn}>
        {frozen ? "Let it run" : "Freeze"}
      </button>
      <h2>Set it</h2>
      <SetClock session={session} />
    </section>
  );
}

/** The time that it shows, which goes on between two answers. */
function Face({ clock }: { readonly clock: ControlSchemas["Clock"] }): VNode {
  const passed = useSignal(0);
  useEffect(() => {
    const started = Date.now();
    passed.value = 0;
    if (clock.frozen) return;
    const timer = setInterval(() => {
      passed.value = Date.now() - started;
    }, 1000);
    return () => clearInterval(timer);
  }, [clock, passed]);
  const now = Date.parse(clock.now) + passed.value;
  const off = now - Date.now();
  const text = new Date(now).toISOString();
  return (
    <div class="face">
      <time dateTime={text}>{text.slice(0, 19).replace("T", " ")} UTC</time>
      <p class="quiet">
        {clock.frozen && <Badge kind="fault">frozen</Badge>}{" "}
        {Math.abs(off) < 2000
          ? "The real time"
          : `${duration(Math.abs(off))} ${off > 0 ? "ahead of" : "behind"} the real time`}
      </p>
    </div>
  );
}

function SetClock({ session: { act, control } }: { readonly session: Session }): VNode {
  function set(event: SubmitEvent): void {
    event.preventDefault();
    const given = String(new FormData(event.currentTarget as HTMLFormElement).get("now"));
    const now = `${given.length === 16 ? `${given}:00` : given}Z`;
    void act("The clock is set.", () => control.setClock({ now }));
  }
  return (
    <form class="row" onSubmit={set}>
      <label>
        Time in UTC
        <input name="now" type="datetime-local" step="1" required />
      </label>
      <button type="submit">Set</button>
      <button
        type="button"
        onClick={() =>
          act("The clock shows the real time.", () =>
            control.setClock({ now: new Date().toISOString(), frozen: false }),
          )
        }
      >
        Back to the real time
      </button>
    </form>
  );
}
