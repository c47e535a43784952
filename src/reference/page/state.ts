import { effect, type Signal, signal } from "@preact/signals";
import type { Media, Model, Operation, Results } from "../model.ts";
import { type Filled, freshKey, isKey, nameOf, parametersOf } from "./request.ts";

/** The key of the sandbox that a mock has from its start. */
export const knownKey = "test_key";

/** Where the mock is: around the page that it serves, or at its usual port. */
export function homeOf({ isServed }: Pick<Model, "isServed">, address: string): string {
  return isServed ? new URL("./", address.replace(/[?#].*$/, "")).href.replace(/\/$/, "") : "http://127.0.0.1:4010";
}

/** What holds for the whole page. */
export type Settings = {
  readonly base: Signal<string>;
  readonly credentials: Signal<Readonly<Record<string, string>>>;
  readonly onlyDocumented: Signal<boolean>;
  readonly theme: Signal<"auto" | "light" | "dark">;
  /** What the last contract run has found; `null` where none is known. */
  readonly results: Results | null;
};

export function createSettings(model: Model, results: Results | null): Settings {
  const kept = stored("theme");
  const settings: Settings = {
    base: signal(homeOf(model, location.href)),
    credentials: signal(Object.fromEntries(model.schemes.map(({ id }) => [id, knownKey]))),
    onlyDocumented: signal(false),
    theme: signal(kept === "light" || kept === "dark" ? kept : "auto"),
    results,
  };
  effect(() => {
    const { value } = settings.theme;
    if (value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    store("theme", value);
  });
  effect(() => {
    document.documentElement.toggleAttribute("data-only-documented", settings.onlyDocumented.value);
  });
  return settings;
}

function stored(name: string): string | null {
  try {
    return localStorage.getItem(`understudy-${name}`);
  } catch {
    return null;
  }
}

function store(name: string, value: string): void {
  try {
    localStorage.setItem(`understudy-${name}`, value);
  } catch {
    // A page that may keep nothing asks again.
  }
}

/** What is filled in for an operation; the page's own settings aside. */
export type Trial = {
  readonly values: Signal<Readonly<Record<string, string>>>;
  readonly key: Signal<string>;
  readonly prefer: Signal<string>;
  readonly bodyType: Signal<string | undefined>;
  readonly body: Signal<string>;
};

const trials = new Map<string, Trial>();

/** The trial of an operation, begun with the examples of the document and a key that nobody has used. */
export function trialOf(model: Model, operation: Operation): Trial {
  const known = trials.get(operation.id);
  if (known) return known;
  const parameters = parametersOf(model, operation).filter((one) => !isKey(operation, one));
  // What nobody has to send is left to the reader, so that the first answer is the plain one.
  const wanted = parameters.filter(({ required, example }) => required && example !== undefined);
  const [media] = operation.body?.content ?? [];
  const trial: Trial = {
    values: signal(Object.fromEntries(wanted.map((one) => [nameOf(one), one.example!]))),
    key: signal(operation.keyHeader === undefined ? "" : freshKey()),
    prefer: signal(""),
    bodyType: signal(media && typeOf(media)),
    body: signal(media?.examples?.[0] === undefined ? "" : textOf(model.examples[media.examples[0].value])),
  };
  trials.set(operation.id, trial);
  return trial;
}

/** A media type to send; of a range, JSON. */
export function typeOf({ type, sentAs }: Media): string {
  return sentAs ?? (type.includes("*") ? "application/json" : type);
}

/** An example as it is sent: JSON laid out, anything else as it is. */
export function textOf(example: unknown): string {
  return typeof example === "string" ? example : (JSON.stringify(example, null, 2) ?? "");
}

export function filledOf(trial: Trial, { base, credentials }: Settings): Filled {
  return {
    base: base.value,
    credentials: credentials.value,
    values: trial.values.value,
    key: trial.key.value,
    prefer: trial.prefer.value,
    bodyType: trial.bodyType.value,
    body: trial.body.value,
  };
}
