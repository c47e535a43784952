import type { Signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { diffLines, linesOf } from "../contract/report/line-diff.ts";
import { Badge } from "../reference/page/pieces.tsx";
import type { Notice } from "./session.ts";
import { saidOf } from "./session.ts";
import type { Mark } from "./told.ts";

export { Badge, Code, Copy, Empty, Json, Search, Status, Switch } from "../reference/page/pieces.tsx";

/** The marks of a request. */
export function Marks({ marks }: { readonly marks: readonly Mark[] }): VNode {
  return (
    <span class="marks">
      {marks.map(({ kind, text }) => (
        <Badge key={kind} kind={kind}>
          {text}
        </Badge>
      ))}
    </span>
  );
}

/** A time of RFC 3339: its hours, minutes and seconds, or its date too; the whole of it on a closer look. */
export function Time({ at, isLong = false }: { readonly at: string; readonly isLong?: boolean }): VNode {
  const shown = isLong ? at.replace("T", " ").replace(/\.\d+Z$/, " UTC") : at.slice(11, 19);
  return (
    <time dateTime={at} title={at}>
      {shown}
    </time>
  );
}

/** How many lines that are the same stand around those that are not. */
const context = 2;

/** What goes and what comes from one value to another. */
export function Difference({ before, after }: { readonly before: unknown; readonly after: unknown }): VNode {
  const lines = diffLines(before === undefined ? [] : linesOf(before), after === undefined ? [] : linesOf(after));
  const near = (index: number) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ sign }) => sign !== " ");
  if (lines.every(({ sign }) => sign === " ")) return <p class="quiet">Nothing is different.</p>;
  return (
    <pre class="diff">
      {lines.map(({ sign, text }, index) => {
        if (!near(index)) return near(index - 1) && index > 0 ? <span class="gap">{"  …\n"}</span> : undefined;
        const row = `${sign} ${text}\n`;
        return sign === "-" ? <del>{row}</del> : sign === "+" ? <ins>{row}</ins> : <span>{row}</span>;
      })}
    </pre>
  );
}

type ConfirmProps = {
  readonly label: string;
  readonly question: string;
  /** A name for whoever cannot see what stands beside the button. */
  readonly name?: string;
  readonly isSmall?: boolean;
  onYes(): void;
};

/** A button for what cannot be undone: it asks first. */
export function Confirm({ label, question, name = label, isSmall = false, onYes }: ConfirmProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const closing = () => dialog.current?.close();
  return (
    <>
      <button
        type="button"
        class={isSmall ? "small danger" : "danger"}
        aria-label={name}
        onClick={() => dialog.current?.showModal()}
      >
        {label}
      </button>
      <dialog ref={dialog} aria-label={question}>
        <p>{question}</p>
        <div class="row">
          <button
            type="button"
            class="danger"
            onClick={() => {
              closing();
              onYes();
            }}
          >
            {label}
          </button>
          <button type="button" onClick={closing}>
            Cancel
          </button>
        </div>
      </dialog>
    </>
  );
}

/** Why something could not be asked for. */
export function Trouble({ error }: { readonly error: unknown }): VNode | null {
  if (error === undefined) return null;
  return (
    <p class="trouble" role="alert">
      {saidOf(error)}
    </p>
  );
}

/** How long a notice stays, in milliseconds. */
const noticeMs = 4000;

/** What was done last; an error stays until it is put away. */
export function Notices({ notice }: { readonly notice: Signal<Notice | undefined> }): VNode {
  const shown = notice.value;
  useEffect(() => {
    if (!shown || shown.isError) return;
    const timer = setTimeout(() => {
      if (notice.value === shown) notice.value = undefined;
    }, noticeMs);
    return () => clearTimeout(timer);
  }, [shown, notice]);
  return (
    <div class="notices" role={shown?.isError ? "alert" : "status"}>
      {shown && (
        <p class={shown.isError ? "notice error" : "notice"}>
          {shown.text}
          {shown.isError && (
            <button
              type="button"
              class="small"
              onClick={() => {
                notice.value = undefined;
              }}
            >
              Close
            </button>
          )}
        </p>
      )}
    </div>
  );
}
