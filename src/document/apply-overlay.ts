import { jsonPath } from "./late.ts";
import { isObject, type JsonObject } from "./pointer.ts";
import { show } from "./problem.ts";
import { SpecError } from "./spec-error.ts";

/** A member or an item of the document, by what holds it. */
type Place = { readonly holder: Record<string, unknown> | unknown[]; readonly key: string | number };

/**
 * A document with the actions of an overlay carried out on it, in their order; it stays as it is itself. `name` stands for the
 * overlay in messages. Throws a `SpecError` where it is none. https://spec.openapis.org/overlay/v1.0.0.html
 */
export function applyOverlay(document: JsonObject, overlay: unknown, name: string): JsonObject {
  if (!isObject(overlay) || typeof overlay.overlay !== "string" || !Array.isArray(overlay.actions))
    throw new SpecError(
      `${name} should be an overlay, { overlay: 1.0.0, info: ..., actions: [{ target: "$.paths['/books']", update: ... }] }; received ${show(overlay)}.`,
    );
  const whole = { $: structuredClone(document) as Record<string, unknown> };
  for (const [index, action] of overlay.actions.entries()) carryOut(whole, action, `actions[${index}] of ${name}`);
  return whole.$;
}

function carryOut(whole: { $: Record<string, unknown> }, action: unknown, name: string): void {
  if (!isObject(action) || typeof action.target !== "string")
    throw new SpecError(`${name} should have a target, such as "$.paths['/books']"; received ${show(action)}.`);
  const places = placesAt(whole, action.target, name);
  if (places.length === 0)
    throw new SpecError(`${name} has the target ${show(action.target)}, which is nothing of the document.`);
  // From the last on, so that what is taken out of a list moves nothing that is still to come.
  for (const { holder, key } of places.reverse()) {
    const at = holder as Record<string | number, unknown>;
    if (action.remove === true) {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete at[key];
    } else at[key] = updated(at[key], action.update);
  }
}

function placesAt(whole: { $: Record<string, unknown> }, target: string, name: string): Place[] {
  const places: Place[] = [];
  try {
    jsonPath().exec(whole.$ as never, target, (_, path) => {
      const [last = "$", ...rest] = [...path].reverse();
      const holder =
        path.length === 0 ? whole : rest.reverse().reduce<unknown>((at, token) => (at as JsonObject)[token], whole.$);
      places.push({ holder: holder as Place["holder"], key: last });
    });
  } catch (error) {
    throw new SpecError(
      `${name} should have a JSONPath as its target; received ${show(target)}: ${(error as Error).message}`,
    );
  }
  return places;
}

/** Objects are merged, lists grow, anything else is replaced. */
function updated(before: unknown, update: unknown): unknown {
  if (Array.isArray(before)) return [...before, ...(Array.isArray(update) ? update : [update])];
  if (!isObject(before) || !isObject(update)) return update;
  const after: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(update))
    after[name] = name in before ? updated(before[name], value) : value;
  return after;
}
