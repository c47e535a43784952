import { type ReadonlySignal, useSignal } from "@preact/signals";
import { render, type VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { createControl } from "../control/client.ts";
import { Confirm, Notices, Trouble } from "./parts.tsx";
import { addressOf, followPlace, type Place } from "./place.ts";
import { type Notice, openSession, type Session } from "./session.ts";
import { type View, views } from "./view.ts";
import { Clock } from "./views/clock.tsx";
import { Faults } from "./views/faults.tsx";
import { Idempotency } from "./views/idempotency.tsx";
import { Records } from "./views/records.tsx";
import { Requests } from "./views/requests.tsx";
import { defaultKey, Sandboxes } from "./views/sandboxes.tsx";
import { Snapshots } from "./views/snapshots.tsx";
import { Webhooks } from "./views/webhooks.tsx";

/** The mock lies a folder above this page, wherever it is mounted. */
const baseUrl = new URL("..", location.href.replace(/[?#].*$/, "")).href;
const docs = `${baseUrl}docs`;

/** Shows the sandbox that the address names. */
function Page({ place }: { readonly place: ReadonlySignal<Place> }): VNode {
  const notice = useSignal<Notice | undefined>(undefined);
  const wanted = place.value.sandbox ?? defaultKey;
  const session = useMemo(() => openSession(wanted, baseUrl, notice), [wanted, notice]);
  useEffect(() => session.live.stop, [session]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        To the content
      </button>
      <Head session={session} place={place.value} />
      {place.value.sandbox !== undefined && <Tabs place={place.value} />}
      <main id="main" tabIndex={-1}>
        <Shown key={wanted} session={session} place={place.value} />
      </main>
      <Notices notice={notice} />
    </>
  );
}

function Head({ session, place }: { readonly session: Session; readonly place: Place }): VNode {
  const { live, control, act, sandbox } = session;
  const title = useTitle();
  const reset = () =>
    act("The sandbox is as it was at its first use.", async () => {
      await control.reset();
      live.clear();
    });
  return (
    <header>
      <h1>
        <a href={addressOf({})}>understudy</a>
        {place.sandbox !== undefined && <span class="sandbox">{sandbox}</span>}
      </h1>
      <p class="title">{title}</p>
      <p class={`connection ${live.state.value}`} role="status">
        {{ connecting: "Connecting", live: "Live", lost: "Connecting again" }[live.state.value]}
      </p>
      <nav aria-label="Elsewhere">
        <a href={docs}>Reference</a>
      </nav>
      {place.sandbox !== undefined && (
        <Confirm
          label="Reset"
          question={`Reset ${sandbox}? Records, keys, clock, faults, journal and webhooks begin anew.`}
          isSmall
          onYes={reset}
        />
      )}
      {live.state.value === "lost" && <Trouble error={live.trouble.value} />}
    </header>
  );
}

function useTitle(): string {
  const title = useSignal("");
  useEffect(() => {
    const told = ({ document: name }: { readonly document: string }) => {
      title.value = name;
    };
    createControl({ baseUrl })
      .health()
      .then(told, () => {});
  }, [title]);
  return title.value;
}

function Tabs({ place }: { readonly place: Place }): VNode {
  return (
    <nav class="tabs" aria-label="Views">
      {Object.entries(views).map(([view, text]) => (
        <a
          key={view}
          href={addressOf({ sandbox: place.sandbox, view: view as View })}
          aria-current={view === place.view ? "page" : undefined}
        >
          {text}
        </a>
      ))}
    </nav>
  );
}

const others = {
  records: Records,
  idempotency: Idempotency,
  faults: Faults,
  clock: Clock,
  webhooks: Webhooks,
  snapshots: Snapshots,
} as const;

function Shown({ session, place }: { readonly session: Session; readonly place: Place }): VNode {
  if (place.sandbox === undefined) return <Sandboxes session={session} />;
  if (place.view === "requests") return <Requests {...{ session, place, docs }} />;
  const View = others[place.view];
  return <View session={session} />;
}

/** Whoever comes by the printed link sees what goes on in the sandbox that everybody begins with. */
function begin(): ReadonlySignal<Place> {
  if (location.hash === "") history.replaceState(null, "", addressOf({ sandbox: defaultKey }));
  return followPlace();
}

render(<Page place={begin()} />, document.body);
