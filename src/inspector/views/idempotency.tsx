import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useAsked } from "../asked.ts";
import { Code, Empty, Search, Status, Time, Trouble } from "../parts.tsx";
import { addressOf } from "../place.ts";
import type { Session } from "../session.ts";
import { duration } from "../told.ts";

/** How many keys are shown at most. */
const most = 200;

/** The answers that are kept under idempotency keys, the newest first. */
export function Idempotency({ session }: { readonly session: Session }): VNode {
  const { value, error } = useAsked(session, () => session.control.state());
  const find = useSignal("");
  if (!value.value) return error.value === undefined ? <p class="quiet">Reading.</p> : <Trouble error={error.value} />;
  const { idempotency = [], clock } = value.value;
  const now = Date.parse(clock?.now ?? new Date().toISOString());
  const found = idempotency.filter(({ key }) => key.includes(find.value.trim()));
  const shown = found.slice(-most).reverse();
  return (
    <section aria-label="Idempotency keys">
      <Trouble error={error.value} />
      <div class="tools">
        <Search label="Search the keys" find={find} />
      </div>
      <p class="quiet count">
        {found.length} of {idempotency.length} keys. Time is counted by the sandbox's clock.
      </p>
      {shown.length === 0 && (
        <Empty>No answer is kept under a key. A write that carries an idempotency key leaves one here.</Empty>
      )}
      <ul class="records">
        {shown.map(({ key, fingerprint, firstUsedAt, expiresAt, answer }) => (
          <li key={key}>
            <details>
              <summary>
                <Status status={answer.status} /> <b>{key}</b>
                <Left ms={Date.parse(expiresAt) - now} of={Date.parse(expiresAt) - Date.parse(firstUsedAt)} />
              </summary>
              <p class="quiet">
                First used <Time at={firstUsedAt} isLong />, forgotten <Time at={expiresAt} isLong />. What makes two
                requests the same: <code>{fingerprint}</code>
              </p>
              <p>
                <a href={addressOf({ sandbox: session.sandbox, find: key })}>Requests under this key</a>
              </p>
              {answer.body ? <Code text={answer.body} /> : <p class="quiet">The answer has no body.</p>}
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Left({ ms, of }: { readonly ms: number; readonly of: number }): VNode {
  if (ms <= 0) return <span class="left">expired</span>;
  return (
    <span class="left">
      <meter min={0} max={of} value={ms} aria-label="Time left" />
      {duration(ms)} left
    </span>
  );
}
