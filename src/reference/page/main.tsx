import { type Signal, useSignal } from "@preact/signals";
import { render, type VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { Model, Results } from "../model.ts";
import { idOf } from "./address.ts";
import { Chapter, Codes, IdempotencyChapter, MockChapter, Start } from "./chapters.tsx";
import { Markdown } from "./markdown.tsx";
import { OperationView } from "./operation.tsx";
import { followPlace } from "./place.ts";
import { type Chapter as ChapterOf, groupsOf, Sidebar, titleOf } from "./sidebar.tsx";
import { createSettings, homeOf, type Settings } from "./state.ts";

const mockWords = "sandbox sandboxes X-Mock headers Prefer faults presets control plane clock snapshots journal";

function chaptersOf(model: Model): { readonly before: readonly ChapterOf[]; readonly after: readonly ChapterOf[] } {
  const { description, idempotency, codes } = model;
  return {
    before: [
      { id: "start", title: "Quick start", words: "key curl client" },
      ...(description ? [{ id: "about", title: "About" }] : []),
    ],
    after: [
      ...(codes.length > 0 ? [{ id: "codes", title: "Error codes" }] : []),
      ...(idempotency.length > 0
        ? [{ id: "idempotency", title: "Idempotency", words: "key retry repeat replay" }]
        : []),
      { id: "mock", title: "Only the mock", words: mockWords },
    ],
  };
}

function Page({ model, settings }: { readonly model: Model; readonly settings: Settings }): VNode {
  const { before, after } = useMemo(() => chaptersOf(model), [model]);
  const find = useSignal("");
  const isOpen = useSignal(false);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        To the content
      </button>
      <Head {...{ model, settings, isOpen }} />
      <Sidebar {...{ model, before, after, find, isOpen }} />
      <main id="main" tabIndex={-1}>
        <Start {...{ model, settings }} />
        {model.description && (
          <Chapter id="about" title="About">
            <Markdown text={model.description} />
          </Chapter>
        )}
        <Groups {...{ model, settings }} />
        {model.codes.length > 0 && <Codes {...{ model }} />}
        {model.idempotency.length > 0 && <IdempotencyChapter {...{ model }} />}
        <MockChapter {...{ model, settings }} />
      </main>
    </>
  );
}

function Groups({ model, settings }: { readonly model: Model; readonly settings: Settings }): VNode {
  const groups = useMemo(() => groupsOf(model), [model]);
  return (
    <>
      {groups.map((group) => (
        <Chapter key={group.name} id={idOf("tag", group.name)} title={titleOf(group)}>
          <Markdown text={group.description} />
          {group.operations.map((operation) => (
            <OperationView key={operation.id} {...{ model, operation, settings }} />
          ))}
        </Chapter>
      ))}
      {model.webhooks.length > 0 && (
        <Chapter id="webhooks" title="Webhooks">
          <p>
            The API sends these; here the mock does, to each <code>--webhook URL</code> that it was started with and to
            the receivers of a sandbox. It tries again until a receiver answers 2xx; attempts, answers and a replay are
            in the inspector.
          </p>
          {model.webhooks.map((operation) => (
            <OperationView key={operation.id} isWebhook {...{ model, operation, settings }} />
          ))}
        </Chapter>
      )}
    </>
  );
}

const themes = { auto: "Auto", light: "Light", dark: "Dark" } as const;

type HeadProps = { readonly model: Model; readonly settings: Settings; readonly isOpen: Signal<boolean> };

function Head({ model, settings, isOpen }: HeadProps): VNode {
  const { onlyDocumented, theme } = settings;
  const home = homeOf(model, location.href);
  return (
    <header>
      <button
        type="button"
        class="contents"
        aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        Contents
      </button>
      <h1>
        <a href="#start">{model.title}</a> <small>{model.version}</small>
      </h1>
      {model.hasDoubts && (
        <label class="switch">
          <input
            type="checkbox"
            checked={onlyDocumented.value}
            onChange={() => {
              onlyDocumented.value = !onlyDocumented.value;
            }}
          />
          Only what is documented
        </label>
      )}
      <label class="theme">
        <span class="hidden">Colours</span>
        <select
          value={theme.value}
          onChange={({ currentTarget }) => {
            theme.value = currentTarget.value as keyof typeof themes;
          }}
        >
          {Object.entries(themes).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <nav aria-label="Elsewhere">
        <a href="openapi.yaml">Document</a>
        {model.isServed && <a href={`${home}/_understudy/`}>Inspector</a>}
      </nav>
    </header>
  );
}

function told(id: string): unknown {
  return JSON.parse(document.getElementById(id)!.textContent!);
}

const model = told("model") as Model;
const settings = createSettings(model, told("results") as Results | null);
document.body.replaceChildren();
render(<Page {...{ model, settings }} />, document.body);
followPlace();
