import { type Signal, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { ControlSchemas } from "../../control/client.ts";
import { presetTexts } from "../../reference/page/presets.ts";
import { useAsked } from "../asked.ts";
import { Confirm, Empty, Switch, Trouble } from "../parts.tsx";
import type { Session } from "../session.ts";

type Rule = ControlSchemas["FaultRule"];
type Fault = ControlSchemas["Fault"];

const presets = presetTexts satisfies Record<NonNullable<Rule["preset"]>, string>;

/** What goes wrong on purpose. */
export function Faults({ session }: { readonly session: Session }): VNode {
  const { control, act } = session;
  const { value, error } = useAsked(session, () => control.faults.list());
  const off = useSwitchedOff(session.sandbox);
  if (!value.value) return error.value === undefined ? <p class="quiet">Reading.</p> : <Trouble error={error.value} />;
  const faults = value.value;
  const ruled = faults.filter(({ preset }) => preset === undefined);
  return (
    <div class="split wide">
      <section aria-label="Faults">
        <Trouble error={error.value} />
        <h2>Presets</h2>
        <Presets {...{ session, faults }} />
        <div class="row between">
          <h2>Rules</h2>
          <Confirm
            label="Remove all"
            question="Remove every fault of this sandbox?"
            isSmall
            onYes={() => {
              off.value = [];
              void act("Everything goes as it should.", () => control.faults.clear());
            }}
          />
        </div>
        {ruled.length + off.value.length === 0 && <Empty>Nothing goes wrong on purpose.</Empty>}
        <ul class="records">
          {ruled.map((fault) => (
            <RuleRow key={fault.id} {...{ session, off, rule: ruleOf(fault), fault }} />
          ))}
          {off.value.map((rule) => (
            <RuleRow key={JSON.stringify(rule)} {...{ session, off, rule }} />
          ))}
        </ul>
      </section>
      <section aria-label="New fault">
        <h2>Add a fault</h2>
        <NewFault session={session} />
      </section>
    </div>
  );
}

type PresetsProps = { readonly session: Session; readonly faults: readonly Fault[] };

function Presets({ session: { act, control }, faults }: PresetsProps): VNode {
  return (
    <div class="switches">
      {Object.entries(presets).map(([name, text]) => {
        const preset = name as keyof typeof presets;
        const on = faults.filter((fault) => fault.preset === preset);
        const applied = on.reduce((sum, fault) => sum + fault.applied, 0);
        const turn = () =>
          on.length === 0
            ? act(`${preset} is on.`, () => control.faults.add({ preset }))
            : act(`${preset} is off.`, () => Promise.all(on.map(({ id }) => control.faults.remove(id))));
        const hint = on.length === 0 ? text : `${text}; applied ${applied} times`;
        return <Switch key={preset} label={preset} isOn={on.length > 0} hint={hint} turn={turn} />;
      })}
    </div>
  );
}

type RuleRowProps = {
  readonly session: Session;
  readonly rule: Rule;
  readonly off: Signal<readonly Rule[]>;
  /** As it is in force; switched off without. */
  readonly fault?: Fault;
};

function RuleRow({ session: { act, control }, rule, fault, off }: RuleRowProps): VNode {
  const text = ruleText(rule);
  const forget = () => {
    off.value = off.value.filter((one) => one !== rule);
  };
  const turn = () =>
    act(fault ? "The fault is off." : "The fault is on.", async () => {
      if (fault) {
        await control.faults.remove(fault.id);
        off.value = [...off.value, rule];
      } else {
        await control.faults.add(rule);
        forget();
      }
    });
  const remove = () =>
    act("The fault is gone.", async () => {
      if (fault) await control.faults.remove(fault.id);
      else forget();
    });
  const hint = fault ? `${fault.id}, applied ${fault.applied} times` : "Switched off";
  return (
    <li class="row between">
      <Switch label={text} isOn={fault !== undefined} hint={hint} turn={turn} />
      <button type="button" class="small" aria-label={`Remove: ${text}`} onClick={remove}>
        Remove
      </button>
    </li>
  );
}

function ruleOf({ id: _, applied: __, ...rule }: Fault): Rule {
  return rule as Rule;
}

/** A rule as a sentence. */
function ruleText({ match = {}, nth, times, rate, forMs, delayMs, bytesPerSecond, answer, connection }: Rule): string {
  const { header, ...plain } = match;
  const which = [...Object.values(plain), ...Object.keys(header ?? {})].join(" ");
  const what = [
    answer && `answer ${answer.status ?? ""} ${answer.example ?? ""}`.trim(),
    connection,
    delayMs !== undefined && `${typeof delayMs === "number" ? delayMs : JSON.stringify(delayMs)} ms`,
    bytesPerSecond !== undefined && `${bytesPerSecond} bytes/s`,
  ];
  const when = [
    nth !== undefined && `from number ${nth}`,
    times !== undefined && (times === 1 ? "once" : `${times} times`),
    rate !== undefined && `${rate * 100} %`,
    forMs !== undefined && `for ${forMs / 1000} s`,
  ];
  return `${which || "every request"}: ${[...what, ...when].filter(Boolean).join(", ")}`;
}

/** The rules that were switched off here, which the mock knows no more of; kept with the tab. */
function useSwitchedOff(sandbox: string): Signal<readonly Rule[]> {
  const place = `faults off: ${sandbox}`;
  const off = useSignal<readonly Rule[]>(JSON.parse(sessionStorage.getItem(place) ?? "[]"));
  useEffect(() => off.subscribe((rules) => sessionStorage.setItem(place, JSON.stringify(rules))), [off, place]);
  return off;
}

const connections = ["drop-before", "drop-after", "truncate", "garbage", "hang"] as const;

function NewFault({ session }: { readonly session: Session }): VNode {
  const { act, control, live } = session;
  const seen = [...new Set(live.requests.value.flatMap(({ request }) => request.operationId ?? []))];
  async function add(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const rule = ruleIn(new FormData(form));
    if (await act("The fault is on.", () => control.faults.add(rule))) form.reset();
  }
  return (
    <form class="form" onSubmit={add}>
      <label>
        Operation
        <input name="operationId" list="operations" placeholder="every operation" autoComplete="off" />
      </label>
      <datalist id="operations">
        {seen.map((id) => (
          <option key={id} value={id} />
        ))}
      </datalist>
      <label>
        Method
        <select name="method">
          <option value="">any</option>
          {["GET", "POST", "PUT", "PATCH", "DELETE"].map((method) => (
            <option key={method}>{method}</option>
          ))}
        </select>
      </label>
      <label>
        Path
        <input name="path" placeholder="/things/*" autoComplete="off" />
      </label>
      <label>
        Answer with status
        <input name="status" type="number" min="200" max="599" placeholder="409" />
      </label>
      <label>
        Example of the document
        <input name="example" placeholder="mismatch" autoComplete="off" />
      </label>
      <label>
        Connection
        <select name="connection">
          <option value="">stays</option>
          {connections.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label>
        Delay in ms
        <input name="delayMs" type="number" min="0" max="600000" placeholder="500" />
      </label>
      <label>
        How many times
        <input name="times" type="number" min="1" placeholder="always" />
      </label>
      <label>
        Share in %
        <input name="rate" type="number" min="0" max="100" step="any" placeholder="100" />
      </label>
      <button type="submit" class="primary">
        Add the fault
      </button>
    </form>
  );
}

/** The rule that a form says; what is left empty is left out. */
function ruleIn(form: FormData): Rule {
  const text = (name: string) => String(form.get(name) ?? "").trim() || undefined;
  const number = (name: string) => (text(name) === undefined ? undefined : Number(text(name)));
  const some = <T extends object>(members: T) => {
    const given = Object.entries(members).filter(([, value]) => value !== undefined);
    return given.length > 0 ? (Object.fromEntries(given) as T) : undefined;
  };
  const rate = number("rate");
  const rule = {
    match: some({ operationId: text("operationId"), method: text("method"), path: text("path") }),
    answer: some({ status: number("status"), example: text("example") }),
    connection: text("connection"),
    delayMs: number("delayMs"),
    times: number("times"),
    rate: rate === undefined ? undefined : rate / 100,
  };
  // The control plane says what is wrong with it.
  return (some(rule) ?? {}) as Rule;
}
