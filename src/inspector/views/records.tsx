import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { ControlSchemas, ControlState } from "../../control/client.ts";
import { useAsked } from "../asked.ts";
import { Badge, Difference, Empty, Json, Search, Time, Trouble } from "../parts.tsx";
import { addressOf } from "../place.ts";
import type { Session } from "../session.ts";

type Rec = Readonly<Record<string, unknown>>;

/** How many records and changes are shown at most. */
const most = { records: 200, changes: 50, columns: 4 };

/** The records of a sandbox by collection, and what has changed of them. */
export function Records({ session }: { readonly session: Session }): VNode {
  const { control } = session;
  const { value, error } = useAsked(session, async () => ({
    state: await control.state(),
    changes: await control.changes(),
  }));
  if (!value.value) return error.value === undefined ? <p class="quiet">Reading.</p> : <Trouble error={error.value} />;
  const { state, changes } = value.value;
  return (
    <div class="split wide">
      <section aria-label="Records">
        <Trouble error={error.value} />
        <Collections state={state} />
      </section>
      <section aria-label="Changes">
        <h2>Changes</h2>
        <Changes changes={changes} session={session} />
      </section>
    </div>
  );
}

function Collections({ state }: { readonly state: ControlState }): VNode {
  const chosen = useSignal<string | undefined>(undefined);
  const find = useSignal("");
  const collections = Object.entries(state).filter(([name]) => name !== "idempotency" && name !== "clock");
  const [name, held] = collections.find(([one]) => one === chosen.value) ?? collections[0] ?? [];
  if (name === undefined) return <Empty>The document has no collections.</Empty>;
  const records = held as readonly Rec[];
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = records.filter((record) => {
    const text = words.length === 0 ? "" : JSON.stringify(record).toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <>
      <fieldset class="choices">
        <legend class="hidden">Collection</legend>
        {collections.map(([one, list]) => (
          <label key={one}>
            <input
              type="radio"
              name="collection"
              checked={one === name}
              onChange={() => {
                chosen.value = one;
              }}
            />
            <span>
              {one} <small>{(list as readonly Rec[]).length}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <div class="tools">
        <Search label={`Search ${name}`} find={find} />
      </div>
      {found.length === 0 ? (
        <Empty>{records.length === 0 ? "It holds no record." : "No record is like that."}</Empty>
      ) : (
        <RecordList key={name} records={found} />
      )}
    </>
  );
}

function RecordList({ records }: { readonly records: readonly Rec[] }): VNode {
  const shown = records.slice(0, most.records);
  return (
    <>
      <ul class="records">
        {shown.map((record, index) => {
          const [first = `${index + 1}`, ...rest] = plainMembers(record);
          return (
            <li key={first}>
              <details>
                <summary>
                  <b>{first}</b>
                  <span class="quiet">{rest.join(" · ")}</span>
                </summary>
                <Json value={record} />
              </details>
            </li>
          );
        })}
      </ul>
      {records.length > shown.length && (
        <p class="quiet">
          The first {shown.length} of {records.length}.
        </p>
      )}
    </>
  );
}

/** The first members of a record that are no objects, that of its id first. */
function plainMembers(record: Rec): string[] {
  const plain = Object.entries(record).filter(([, value]) => ["string", "number"].includes(typeof value));
  const id = plain.find(([name]) => /id$/i.test(name)) ?? plain[0];
  const others = plain.filter((member) => member !== id).slice(0, most.columns - 1);
  return (id ? [id, ...others] : others).map(([, value]) => String(value));
}

type ChangesProps = { readonly changes: readonly ControlSchemas["Change"][]; readonly session: Session };

function Changes({ changes, session }: ChangesProps): VNode {
  if (changes.length === 0) return <Empty>Nothing has changed since the sandbox was opened or reset.</Empty>;
  const shown = changes.slice(-most.changes).reverse();
  return (
    <ol class="changes">
      {shown.map((change, index) => (
        <ChangeRow key={`${change.id} ${change.at}`} {...{ change, session, isFirst: index === 0 }} />
      ))}
    </ol>
  );
}

type ChangeProps = {
  readonly change: ControlSchemas["Change"];
  readonly session: Session;
  readonly isFirst: boolean;
};

function ChangeRow({ change, session, isFirst }: ChangeProps): VNode {
  const { at, collection, recordId, before, after, request } = change;
  // What a reader has opened or closed stays so, whatever comes behind it.
  const [isOpen] = useState(isFirst);
  const kind = kindOf(before, after);
  return (
    <li>
      <details open={isOpen}>
        <summary>
          <Badge kind={kind}>{kind}</Badge> <b>{recordId}</b>{" "}
          <span class="quiet">
            {collection}, <Time at={at} />
          </span>
        </summary>
        {useMemo(
          () => (
            <Difference before={before} after={after} />
          ),
          [],
        )}
        <p class="quiet">
          By <a href={addressOf({ sandbox: session.sandbox, open: request + 1 })}>request {request + 1}</a>, one that
          came together with it, or the control plane.
        </p>
      </details>
    </li>
  );
}

function kindOf(before: unknown, after: unknown): "new" | "gone" | "changed" {
  if (before === undefined) return "new";
  return after === undefined ? "gone" : "changed";
}
