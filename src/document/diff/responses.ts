import { isObject, type JsonObject } from "../pointer.ts";
import { compareContent } from "./content.ts";
import { compareForms, compareRequired, compareValues } from "./parameters.ts";
import { type Direction, resolve, type Side } from "./side.ts";
import { type Both, breaks, type Comparison, goneFrom, harmless, newIn, tell, type Verdict } from "./tell.ts";

/** Answers by status. A status that a class or the default covers is still promised, if only as that. */
export function compareResponses(comparison: Comparison, at: string, operation: Both, direction: Direction): void {
  const [before, after] = [responsesOf(comparison.old, operation.was), responsesOf(comparison.now, operation.is)];
  for (const status of new Set([...before.keys(), ...after.keys()])) {
    const owner: Both = { was: covering(before, status), is: covering(after, status) };
    const where = `${at} ${status}`;
    const of = (response: unknown) => (response ? status : undefined);
    const told = (verdict: Verdict) =>
      tell(comparison, where, operation, "responses", { was: of(owner.was), is: of(owner.is) }, verdict);
    if (owner.was && owner.is) {
      compareContent(comparison, where, owner, direction);
      compareHeaders(comparison, where, owner, direction);
    } else if (direction === "request")
      told(
        owner.was ? breaks("Clients that answer it are not understood.") : harmless("Clients of today answer another."),
      );
    else if (owner.is) told(newVerdict(status));
    // A class that is now told by its statuses is met at each of them.
    else if (!/^\dXX$/.test(status) || ![...after.keys()].some((other) => other[0] === status[0]))
      told(goneVerdict(status, before, after));
  }
}

function newVerdict(status: string): Verdict {
  return /^[123]/.test(status)
    ? breaks("Clients take it for none of the successes that they were promised.")
    : harmless("Clients meet refusals that they do not know as it is.");
}

/** An answer that is gone. Of a refusal nobody misses that it comes no more, but where another may come in its place. */
function goneVerdict(
  status: string,
  before: ReadonlyMap<string, JsonObject>,
  after: ReadonlyMap<string, JsonObject>,
): Verdict {
  const success = /^[123]/.test(status) || ![...after.keys()].some((other) => /^[123]/.test(other));
  const replaced = [...after.keys()].some((other) => !covering(before, other) && /^[45D]/.test(other));
  if (success || replaced) return breaks("Clients that tell this answer from others get another in its place.");
  return harmless("Clients that know the refusal do not meet it any more.");
}

function responsesOf(side: Side, operation: JsonObject | undefined): Map<string, JsonObject> {
  const responses = isObject(operation?.responses) ? operation.responses : {};
  return new Map(Object.entries(responses).map(([status, given]) => [status.toUpperCase(), resolve(side, given)]));
}

function covering(responses: ReadonlyMap<string, JsonObject>, status: string): JsonObject | undefined {
  return responses.get(status) ?? responses.get(`${status[0]}XX`) ?? responses.get("DEFAULT");
}

function compareHeaders(comparison: Comparison, at: string, response: Both, direction: Direction): void {
  const [before, after] = [declaredHeaders(comparison.old, response.was), declaredHeaders(comparison.now, response.is)];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const owner: Both = { was: before.get(name), is: after.get(name) };
    const where = `${at} header.${name}`;
    if (owner.was && owner.is) {
      compareRequired(comparison, where, owner, direction);
      compareForms(comparison, where, owner);
      compareValues(comparison, where, owner, direction);
    } else {
      const verdict = owner.was ? goneFrom(direction) : newIn(direction, owner.is?.required === true);
      tell(comparison, where, response, "headers", { was: owner.was && name, is: owner.is && name }, verdict);
    }
  }
}

function declaredHeaders(side: Side, response: JsonObject | undefined): Map<string, JsonObject> {
  const headers = isObject(response?.headers) ? response.headers : {};
  // A header of this name shall be ignored: https://spec.openapis.org/oas/v3.1.0#response-object
  const named = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "content-type");
  return new Map(named.map(([name, given]) => [name.toLowerCase(), resolve(side, given)]));
}
