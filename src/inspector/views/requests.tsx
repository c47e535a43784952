import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ControlSchemas } from "../../control/client.ts";
import { Code, Copy, Empty, Marks, Status, Time } from "../parts.tsx";
import { addressOf, type Place } from "../place.ts";
import type { Session } from "../session.ts";
import { curlOf, finder, keyOf, marksOf, reasonsOf } from "../told.ts";

type Entry = ControlSchemas["JournalEntry"];

/** How many requests are shown at first, and how many more at a time. */
const shownAtOnce = 100;

const statuses = { any: "Any answer", "2": "2xx", "3": "3xx", "4": "4xx", "5": "5xx", none: "No answer" } as const;

type Props = { readonly session: Session; readonly place: Place; readonly docs: string };

/** The journal as it is written, and one request of it. */
export function Requests({ session, place, docs }: Props): VNode {
  const { live, sandbox } = session;
  const status = useSignal<keyof typeof statuses>("any");
  const count = useSignal(shownAtOnce);
  /** What was there when it was told to stand still. */
  const still = useSignal<readonly Entry[] | undefined>(undefined);
  const find = useSignal(place.find);
  find.value = place.find;
  const all = useComputed(() => still.value ?? live.requests.value);
  const found = useComputed(() => {
    const isFound = finder(find.value);
    return all.value.filter((entry) => isFound(entry) && hasStatus(entry, status.value));
  });
  const opened = useOpened(all, place.open);
  const shown = found.value.slice(-count.value).reverse();
  return (
    <div class={opened ? "split open" : "split"}>
      <section aria-label="Requests">
        <Tools {...{ session, place, status, still }} />
        <p class="quiet count" aria-live="off">
          {countOf(found.value.length, all.value.length, live.missed.value)}
        </p>
        {shown.length === 0 && <NoRequests {...{ session, isFiltered: all.value.length > 0 }} />}
        <ol class="requests" onKeyDown={moveFocus}>
          {shown.map((entry) => (
            <Row key={entry.id} {...{ entry, isOpen: entry === opened, address: openAt(place, sandbox, entry.id) }} />
          ))}
        </ol>
        {found.value.length > shown.length && (
          <button
            type="button"
            onClick={() => {
              count.value += 2 * shownAtOnce;
            }}
          >
            Show more
          </button>
        )}
      </section>
      {opened && <Opened key={opened.id} {...{ entry: opened, session, place, docs }} />}
    </div>
  );
}

/** The request that is open stays, though the list has gone on without it. */
function useOpened(all: { readonly value: readonly Entry[] }, id: number | undefined): Entry | undefined {
  const kept = useRef<Entry | undefined>(undefined);
  if (kept.current?.id !== id) kept.current = undefined;
  kept.current ??= id === undefined ? undefined : all.value.find((entry) => entry.id === id);
  return kept.current;
}

function openAt({ find }: Place, sandbox: string, open: number | undefined): string {
  return addressOf({ sandbox, view: "requests", find, open });
}

function hasStatus({ response }: Entry, wanted: keyof typeof statuses): boolean {
  if (wanted === "any") return true;
  return wanted === "none" ? !response : `${response?.status ?? ""}`.startsWith(wanted);
}

function countOf(found: number, all: number, missed: number): string {
  const shown = found === all ? `${all} ${all === 1 ? "request" : "requests"}` : `${found} of ${all} requests`;
  return missed > 0 ? `${shown}; ${missed} more came too fast or were gone before` : shown;
}

type ToolsProps = {
  readonly session: Session;
  readonly place: Place;
  readonly status: Signal<keyof typeof statuses>;
  readonly still: Signal<readonly Entry[] | undefined>;
};

function Tools({ session, place, status, still }: ToolsProps): VNode {
  const { live, act, control, sandbox } = session;
  const isStill = still.value !== undefined;
  return (
    <search class="tools">
      <input
        type="search"
        aria-label="Search the requests"
        placeholder="Search: path, operation, key, code, body"
        value={place.find}
        onInput={({ currentTarget }) => location.replace(addressOf({ ...place, sandbox, find: currentTarget.value }))}
      />
      <select
        aria-label="Answer"
        value={status.value}
        onChange={({ currentTarget }) => {
          status.value = currentTarget.value as keyof typeof statuses;
        }}
      >
        {Object.entries(statuses).map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <button
        type="button"
        aria-pressed={isStill}
        onClick={() => {
          still.value = isStill ? undefined : live.requests.value;
        }}
      >
        {isStill ? "Go on" : "Pause"}
      </button>
      <button
        type="button"
        onClick={() =>
          act("The journal is empty.", async () => {
            await control.clearRequests();
            live.clear();
            still.value = undefined;
          })
        }
      >
        Clear
      </button>
    </search>
  );
}

type NoRequestsProps = { readonly session: Session; readonly isFiltered: boolean };

function NoRequests({ session, isFiltered }: NoRequestsProps): VNode {
  if (isFiltered) return <Empty>No request is like that.</Empty>;
  return (
    <Empty>
      <p>Nothing has come yet. Send a request with the key of this sandbox, and it shows here.</p>
      <p class="quiet">
        The mock listens at <code>{session.baseUrl.replace(/\/$/, "")}</code>
      </p>
    </Empty>
  );
}

type RowProps = { readonly entry: Entry; readonly isOpen: boolean; readonly address: string };

function Row({ entry, isOpen, address }: RowProps): VNode {
  const { request, response, at, durationMs } = entry;
  return (
    <li class={isOpen ? "request is-open" : "request"}>
      <a href={address} aria-current={isOpen ? "true" : undefined}>
        <Status status={response?.status} />
        <span class={`method ${request.method}`}>{request.method}</span>
        <span class="target">{request.target}</span>
        <Marks marks={marksOf(entry)} />
        <span class="when">
          <span>{durationMs.toFixed(durationMs < 10 ? 1 : 0)} ms</span>
          <Time at={at} />
        </span>
      </a>
    </li>
  );
}

/** Arrow keys go from row to row. */
function moveFocus(event: KeyboardEvent): void {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" } as const;
  const way = step[event.key as keyof typeof step];
  const row = (event.target as Element).closest("li");
  const next = way && row?.[way]?.querySelector("a");
  if (!next) return;
  event.preventDefault();
  next.focus();
}

type OpenedProps = { readonly entry: Entry; readonly session: Session; readonly place: Place; readonly docs: string };

function Opened({ entry, session, place, docs }: OpenedProps): VNode {
  const { request, response, refused, id, at, durationMs } = entry;
  const heading = useRef<HTMLHeadingElement>(null);
  // On a phone it takes the place of the list; whoever reads by ear is brought to it.
  useEffect(() => heading.current?.focus({ preventScroll: innerWidth > 900 }), []);
  return (
    <section class="opened" aria-label={`Request ${id}`}>
      <div class="row between">
        <h2 ref={heading} tabIndex={-1}>
          <Status status={response?.status} /> {request.method} <span class="target">{request.target}</span>
        </h2>
        <a class="button small" href={openAt(place, session.sandbox, undefined)}>
          Close
        </a>
      </div>
      <p class="quiet">
        Request {id}, <Time at={at} isLong /> by the sandbox's clock, {durationMs} ms
      </p>
      <h3>Why it was answered so</h3>
      <Marks marks={marksOf(entry)} />
      {reasonsOf(entry).map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      {refused && refused.rules.length > 0 && (
        <ul class="rules" aria-label="Rules that it breaks">
          {refused.rules.map((rule) => (
            <li key={`${rule.at} ${rule.keyword}`}>
              <code>{rule.at || "request"}</code> breaks <code>{rule.keyword}</code>
            </li>
          ))}
        </ul>
      )}
      <Links {...{ entry, session, docs }} />
      <Repeat {...{ entry, session }} />
      <h3>Request</h3>
      <Message headers={request.headers} body={request.body} />
      <h3>Answer</h3>
      {response ? (
        <Message headers={response.headers} body={response.body} />
      ) : (
        <p class="quiet">Nothing was answered.</p>
      )}
    </section>
  );
}

function Links({ entry, session, docs }: Omit<OpenedProps, "place">): VNode {
  const key = keyOf(entry);
  const operation = entry.request.operationId ?? entry.nearest?.operationId;
  return (
    <p class="links">
      {operation !== undefined && (
        <a href={`${docs}#operation/${encodeURIComponent(operation)}`}>{operation} in the reference</a>
      )}
      {key !== undefined && <a href={addressOf({ sandbox: session.sandbox, find: key })}>All requests under {key}</a>}
    </p>
  );
}

function Repeat({ entry, session }: Pick<OpenedProps, "entry" | "session">): VNode {
  const { sandbox, baseUrl } = session;
  const curl = curlOf(entry, baseUrl, sandbox.includes("*") ? undefined : sandbox);
  return (
    <>
      <div class="row between">
        <h3>Repeat it</h3>
        <Copy text={curl} label="Copy" />
      </div>
      <pre class="code">{curl}</pre>
      {curl.includes("***") && <p class="quiet">What ends in *** was masked; put your own in its place.</p>}
    </>
  );
}

type MessageProps = { readonly headers: Readonly<Record<string, string>>; readonly body: string | undefined };

function Message({ headers, body }: MessageProps): VNode {
  return (
    <>
      <dl class="headers">
        {Object.entries(headers).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {body === undefined || body === "" ? (
        <p class="quiet">No body, or one too long to be kept.</p>
      ) : (
        <Code text={body} />
      )}
    </>
  );
}
