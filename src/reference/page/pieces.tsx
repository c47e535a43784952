import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";

/* What the pages have in common, beside `base.css`. */

/** A word in a coloured box. */
export function Badge({ kind, children }: { readonly kind: string; readonly children: ComponentChildren }): VNode {
  return <span class={`badge ${kind}`}>{children}</span>;
}

/** The status of an answer, or that there was none. */
export function Status({ status }: { readonly status: number | undefined }): VNode {
  const kind = status === undefined ? "none" : `s${Math.floor(status / 100)}`;
  return <b class={`status ${kind}`}>{status ?? "lost"}</b>;
}

/** A text that may be JSON, laid out and coloured where it is. */
export function Code({ text }: { readonly text: string }): VNode {
  return <pre class="code">{coloured(laidOut(text))}</pre>;
}

/** A value as JSON. */
export function Json({ value }: { readonly value: unknown }): VNode {
  return <pre class="code">{coloured(JSON.stringify(value, null, 2) ?? "")}</pre>;
}

function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const tokens = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\b\d[\d.eE+-]*)/g;

/** The most letters that are coloured; a longer text is shown plainly. */
const mostColoured = 20_000;

function coloured(text: string): ComponentChildren {
  if (text.length > mostColoured) return text;
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    const [whole, string, colon, word] = match;
    const kind = string === undefined ? (word === undefined ? "number" : "word") : colon ? "name" : "string";
    parts.push(text.slice(end, match.index), <i class={kind}>{colon ? string : whole}</i>, colon);
    end = match.index + whole.length;
  }
  return [...parts, text.slice(end)];
}

/** A button that copies a text, and says whether the browser has let it: some do on this machine alone. */
export function Copy({ text, label }: { readonly text: string; readonly label: string }): VNode {
  const said = useSignal<string | undefined>(undefined);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      said.value = "Copied";
    } catch {
      said.value = "Not allowed here";
    }
    setTimeout(() => {
      said.value = undefined;
    }, 1500);
  }
  return (
    <button type="button" class="small" onClick={copy}>
      {said.value ?? label}
    </button>
  );
}

type SwitchProps = { readonly label: string; readonly isOn: boolean; readonly hint?: ComponentChildren; turn(): void };

/** Something that is on or off. */
export function Switch({ label, isOn, hint, turn }: SwitchProps): VNode {
  return (
    <label class="switch">
      <input type="checkbox" checked={isOn} onChange={turn} />
      <span>
        <b>{label}</b>
        {hint && <small>{hint}</small>}
      </span>
    </label>
  );
}

type SearchProps = { readonly label: string; readonly hint?: string; readonly find: Signal<string> };

/** A field for what is looked for. */
export function Search({ label, hint = label, find }: SearchProps): VNode {
  return (
    <input
      type="search"
      class="filter"
      aria-label={label}
      placeholder={hint}
      value={find.value}
      onInput={({ currentTarget }) => {
        find.value = currentTarget.value;
      }}
    />
  );
}

/** What to show in the place of a list that has nothing. */
export function Empty({ children }: { readonly children: ComponentChildren }): VNode {
  return <div class="empty">{children}</div>;
}
