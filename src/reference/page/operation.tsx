import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Answer, Media, Model, Operation, Parameter, Result, Results } from "../model.ts";
import { idOf } from "./address.ts";
import { firstLine, Markdown } from "./markdown.tsx";
import { Code, Status } from "./pieces.tsx";
import { place } from "./place.ts";
import { parametersOf } from "./request.ts";
import { Doubt, Fold, SchemaView } from "./schema.tsx";
import { homeOf, type Settings, textOf, trialOf } from "./state.ts";
import { keyOf, Samples, Try } from "./trial.tsx";

export type OperationProps = {
  readonly model: Model;
  readonly operation: Operation;
  readonly settings: Settings;
  readonly isWebhook?: boolean;
};

/** An operation. What is below its head is drawn when it comes near. */
export function OperationView({ model, operation, settings, isWebhook = false }: OperationProps): VNode {
  const id = idOf(isWebhook ? "webhook" : "operation", operation.id);
  const element = useRef<HTMLElement>(null);
  const isNear = useNear(element, id);
  const { method, path, summary, deprecated, doubt, keyHeader } = operation;
  return (
    <article
      class={isNear ? "operation" : "operation far"}
      id={id}
      ref={element}
      data-part
      data-doubt={doubt}
      aria-label={summary}
    >
      <h3 tabIndex={-1}>{summary}</h3>
      <p class="facts target">
        <span class={`method ${method}`}>{method}</span>
        <code>{path}</code>
        {deprecated && <span class="badge deprecated">deprecated</span>}
        {keyHeader && <span class="badge safe">safe to repeat</span>}
        <Doubt doubt={doubt} />
      </p>
      {isNear && <Body {...{ model, operation, settings, isWebhook }} />}
    </article>
  );
}

const waiting = new WeakMap<Element, () => void>();
let observer: IntersectionObserver | undefined;

/** Whether an element has come near the part of the page that is seen. */
function useNear(element: { readonly current: HTMLElement | null }, id: string): boolean {
  const isNear = useSignal(false);
  useEffect(() => {
    const { current } = element;
    if (!current) return;
    observer ??= new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) if (isIntersecting) waiting.get(target)?.();
      },
      { rootMargin: "900px 0px" },
    );
    const come = () => {
      isNear.value = true;
      observer?.unobserve(current);
    };
    waiting.set(current, come);
    observer.observe(current);
    addEventListener("beforeprint", come);
    return () => {
      observer?.unobserve(current);
      removeEventListener("beforeprint", come);
    };
  }, [element, isNear]);
  return isNear.value || place.value === id;
}

function Body({ model, operation, settings, isWebhook }: Required<OperationProps>): VNode {
  const trial = useMemo(() => trialOf(model, operation), [model, operation]);
  const parameters = parametersOf(model, operation);
  const { body, answers, description } = operation;
  return (
    <>
      <Markdown text={description === operation.summary ? undefined : description} />
      <Links {...{ model, operation, settings, isWebhook }} />
      <div class="columns">
        <div class="said">
          {parameters.length > 0 && (
            <Part title="Parameters">
              <ul class="members">
                {parameters.map((parameter) => (
                  <ParameterRow key={`${parameter.in} ${parameter.name}`} {...{ model, parameter }} />
                ))}
              </ul>
            </Part>
          )}
          {body && (
            <Part
              title={isWebhook ? "What it brings" : "Body"}
              beside={body.required ? <span class="required">required</span> : undefined}
            >
              <Markdown text={body.description} />
              <Content {...{ model, content: body.content, hasExamples: isWebhook }} />
            </Part>
          )}
          <Part title={isWebhook ? "What the receiver answers" : "Answers"}>
            {answers.map((number, index) => (
              <AnswerFold
                key={number}
                {...{ model, answer: model.answers[number]!, isOpen: index === 0 && !isWebhook }}
              />
            ))}
          </Part>
        </div>
        {!isWebhook && (
          <div class="tried">
            <Samples {...{ model, operation, settings, trial }} />
            <Fold class="fold trying" summary="Try it">
              {() => <Try {...{ model, operation, settings, trial }} />}
            </Fold>
          </div>
        )}
      </div>
    </>
  );
}

function Part({
  title,
  beside,
  children,
}: {
  readonly title: string;
  readonly beside?: ComponentChildren;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <div class="part">
      <h4>
        {title} {beside}
      </h4>
      {children}
    </div>
  );
}

/** To what the mock and a contract run know of an operation. */
function Links({ model, operation, settings, isWebhook }: Required<OperationProps>): VNode | null {
  const home = homeOf(model, location.href);
  const { results } = settings;
  const cases = results?.cases[operation.id] ?? [];
  const journal = `${home}/_understudy/#/${encodeURIComponent(keyOf(settings))}/`;
  if (!model.isServed && cases.length === 0) return null;
  return (
    <div class="links">
      {model.isServed && (
        <a href={isWebhook ? `${journal}webhooks` : `${journal}requests?find=${encodeURIComponent(operation.id)}`}>
          {isWebhook ? "Its deliveries" : "Its requests in the journal"}
        </a>
      )}
      {results && cases.length > 0 && <Found {...{ results, cases }} />}
    </div>
  );
}

type FoundProps = { readonly results: Results; readonly cases: readonly Result[] };

/** What the last contract run has found of an operation. */
function Found({ results: { target, startedAt }, cases }: FoundProps): VNode {
  const counts = new Map<string, number>();
  for (const { outcome } of cases) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const told = [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", ");
  return (
    <Fold summary={`Contract: ${told}`}>
      {() => (
        <>
          <p class="quiet">
            Seen at {target} on <time dateTime={startedAt}>{new Date(startedAt).toLocaleString()}</time>
          </p>
          <ul class="results">
            {cases.map(({ id, title, outcome }) => (
              <li key={id}>
                <span class={`badge ${outcome}`}>{outcome}</span> {title}
              </li>
            ))}
          </ul>
        </>
      )}
    </Fold>
  );
}

function ParameterRow({ model, parameter }: { readonly model: Model; readonly parameter: Parameter }): VNode {
  const { name, in: where, required, deprecated, description, schema, doubt } = parameter;
  return (
    <li data-doubt={doubt}>
      <p class="facts">
        <code class="name">{name}</code>
        <span class="type">{where}</span>
        {required && <span class="required">required</span>}
        {deprecated && <span class="badge deprecated">deprecated</span>}
        <Doubt doubt={doubt} />
      </p>
      <Markdown text={description} />
      {schema !== undefined && <SchemaView {...{ model, number: schema }} />}
    </li>
  );
}

function AnswerFold({
  model,
  answer,
  isOpen,
}: {
  readonly model: Model;
  readonly answer: Answer;
  readonly isOpen: boolean;
}): VNode {
  const { status, description, doubt, headers = [], content = [] } = answer;
  const short = firstLine(description);
  const isShort = (description ?? "").replaceAll(/[`*\s]/g, "") === short.replaceAll(/\s/g, "");
  return (
    <Fold
      class="fold status-fold"
      isOpen={isOpen}
      doubt={doubt}
      summary={
        <>
          {/^\d{3}$/.test(status) ? (
            <Status status={Number(status)} />
          ) : (
            <b class={`status s${status.charAt(0)}`}>{status}</b>
          )}{" "}
          <span>{short}</span> <Doubt doubt={doubt} />
        </>
      }
    >
      {() => (
        <>
          {!isShort && <Markdown text={description} />}
          {headers.length > 0 && (
            <ul class="members" aria-label="Headers">
              {headers.map((header) => (
                <ParameterRow key={header.name} {...{ model, parameter: header }} />
              ))}
            </ul>
          )}
          {content.length === 0 ? (
            <p class="quiet">No body.</p>
          ) : (
            <Content {...{ model, content, hasExamples: true }} />
          )}
        </>
      )}
    </Fold>
  );
}

/** Bodies by media type, with their examples. */
function Content({
  model,
  content,
  hasExamples,
}: {
  readonly model: Model;
  readonly content: readonly Media[];
  readonly hasExamples: boolean;
}): VNode {
  const chosen = useSignal(0);
  const media = content[chosen.value] ?? content[0]!;
  return (
    <>
      {content.length > 1 ? (
        <select
          aria-label="Media type"
          value={chosen.value}
          onChange={({ currentTarget }) => {
            chosen.value = Number(currentTarget.value);
          }}
        >
          {content.map(({ type }, index) => (
            <option key={type} value={index}>
              {type}
            </option>
          ))}
        </select>
      ) : (
        <p class="quiet">{media.type}</p>
      )}
      {media.schema !== undefined && <SchemaView key={media.type} {...{ model, number: media.schema }} />}
      {hasExamples &&
        (media.examples ?? []).map(({ name, value }, index) => (
          <Fold key={`${index}`} summary={name === "" ? "Example" : `Example: ${name}`}>
            {() => <Code text={textOf(model.examples[value])} />}
          </Fold>
        ))}
    </>
  );
}
