import type { VNode } from "preact";
import { useAsked } from "../asked.ts";
import { Confirm, Empty, Time, Trouble } from "../parts.tsx";
import type { Session } from "../session.ts";

/** Whole states by name. */
export function Snapshots({ session }: { readonly session: Session }): VNode {
  const { act, control } = session;
  const { value, error } = useAsked(session, () => control.snapshots.list());
  if (!value.value) return error.value === undefined ? <p class="quiet">Reading.</p> : <Trouble error={error.value} />;
  const snapshots = value.value;
  async function take(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const name = String(new FormData(form).get("name")).trim();
    if (await act(`${name} is kept.`, () => control.snapshots.take(name))) form.reset();
  }
  return (
    <section aria-label="Snapshots" class="narrow">
      <Trouble error={error.value} />
      <form class="row" onSubmit={take}>
        <label>
          Name
          <input name="name" required maxLength={100} placeholder="signed-in" autoComplete="off" />
        </label>
        <button type="submit" class="primary">
          Take a snapshot
        </button>
      </form>
      <p class="quiet">Records, idempotency keys and the clock. A snapshot can be restored in every sandbox.</p>
      {snapshots.length === 0 && <Empty>There is no snapshot.</Empty>}
      <ul class="records">
        {snapshots.map(({ name, takenAt }) => (
          <li key={name} class="row between">
            <span>
              <b>{name}</b>{" "}
              <span class="quiet">
                taken <Time at={takenAt} isLong />
              </span>
            </span>
            <span class="row">
              <button
                type="button"
                class="small"
                aria-label={`Restore ${name}`}
                onClick={() => act(`The sandbox is as it was at ${name}.`, () => control.snapshots.restore(name))}
              >
                Restore
              </button>
              <Confirm
                label="Remove"
                name={`Remove ${name}`}
                question={`Remove the snapshot ${name}?`}
                isSmall
                onYes={() => act(`${name} is removed.`, () => control.snapshots.remove(name))}
              />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
