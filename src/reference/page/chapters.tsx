import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import type { Code, Idempotency, Model, Operation } from "../model.ts";
import { addressOf, idOf } from "./address.ts";
import { Markdown } from "./markdown.tsx";
import { Copy, Search } from "./pieces.tsx";
import { presetTexts } from "./presets.ts";
import { nameOf, parametersOf, requestOf, schemesOf } from "./request.ts";
import { curlOf, samplesOf } from "./samples.ts";
import { Doubt } from "./schema.tsx";
import { filledOf, homeOf, knownKey, type Settings, trialOf } from "./state.ts";

type Props = { readonly model: Model; readonly settings: Settings };

export function Chapter({
  id,
  title,
  children,
}: {
  readonly id: string;
  readonly title: string;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <div class="chapter" id={id} data-part>
      <h2 tabIndex={-1}>{title}</h2>
      {children}
    </div>
  );
}

/** A read of one record that needs no more than the document shows, and a write beside it that is safe to repeat. */
export function firstSteps(model: Model): {
  readonly read?: Operation | undefined;
  readonly write?: Operation | undefined;
} {
  const isReady = (operation: Operation) =>
    parametersOf(model, operation).every(({ required, example }) => !required || example !== undefined);
  const ready = model.operations.filter((one) => isReady(one) && !one.deprecated);
  const reads = ready.filter(({ method, doubt }) => method === "GET" && doubt === undefined);
  const read =
    reads.find(({ path }) => /\/\{[^}]*\}$/.test(path)) ?? reads.find(({ path }) => !path.includes("{")) ?? reads[0];
  const writes = ready.filter(({ body, doubt }) => body?.content[0]?.examples !== undefined && doubt === undefined);
  const near = writes.filter(({ path }) => read !== undefined && path.startsWith(read.path));
  const [write] = (near.length > 0 ? near : writes).sort(
    (one, other) =>
      Number(other.keyHeader !== undefined) - Number(one.keyHeader !== undefined) ||
      other.path.length - one.path.length,
  );
  return { read, write };
}

/** From nothing to a changed record. */
export function Start({ model, settings }: Props): VNode {
  const { read, write } = firstSteps(model);
  const first = read ?? write ?? model.operations[0];
  const scheme = first && schemesOf(model, first)[0];
  const record = read && parametersOf(model, read).find(({ in: where }) => where === "path");
  const trial = read && trialOf(model, read);
  const value = record && trial?.values.value[nameOf(record)];
  return (
    <Chapter id="start" title="Quick start">
      <dl class="start">
        <Fact title="Server">
          {model.isServed ? (
            <>
              <code>{homeOf(model, location.href)}</code>, the mock that serves this page
            </>
          ) : (
            <>
              <code>npx understudy start</code> serves it at <code>{settings.base.value}</code>
            </>
          )}
        </Fact>
        {scheme && (
          <Fact title="Key">
            <code>{knownKey}</code>; any other that begins with <code>test_</code> opens a sandbox of its own
          </Fact>
        )}
        {record && value && (
          <Fact title="Record">
            <code>{value}</code>, a <code>{record.name}</code> to try
          </Fact>
        )}
      </dl>
      <div class="steps">
        <div>
          {read && <Step title="Read it" operation={read} {...{ model, settings }} />}
          {write && (
            <Step
              title={write.keyHeader ? "Change it, safe to repeat" : "Change it"}
              operation={write}
              {...{ model, settings }}
            />
          )}
        </div>
        {write && <ClientStep operation={write} {...{ model, settings }} />}
      </div>
    </Chapter>
  );
}

function Fact({ title, children }: { readonly title: string; readonly children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

type StepProps = Props & { readonly title: string; readonly operation: Operation };

function Step({ title, operation, model, settings }: StepProps): VNode {
  const text = curlOf(requestOf(model, operation, filledOf(trialOf(model, operation), settings)));
  return (
    <div class="step">
      <div class="row between">
        <h3>{title}</h3>
        <span class="row">
          <a class="button small" href={addressOf("operation", operation.id)}>
            Try it
          </a>
          <Copy text={text} label="Copy" />
        </span>
      </div>
      <pre class="code sample">{text}</pre>
    </div>
  );
}

function ClientStep({ operation, model, settings }: Omit<StepProps, "title">): VNode {
  const { text } = samplesOf(model, operation, filledOf(trialOf(model, operation), settings))[2]!;
  return (
    <div class="step">
      <div class="row between">
        <h3>The same, typed</h3>
        <Copy text={text} label="Copy" />
      </div>
      <pre class="code sample">{text}</pre>
    </div>
  );
}

/** All codes, to be looked through. */
export function Codes({ model }: Pick<Props, "model">): VNode {
  const find = useSignal("");
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const textOf = ({ code, member, message = "", statuses }: Code) =>
    [code, member, message, ...statuses].join(" ").toLowerCase();
  const found = model.codes.filter((code) => words.every((word) => textOf(code).includes(word)));
  const isWithin = ({ member }: Code) => member.includes("[]");
  return (
    <Chapter id="codes" title="Error codes">
      <Search label="Search the codes" hint="Search: code, status, message" find={find} />
      {found.length === 0 && <p class="quiet">No code is like that.</p>}
      <CodeTable title="Codes of errors" codes={found.filter((code) => !isWithin(code))} model={model} />
      <CodeTable title="Codes of what is wrong in detail" codes={found.filter(isWithin)} model={model} />
    </Chapter>
  );
}

type CodeTableProps = { readonly title: string; readonly codes: readonly Code[]; readonly model: Model };

function CodeTable({ title, codes, model }: CodeTableProps): VNode | null {
  if (codes.length === 0) return null;
  return (
    <table class="codes">
      <caption>
        {title}: <code>{[...new Set(codes.map(({ member }) => member))].slice(0, 6).join(", ")}</code>
      </caption>
      <thead>
        <tr>
          <th scope="col">Code</th>
          <th scope="col">Status</th>
          <th scope="col">Such as</th>
          <th scope="col">Answered by</th>
        </tr>
      </thead>
      <tbody>
        {codes.map((code) => (
          <CodeRow key={`${code.member} ${code.code}`} {...{ code, model }} />
        ))}
      </tbody>
    </table>
  );
}

function CodeRow({
  code: { code, member, message, statuses, operations, doubt },
  model,
}: {
  readonly code: Code;
  readonly model: Model;
}): VNode {
  return (
    <tr id={idOf("code", code)} data-doubt={doubt}>
      <th scope="row" tabIndex={-1}>
        <code title={member}>{code}</code> <Doubt doubt={doubt} />
      </th>
      <td>{statuses.join(", ") || "not told"}</td>
      <td>{message}</td>
      <td>
        <Answering {...{ model, operations }} />
      </td>
    </tr>
  );
}

function Answering({ model, operations }: { readonly model: Model; readonly operations: readonly number[] }): VNode {
  const all = model.operations.length;
  if (operations.length === 0) return <span class="quiet">not told</span>;
  const links = (
    <ul class="inline">
      {operations.slice(0, 200).map((number) => {
        const { id } = model.operations[number]!;
        return (
          <li key={id}>
            <a href={addressOf("operation", id)}>{id}</a>
          </li>
        );
      })}
    </ul>
  );
  if (operations.length <= 5) return links;
  return (
    <details>
      <summary>{operations.length === all ? `all ${all} operations` : `${operations.length} operations`}</summary>
      {links}
    </details>
  );
}

/** How to repeat a request safely. */
export function IdempotencyChapter({ model }: Pick<Props, "model">): VNode {
  return (
    <Chapter id="idempotency" title="Idempotency">
      {model.idempotency.map((rules) => (
        <div key={rules.header + rules.operations.join()}>
          <p>
            A request that carries <code>{rules.header}</code> may be repeated:{" "}
            {rules.operations.length > 12
              ? `${rules.operations.length} operations`
              : rules.operations.map((number, index) => {
                  const { id } = model.operations[number]!;
                  return (
                    <>
                      {index > 0 && ", "}
                      <a key={id} href={addressOf("operation", id)}>
                        {id}
                      </a>
                    </>
                  );
                })}
            .
          </p>
          {rules.mismatch !== undefined && <Sequence rules={rules} />}
          <table class="rules">
            <tbody>
              {rules.rows.map(([name, text, doubt]) => (
                <tr key={name} data-doubt={doubt}>
                  <th scope="row">
                    {name} <Doubt doubt={doubt} />
                  </th>
                  <td>
                    <Markdown text={text} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ))}
    </Chapter>
  );
}

/** What passes between a client and the API, as a picture. */
function Sequence({ rules }: { readonly rules: Idempotency }): VNode {
  const steps = [
    ["a write, key k-1", "the answer, kept", "good"],
    ["the same again, key k-1", "the kept answer, nothing is done", "good"],
    ["another body, key k-1", rules.mismatch ?? "", "bad"],
    ["the same, while it runs", rules.locked ?? "", "warn"],
  ] as const;
  const height = 52 + steps.length * 56;
  return (
    <figure class="sequence">
      <svg
        viewBox={`0 0 640 ${height}`}
        role="img"
        aria-label={`Between client and API: ${steps.map(([ask, answer]) => `${ask}: ${answer}`).join("; ")}`}
      >
        <g class="lanes">
          <rect x="20" y="4" width="120" height="28" rx="6" />
          <rect x="500" y="4" width="120" height="28" rx="6" />
          <text x="80" y="23" text-anchor="middle">
            client
          </text>
          <text x="560" y="23" text-anchor="middle">
            API
          </text>
          <line x1="80" y1="32" x2="80" y2={height} />
          <line x1="560" y1="32" x2="560" y2={height} />
        </g>
        {steps.map(([ask, answer, kind], index) => {
          const y = 60 + index * 56;
          return (
            <g key={ask} class={kind}>
              <path d={`M82 ${y} H552`} class="ask" />
              <path d={`M552 ${y - 4} l7 4 l-7 4 z`} class="head ask" />
              <text x="320" y={y - 6} text-anchor="middle">
                {ask}
              </text>
              <path d={`M558 ${y + 25} H90`} class="answer" />
              <path d={`M90 ${y + 21} l-7 4 l7 4 z`} class="head" />
              <text x="320" y={y + 19} text-anchor="middle" class="told">
                {answer}
              </text>
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

const headers = [
  [
    "X-Mock-Idempotency",
    "stored: the answer is kept under the key. replayed: it is the kept one, and nothing was carried out.",
  ],
  ["X-Mock-Generated", "true: the body was made up from the schemas of the document."],
  ["X-Mock-Event-Id", "of a webhook delivery: the same over all attempts."],
  ["Preference-Applied", "what of Prefer was obeyed."],
] as const;

const preferences = [
  ["code=409", "the declared answer of this status; nothing is carried out"],
  ["code=409, example=NAME", "this example of it"],
  ["delay=500", "so many milliseconds later"],
  [
    "connection=drop-after",
    "carried out, and the line is cut before the answer; also drop-before, truncate, garbage, hang",
  ],
] as const;

/** What no deployment of the API does. */
export function MockChapter({ model }: Props): VNode {
  const home = homeOf(model, location.href);
  const inspector = model.isServed ? (
    <a href={`${home}/_understudy/`}>inspector</a>
  ) : (
    <>
      inspector at <code>/_understudy/</code>
    </>
  );
  const plane = model.isServed ? (
    <a href={`${home}/_understudy/openapi.yaml`}>control plane</a>
  ) : (
    <>
      control plane at <code>/_understudy/openapi.yaml</code>
    </>
  );
  return (
    <Chapter id="mock" title="Only the mock">
      <p>What stands here is the mock's own. No deployment of the API has it.</p>
      <h3>Sandboxes</h3>
      <p>
        The credential names the sandbox. <code>{knownKey}</code> is there from the start; any other that begins with{" "}
        <code>test_</code> opens a fresh one: its own records, idempotency keys, clock, faults, journal and webhooks.
        Tests that run side by side need no more than a key each. The {inspector} shows each of them live.
      </p>
      <h3>Headers of its answers</h3>
      <Pairs title="Headers that only the mock sends" rows={headers} />
      <h3>Prefer</h3>
      <p>
        One request asks for one answer by the header <code>Prefer</code>, or by{" "}
        <code>?__code=409&amp;__delay=500</code> where headers cannot be set.
      </p>
      <Pairs title="What Prefer may ask for" rows={preferences} />
      <h3>Faults and presets</h3>
      <p>
        A fault is a rule that holds for all requests that match it, until it is removed. A preset is a set of them:{" "}
        <code>{'POST /_understudy/faults {"preset": "flaky-network"}'}</code>
      </p>
      <Pairs title="Presets" rows={Object.entries(presetTexts)} />
      <h3>Control plane</h3>
      <p>
        State, snapshots, clock, faults, journal, webhooks and sandboxes are arranged and read by the {plane}, on this
        machine alone.
      </p>
      <pre class="code sample">
        {[
          `curl -X POST ${home}/_understudy/reset -H 'X-API-Key: ${knownKey}'`,
          `curl -X PUT ${home}/_understudy/clock -H 'Content-Type: application/json' -d '{"advanceMs": 86400000}'`,
          `curl '${home}/_understudy/requests?status=409'`,
        ].join("\n")}
      </pre>
    </Chapter>
  );
}

function Pairs({
  title,
  rows,
}: {
  readonly title: string;
  readonly rows: readonly (readonly [string, string])[];
}): VNode {
  return (
    <table class="rules">
      <caption class="hidden">{title}</caption>
      <tbody>
        {rows.map(([name, text]) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td>{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
