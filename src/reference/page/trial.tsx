import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Model, Operation, Parameter } from "../model.ts";
import { firstLine } from "./markdown.tsx";
import { Code, Copy, Status } from "./pieces.tsx";
import { freshKey, isKey, nameOf, parametersOf, requestOf, schemesOf } from "./request.ts";
import { samplesOf } from "./samples.ts";
import { filledOf, homeOf, type Settings, type Trial, textOf, typeOf } from "./state.ts";

export type TrialProps = {
  readonly model: Model;
  readonly operation: Operation;
  readonly settings: Settings;
  readonly trial: Trial;
};

/** The request in the languages that people send requests with. */
export function Samples({ model, operation, settings, trial }: TrialProps): VNode {
  const chosen = useSignal(0);
  const samples = samplesOf(model, operation, filledOf(trial, settings));
  const { text } = samples[chosen.value]!;
  return (
    <div class="samples">
      <div class="row between">
        <fieldset class="buttons">
          <legend class="hidden">Language of the sample</legend>
          {samples.map(({ label }, index) => (
            <button
              key={label}
              type="button"
              class="small"
              aria-pressed={index === chosen.value}
              onClick={() => {
                chosen.value = index;
              }}
            >
              {label}
            </button>
          ))}
        </fieldset>
        <Copy text={text} label="Copy" />
      </div>
      <pre class="code sample">{text}</pre>
    </div>
  );
}

/** An answer as the page has received it, or why there was none. */
type Received =
  | { readonly error: string }
  | {
      readonly status: number;
      readonly statusText: string;
      readonly tookMs: number;
      readonly headers: readonly (readonly [string, string])[];
      readonly body: string;
      readonly key: string;
    };

/** Fields for a request of an operation, and its answer. */
export function Try(props: TrialProps): VNode {
  const { model, operation, settings, trial } = props;
  const received = useSignal<Received | undefined>(undefined);
  const isBusy = useSignal(false);
  const told = useRef<HTMLDivElement>(null);
  const answer = received.value;
  useEffect(() => {
    // Its first lines, as far as they are not to be seen.
    if (answer) told.current?.firstElementChild?.firstElementChild?.scrollIntoView({ block: "nearest" });
  }, [answer]);

  async function send(): Promise<void> {
    isBusy.value = true;
    received.value = await answerTo(model, operation, settings, trial);
    isBusy.value = false;
  }
  function sendWithNewKey(): Promise<void> {
    trial.key.value = freshKey();
    return send();
  }

  return (
    <form
      class="try"
      aria-label={`Try ${operation.summary}`}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Fields {...props} />
      <div class="row">
        <button type="submit" class="primary" disabled={isBusy.value}>
          {answer && operation.keyHeader ? "Send again, same key" : answer ? "Send again" : "Send"}
        </button>
        {answer && operation.keyHeader && (
          <button type="button" disabled={isBusy.value} onClick={sendWithNewKey}>
            Send with a new key
          </button>
        )}
      </div>
      <div role="status" ref={told}>
        {answer && <AnswerView {...{ answer, model, settings }} />}
      </div>
    </form>
  );
}

async function answerTo(model: Model, operation: Operation, settings: Settings, trial: Trial): Promise<Received> {
  const filled = filledOf(trial, settings);
  const { method, url, headers, body } = requestOf(model, operation, filled);
  const started = performance.now();
  try {
    const response = await fetch(url, {
      method,
      headers: headers.map(([name, value]) => [name, value] as [string, string]),
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      statusText: response.statusText,
      tookMs: Math.round(performance.now() - started),
      headers: [...response.headers],
      body: text,
      key: filled.key,
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { error: `There was no answer (${why}). Is the mock running at ${settings.base.value}?` };
  }
}

function AnswerView({
  answer,
  model,
  settings,
}: {
  readonly answer: Received;
  readonly model: Model;
  readonly settings: Settings;
}): VNode {
  if ("error" in answer) return <p class="trouble">{answer.error}</p>;
  const { status, statusText, tookMs, headers, body, key } = answer;
  const kept = headers.find(([name]) => name.toLowerCase() === "x-mock-idempotency")?.[1];
  const told =
    kept === "replayed"
      ? "Replayed: the kept answer, nothing was carried out again."
      : kept === "stored"
        ? "Stored: the same request under this key gets this answer again."
        : undefined;
  const home = homeOf(model, location.href);
  const isOfMock = model.isServed && settings.base.value.replace(/\/$/, "") === home;
  return (
    <div class="answer">
      <p class="row between">
        <span>
          <Status status={status} /> {statusText} <span class="quiet">{tookMs} ms</span>
        </span>
        {isOfMock && (
          <a
            href={`${home}/_understudy/#/${encodeURIComponent(keyOf(settings))}/requests${key === "" ? "" : `?find=${encodeURIComponent(key)}`}`}
          >
            In the journal
          </a>
        )}
      </p>
      {told && <p class={`kept ${kept}`}>{told}</p>}
      <details class="fold">
        <summary>{headers.length === 1 ? "1 header" : `${headers.length} headers`}</summary>
        <dl class="headers">
          {headers.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
      {body === "" ? <p class="quiet">No body.</p> : <Code text={body} />}
    </div>
  );
}

/** The sandbox that the page sends to. */
export function keyOf({ credentials }: Pick<Settings, "credentials">): string {
  return Object.values(credentials.value)[0] ?? "test_key";
}

function Fields({ model, operation, settings, trial }: TrialProps): VNode {
  const parameters = parametersOf(model, operation).filter((one) => !isKey(operation, one));
  const schemes = schemesOf(model, operation);
  const id = (name: string) => `try/${encodeURIComponent(operation.id)}/${encodeURIComponent(name)}`;
  return (
    <div class="fields">
      <TextField id={id("base")} label="Server" note={serversNote(model)} value={settings.base} />
      {schemes.map((scheme) => (
        <Field
          key={scheme.id}
          id={id(scheme.id)}
          label={scheme.id}
          note={`${scheme.name}${scheme.prefix ? `: ${scheme.prefix} …` : ""}`}
        >
          <input
            id={id(scheme.id)}
            autocomplete="off"
            spellcheck={false}
            value={settings.credentials.value[scheme.id]}
            onInput={({ currentTarget }) => {
              settings.credentials.value = { ...settings.credentials.value, [scheme.id]: currentTarget.value };
            }}
          />
        </Field>
      ))}
      {operation.keyHeader && (
        <Field id={id("key")} label={operation.keyHeader} note="fresh, and sent">
          <span class="joined">
            <input
              id={id("key")}
              autocomplete="off"
              spellcheck={false}
              value={trial.key.value}
              onInput={({ currentTarget }) => {
                trial.key.value = currentTarget.value;
              }}
            />
            <button
              type="button"
              onClick={() => {
                trial.key.value = freshKey();
              }}
            >
              New key
            </button>
          </span>
        </Field>
      )}
      {parameters.map((parameter) => (
        <ParameterField key={nameOf(parameter)} {...{ id: id(nameOf(parameter)), parameter, trial, model }} />
      ))}
      {operation.body && <BodyFields {...{ model, operation, trial, id }} />}
      <PreferField {...{ model, operation, trial, id: id("prefer") }} />
    </div>
  );
}

function serversNote({ servers }: Model): string | undefined {
  return servers.length === 0 ? undefined : `or ${servers.map(({ url }) => url).join(", ")}`;
}

type FieldProps = {
  readonly id: string;
  readonly label: string;
  readonly note?: string | undefined;
  readonly isRequired?: boolean | undefined;
  readonly children: ComponentChildren;
};

function Field({ id, label, note, isRequired, children }: FieldProps): VNode {
  return (
    <div class="field">
      <label for={id}>
        {label}
        {isRequired && <span class="required"> required</span>}
        {note !== undefined && <small> {note}</small>}
      </label>
      {children}
    </div>
  );
}

function TextField({ id, value, ...rest }: Omit<FieldProps, "children"> & { readonly value: Signal<string> }): VNode {
  return (
    <Field {...{ id, ...rest }}>
      <input
        id={id}
        autocomplete="off"
        spellcheck={false}
        value={value.value}
        onInput={({ currentTarget }) => {
          value.value = currentTarget.value;
        }}
      />
    </Field>
  );
}

type ParameterFieldProps = {
  readonly id: string;
  readonly parameter: Parameter;
  readonly trial: Trial;
  readonly model: Model;
};

function ParameterField({ id, parameter, trial, model }: ParameterFieldProps): VNode {
  const { name, in: where, required, example, isWritten, schema } = parameter;
  const given = trial.values.value[nameOf(parameter)] ?? "";
  const values = schema === undefined ? undefined : model.schemas[schema]?.values;
  const set = (value: string) => {
    trial.values.value = { ...trial.values.value, [nameOf(parameter)]: value };
  };
  return (
    <Field id={id} label={name} note={isWritten ? `${where}, as it is written` : where} isRequired={required}>
      {values && values.length > 1 && !isWritten ? (
        <select id={id} value={given} onChange={({ currentTarget }) => set(currentTarget.value)}>
          <option value="">left out</option>
          {values.map((value) => {
            const text = value.startsWith('"') ? (JSON.parse(value) as string) : value;
            return (
              <option key={value} value={text}>
                {text}
              </option>
            );
          })}
        </select>
      ) : (
        <input
          id={id}
          autocomplete="off"
          spellcheck={false}
          placeholder={example === undefined || required ? undefined : `such as ${example}`}
          value={given}
          onInput={({ currentTarget }) => set(currentTarget.value)}
        />
      )}
    </Field>
  );
}

type BodyProps = Pick<TrialProps, "model" | "operation" | "trial"> & { id(name: string): string };

function BodyFields({ model, operation, trial, id }: BodyProps): VNode {
  const { content } = operation.body!;
  const media = content.find((one) => typeOf(one) === trial.bodyType.value) ?? content[0];
  const examples = media?.examples ?? [];
  const isNamed = examples.length > 1;
  return (
    <>
      {content.length > 1 && (
        <Field id={id("type")} label="Media type">
          <select
            id={id("type")}
            value={trial.bodyType.value}
            onChange={({ currentTarget }) => {
              const next = content.find((one) => typeOf(one) === currentTarget.value);
              trial.bodyType.value = currentTarget.value;
              const [first] = next?.examples ?? [];
              if (first) trial.body.value = textOf(model.examples[first.value]);
            }}
          >
            {content.map((one) => (
              <option key={one.type} value={typeOf(one)}>
                {one.type}
              </option>
            ))}
          </select>
        </Field>
      )}
      {isNamed && (
        <Field id={id("example")} label="Example">
          <select
            id={id("example")}
            onChange={({ currentTarget }) => {
              trial.body.value = textOf(model.examples[Number(currentTarget.value)]);
            }}
          >
            {examples.map(({ name, value }) => (
              <option key={name} value={value}>
                {name || "As the document shows it"}
              </option>
            ))}
          </select>
        </Field>
      )}
      <Field id={id("body")} label="Body" note={trial.bodyType.value} isRequired={operation.body!.required}>
        <textarea
          id={id("body")}
          spellcheck={false}
          rows={Math.min(16, Math.max(3, trial.body.value.split("\n").length))}
          value={trial.body.value}
          onInput={({ currentTarget }) => {
            trial.body.value = currentTarget.value;
          }}
        />
      </Field>
    </>
  );
}

type PreferProps = Pick<TrialProps, "model" | "operation" | "trial"> & { readonly id: string };

/** Answers that a mock can be asked for, each with what `Prefer` says then. */
function PreferField({ model, operation, trial, id }: PreferProps): VNode {
  const choices = operation.answers.flatMap((number) => {
    const { status, description, content = [] } = model.answers[number]!;
    if (!/^\d{3}$/.test(status)) return [];
    const names = content
      .flatMap(({ examples = [] }) => examples.map(({ key }) => key))
      .filter((name) => /^[\w-]+$/.test(name ?? ""));
    const each =
      names.length > 1 ? names.map((name) => [`code=${status}, example=${name}`, `${status} ${name}`] as const) : [];
    return each.length > 0 ? each : [[`code=${status}`, `${status} ${cut(firstLine(description))}`] as const];
  });
  return (
    <Field id={id} label="Answer" note="asked of the mock by Prefer; forced ones execute nothing">
      <select
        id={id}
        value={trial.prefer.value}
        onChange={({ currentTarget }) => {
          trial.prefer.value = currentTarget.value;
        }}
      >
        <option value="">as it comes</option>
        {choices.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
        <option value="delay=2000">late, after 2 seconds</option>
        <option value="connection=drop-after">carried out, but the answer is lost</option>
      </select>
    </Field>
  );
}

function cut(text: string): string {
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}
