import { type Signal, useComputed } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Model, Operation } from "../model.ts";
import { addressOf, idOf } from "./address.ts";
import { reading } from "./place.ts";
import { createSearch, type Found } from "./search.ts";

/** A chapter of the page, by the id of its element. */
export type Chapter = { readonly id: string; readonly title: string; readonly words?: string };

export type Group = {
  readonly name: string;
  readonly description?: string | undefined;
  readonly operations: readonly Operation[];
};

/** The operations by their first tag, in the document's order. */
export function groupsOf({ tags, operations }: Model): readonly Group[] {
  const byTag = new Map<string, Operation[]>(tags.map(({ name }) => [name, []]));
  for (const operation of operations) byTag.set(operation.tag, [...(byTag.get(operation.tag) ?? []), operation]);
  return [...byTag]
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => ({
      name,
      description: tags.find((tag) => tag.name === name)?.description,
      operations: list,
    }));
}

/** What a group is called. */
export function titleOf({ name }: Pick<Group, "name">): string {
  return name === "" ? "Operations" : name.charAt(0).toUpperCase() + name.slice(1).replaceAll(/[-_]/g, " ");
}

/** Of more operations than these, a group is closed until it is read. */
const mostOpen = 60;

type Props = {
  readonly model: Model;
  readonly before: readonly Chapter[];
  readonly after: readonly Chapter[];
  readonly find: Signal<string>;
  readonly isOpen: Signal<boolean>;
};

/** Search and contents. */
export function Sidebar({ model, before, after, find, isOpen }: Props): VNode {
  const search = useMemo(() => {
    const found = [...before, ...after].map(
      ({ id, title, words = "" }): Found => ({ kind: "chapter", text: title, beside: words, address: `#${id}` }),
    );
    return createSearch(model, found);
  }, [model, before, after]);
  const results = useComputed(() => search(find.value));
  const box = useRef<HTMLInputElement>(null);
  const side = useRef<HTMLDivElement>(null);
  useSlash(box, isOpen);
  useKeys(side, isOpen);
  return (
    <div ref={side} class={isOpen.value ? "sidebar is-open" : "sidebar"}>
      <search>
        <input
          ref={box}
          type="search"
          aria-label="Search operations, codes and members"
          placeholder="Search  ( / )"
          value={find.value}
          onInput={({ currentTarget }) => {
            find.value = currentTarget.value;
          }}
          onKeyDown={(event) => {
            const [first] = results.value;
            if (event.key === "Enter" && first) location.hash = first.address.slice(1);
            if (event.key === "Escape") find.value = "";
          }}
        />
      </search>
      <nav aria-label="Contents">
        {find.value.trim() === "" ? <Contents {...{ model, before, after }} /> : <Results results={results.value} />}
      </nav>
    </div>
  );
}

/** Arrow keys go from link to link; what is chosen, what is beside it and Escape close the drawer that it is on a phone. */
function useKeys(side: { readonly current: HTMLElement | null }, isOpen: Signal<boolean>): void {
  useEffect(() => {
    const leave = (event: Event) => {
      const target = event.target as Element;
      const isWithin = side.current?.contains(target) ?? false;
      const isDone = event instanceof KeyboardEvent ? event.key === "Escape" : !isWithin || target.closest("a");
      if (isDone && !target.closest(".contents")) isOpen.value = false;
    };
    const move = (event: KeyboardEvent) => side.current && moveFocus(event, side.current);
    side.current?.addEventListener("keydown", move);
    for (const name of ["keydown", "click"]) addEventListener(name, leave);
    return () => {
      for (const name of ["keydown", "click"]) removeEventListener(name, leave);
    };
  }, [side, isOpen]);
}

/** A slash leads to the search from anywhere but a field. */
function useSlash(box: { readonly current: HTMLInputElement | null }, isOpen: Signal<boolean>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey) return;
      if ((event.target as Element).closest?.("input, textarea, select")) return;
      event.preventDefault();
      isOpen.value = true;
      // At once, so that no letter is lost that is typed behind it; on a phone once the drawer is open.
      box.current?.focus();
      requestAnimationFrame(() => box.current?.focus());
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [box, isOpen]);
}

/** The next or the last link, from the search on. */
function moveFocus(event: KeyboardEvent, side: HTMLElement): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const all = [...side.querySelectorAll<HTMLElement>("input, a, summary")].filter((one) => one.checkVisibility());
  const next = all[all.indexOf(event.target as HTMLElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function Contents({ model, before, after }: Pick<Props, "model" | "before" | "after">): VNode {
  const groups = useMemo(() => groupsOf(model), [model]);
  const isLarge = model.operations.length > mostOpen;
  return (
    <>
      <Chapters chapters={before} />
      {groups.map((group) => (
        <Links
          key={group.name}
          title={titleOf(group)}
          kind="operation"
          operations={group.operations}
          isClosed={isLarge}
        />
      ))}
      {model.webhooks.length > 0 && (
        <Links title="Webhooks" kind="webhook" operations={model.webhooks} isClosed={isLarge} />
      )}
      <Chapters chapters={after} />
    </>
  );
}

function Chapters({ chapters }: { readonly chapters: readonly Chapter[] }): VNode {
  return (
    <ul>
      {chapters.map(({ id, title }) => (
        <li key={id}>
          <a href={`#${id}`} aria-current={reading.value === id ? "location" : undefined}>
            {title}
          </a>
        </li>
      ))}
    </ul>
  );
}

type LinksProps = {
  readonly title: string;
  readonly kind: "operation" | "webhook";
  readonly operations: readonly Operation[];
  readonly isClosed: boolean;
};

function Links({ title, kind, operations, isClosed }: LinksProps): VNode {
  const isHere = useComputed(() => operations.some(({ id }) => idOf(kind, id) === reading.value));
  return (
    <details open={!isClosed || isHere.value}>
      <summary>{title}</summary>
      <ul>
        {operations.map((operation) => (
          <OperationLink key={operation.id} {...{ kind, operation }} />
        ))}
      </ul>
    </details>
  );
}

function OperationLink({
  kind,
  operation,
}: {
  readonly kind: "operation" | "webhook";
  readonly operation: Operation;
}): VNode {
  const { id, method, summary, doubt, deprecated } = operation;
  const isHere = useComputed(() => reading.value === idOf(kind, id));
  return (
    <li data-doubt={doubt}>
      <a href={addressOf(kind, id)} aria-current={isHere.value ? "location" : undefined}>
        <span class={deprecated ? "name deprecated" : "name"}>{summary}</span>
        <span class={`method ${method}`}>{method}</span>
      </a>
    </li>
  );
}

const kinds = {
  chapter: "Chapters",
  operation: "Operations",
  webhook: "Webhooks",
  code: "Codes",
  member: "Members",
} as const;

function Results({ results }: { readonly results: readonly Found[] }): VNode {
  if (results.length === 0) return <p class="quiet nothing">Nothing is called so.</p>;
  return (
    <>
      {Object.entries(kinds).map(([kind, title]) => {
        const found = results.filter((one) => one.kind === kind);
        return found.length === 0 ? null : (
          <div key={kind}>
            <p class="kind">{title}</p>
            <ul class="results">
              {found.map(({ text, beside, address }) => (
                <li key={address + text}>
                  <a href={address}>
                    <span class="name">{text}</span>
                    <small>{beside}</small>
                  </a>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </>
  );
}
