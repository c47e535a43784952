import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import type { Doubt as DoubtKind, Member, Model, Schema, Union } from "../model.ts";
import { Markdown } from "./markdown.tsx";

/** A quiet mark of what is not documented. */
export function Doubt({ doubt, of }: { readonly doubt: DoubtKind | undefined; readonly of?: string }): VNode | null {
  if (doubt === undefined) return null;
  return (
    <span
      class={`doubt ${doubt}`}
      title={
        doubt === "inferred" ? "Read off samples or sibling pages" : "The reference is silent; the stricter choice"
      }
    >
      {of === undefined ? doubt : `${of} ${doubt}`}
    </span>
  );
}

/** Something that opens; what is in it is not there before. */
export function Fold(props: {
  readonly summary: ComponentChildren;
  readonly isOpen?: boolean;
  readonly class?: string;
  readonly doubt?: DoubtKind | undefined;
  children(): ComponentChildren;
}): VNode {
  const isOpen = useSignal(props.isOpen ?? false);
  return (
    <details
      class={props.class ?? "fold"}
      data-doubt={props.doubt}
      open={isOpen.value}
      onToggle={({ currentTarget }) => {
        isOpen.value = currentTarget.open;
      }}
    >
      <summary>{props.summary}</summary>
      {isOpen.value && props.children()}
    </details>
  );
}

/** So many members are shown at once; more are behind a button. */
const mostMembers = 60;
/** Of so many alternatives each has a button. */
const mostButtons = 6;

type Props = { readonly model: Model; readonly number: number };

/** A schema as a whole: its facts, and its members. */
export function SchemaView({ model, number }: Props): VNode {
  const schema = model.schemas[number]!;
  return (
    <div class="schema">
      <p class="facts">
        <Facts {...{ model, schema }} />
      </p>
      <Markdown text={schema.description} />
      <Inside {...{ model, schema }} />
    </div>
  );
}

/** In a word, what a value is: `list of Customer`. */
function kindOf(model: Model, { name, type, items, title, unions, members }: Schema): string {
  if (items !== undefined) return `list of ${kindOf(model, model.schemas[items]!)}`;
  const own = name ?? (members ? title : undefined);
  if (own !== undefined && (type === undefined || type.startsWith("object")))
    return own + (type?.includes("null") ? " or null" : "");
  if (type !== undefined) return type;
  if (members) return "object";
  return unions
    ? [...new Set(unions.flatMap(({ of }) => of.map(({ label }) => label)))].slice(0, 4).join(" or ")
    : "anything";
}

/** Type, rules and marks of a schema in a line. */
function Facts({ model, schema }: { readonly model: Model; readonly schema: Schema }): VNode {
  const { rules = [], marks = [], values, doubt, typeDoubt } = schema;
  return (
    <>
      <span class="type">{kindOf(model, schema)}</span>
      <Doubt doubt={typeDoubt} of="type" />
      {rules.map(([text, own]) => (
        <span key={text} class="rule" data-doubt={own}>
          {text.startsWith("matches ") ? (
            <>
              matches <code>{text.slice(8)}</code>
            </>
          ) : (
            text
          )}
          <Doubt doubt={own} />
        </span>
      ))}
      {marks.map((mark) => (
        <span key={mark} class={`badge ${mark.replace(" ", "-")}`}>
          {mark}
        </span>
      ))}
      <Doubt doubt={doubt} />
      {values && <Values {...{ values }} />}
      {schema.default !== undefined && (
        <span class="rule">
          default <code>{schema.default}</code>
        </span>
      )}
      {schema.example !== undefined && !values && (
        <span class="rule">
          such as <code>{schema.example}</code>
        </span>
      )}
    </>
  );
}

function Values({ values }: { readonly values: readonly string[] }): VNode {
  const isAll = useSignal(values.length <= 12);
  const shown = isAll.value ? values : values.slice(0, 10);
  return (
    <span class="rule">
      {values.length === 1 ? "always" : "one of"}{" "}
      {shown.map((value) => (
        <>
          <code key={value}>{value.length > 200 ? `${value.slice(0, 200)}…` : value}</code>{" "}
        </>
      ))}
      {!isAll.value && (
        <button
          type="button"
          class="small"
          onClick={() => {
            isAll.value = true;
          }}
        >
          {values.length - shown.length} more
        </button>
      )}
    </span>
  );
}

/** What is within: members, items, alternatives. */
function Inside({ model, schema }: { readonly model: Model; readonly schema: Schema }): VNode | null {
  const { members = [], items, rest, unions = [] } = schema;
  const count = useSignal(mostMembers);
  if (items !== undefined && isPlain(model, items)) return <ItemFacts {...{ model, items }} />;
  return (
    <>
      {members.length > 0 && (
        <ul class="members">
          {members.slice(0, count.value).map((member) => (
            <MemberRow key={member.name} {...{ model, member }} />
          ))}
          {members.length > count.value && (
            <li>
              <button
                type="button"
                class="small"
                onClick={() => {
                  count.value = members.length;
                }}
              >
                {members.length - count.value} more members
              </button>
            </li>
          )}
        </ul>
      )}
      {items !== undefined && <Inside model={model} schema={model.schemas[items]!} />}
      {rest !== undefined && (
        <div class="rest">
          <p class="quiet">Any other member</p>
          <SchemaView {...{ model, number: rest }} />
        </div>
      )}
      {unions.map((union, index) => (
        <UnionView key={`${index}`} {...{ model, union }} />
      ))}
    </>
  );
}

function isPlain(model: Model, number: number): boolean {
  const { members, items, rest, unions } = model.schemas[number]!;
  return !members && items === undefined && rest === undefined && !unions;
}

function ItemFacts({ model, items }: { readonly model: Model; readonly items: number }): VNode | null {
  const schema = model.schemas[items]!;
  const { rules, values, description, example } = schema;
  if (!rules && !values && !description && example === undefined) return null;
  return (
    <div class="rest">
      <p class="facts">
        <span class="quiet">each</span> <Facts {...{ model, schema }} />
      </p>
      <Markdown text={description} />
    </div>
  );
}

function MemberRow({ model, member }: { readonly model: Model; readonly member: Member }): VNode {
  const { name, schema: number, required, doubt } = member;
  const schema = model.schemas[number]!;
  const isFlat = isPlain(model, number) || (schema.items !== undefined && isPlain(model, schema.items));
  return (
    <li data-doubt={schema.doubt}>
      <p class="facts">
        <code class="name">{name}</code>
        {required && (
          <span class="required" data-doubt={doubt}>
            required
            <Doubt doubt={doubt} />
          </span>
        )}
        <Facts {...{ model, schema }} />
      </p>
      <Markdown text={schema.description} />
      {isFlat ? (
        <Inside {...{ model, schema }} />
      ) : (
        <Fold summary={`What ${name} holds`}>{() => <Inside {...{ model, schema }} />}</Fold>
      )}
    </li>
  );
}

function UnionView({ model, union }: { readonly model: Model; readonly union: Union }): VNode {
  const chosen = useSignal(0);
  const { of, how, by } = union;
  const one = of[chosen.value] ?? of[0]!;
  const choose = (index: number) => {
    chosen.value = index;
  };
  const title = how.charAt(0).toUpperCase() + how.slice(1);
  return (
    <div class="union">
      <p class="quiet">
        {title}
        {by !== undefined && (
          <>
            , told apart by <code>{by}</code>
          </>
        )}
      </p>
      {of.length > mostButtons ? (
        <select
          aria-label={title}
          value={chosen.value}
          onChange={({ currentTarget }) => choose(Number(currentTarget.value))}
        >
          {of.map(({ label }, index) => (
            <option key={`${index}`} value={index}>
              {label}
            </option>
          ))}
        </select>
      ) : (
        of.length > 1 && (
          <div class="buttons">
            {of.map(({ label }, index) => (
              <button
                key={`${index}`}
                type="button"
                class="small"
                aria-pressed={index === chosen.value}
                onClick={() => choose(index)}
              >
                {label}
              </button>
            ))}
          </div>
        )
      )}
      <SchemaView key={one.schema} {...{ model, number: one.schema }} />
    </div>
  );
}
