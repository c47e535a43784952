import type { VNode } from "preact";
import type { ControlSchemas } from "../../control/client.ts";
import { useAsked } from "../asked.ts";
import { Badge, Confirm, Empty, Time, Trouble } from "../parts.tsx";
import { addressOf } from "../place.ts";
import type { Session } from "../session.ts";

/** The key whose sandbox is meant where none is. */
export const defaultKey = "test_key";

/** The worlds of all keys that were used. */
export function Sandboxes({ session }: { readonly session: Session }): VNode {
  const { control } = session;
  const { value, error } = useAsked(session, () => control.sandboxes.list());
  if (!value.value) return error.value === undefined ? <p class="quiet">Reading.</p> : <Trouble error={error.value} />;
  const sandboxes = [...value.value].reverse();
  function open(event: SubmitEvent): void {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget as HTMLFormElement).get("key")).trim();
    location.hash = addressOf({ sandbox: key });
  }
  return (
    <section aria-label="Sandboxes">
      <h2>Sandboxes</h2>
      <p class="quiet">Each key has a world of its own: records, idempotency keys, clock, faults, journal, webhooks.</p>
      <Trouble error={error.value} />
      <form class="row" onSubmit={open}>
        <label>
          Key
          <input name="key" required placeholder="test_mine" autoComplete="off" />
        </label>
        <button type="submit">Open</button>
      </form>
      {sandboxes.length === 0 && <Empty>No key was used yet.</Empty>}
      <ul class="sandboxes">
        {sandboxes.map((sandbox) => (
          <SandboxRow key={sandbox.name} {...{ sandbox, session }} />
        ))}
      </ul>
    </section>
  );
}

type RowProps = { readonly sandbox: ControlSchemas["Sandbox"]; readonly session: Session };

function SandboxRow({ sandbox, session: { act, control } }: RowProps): VNode {
  const { name, isDefault, records, requests, faults, clock, lastUsedAt } = sandbox;
  const counts = Object.entries(records).map(([collection, count]) => `${collection} ${count}`);
  return (
    <li class="card">
      <div class="row between">
        <h3>
          <a href={addressOf({ sandbox: isDefault ? defaultKey : name })}>{isDefault ? defaultKey : name}</a>
        </h3>
        <Confirm
          label="Forget"
          name={`Forget ${name}`}
          question={`Forget ${name} with all that it holds? The next use of its key opens it anew.`}
          isSmall
          onYes={() => act(`${name} is forgotten.`, () => control.sandboxes.remove(name))}
        />
      </div>
      <p>
        {requests} {requests === 1 ? "request" : "requests"}
        {faults > 0 && (
          <>
            {" "}
            <Badge kind="fault">
              {faults} {faults === 1 ? "fault" : "faults"}
            </Badge>
          </>
        )}
        {clock.frozen && (
          <>
            {" "}
            <Badge kind="fault">clock frozen</Badge>
          </>
        )}
      </p>
      <p class="quiet">{counts.join(", ")}</p>
      <p class="quiet">
        last used <Time at={lastUsedAt} isLong />
      </p>
    </li>
  );
}
