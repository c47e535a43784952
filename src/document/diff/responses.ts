import { isObject, type JsonObject } from "../pointer.ts";
import { compareContent } from "./content.ts";
import { compareRequired, compareValues } from "./parameters.ts";
import { type Direction, resolve, type Side } from "./side.ts";
import { type Both, breaks, type Comparison, harmless, tell, type Verdict } from "./tell.ts";

/** Answers by status. A status that a class or the default covers is still promised, if only as that. */
export function compareResponses(comparison: Comparison, at: string, operation: Both, direction: Direction): void {
  const [before, after] = [responsesOf(comparison.old, operation.was), responsesOf(comparison.now, operation.is)];
  for (const status of new Set([...before.keys(), ...after.keys()])) {
    const owner: Both = { was: covering(before, status), is: covering(after, status) };
    const where = `${at} ${status}`;
    if (owner.was && owner.is) {
      compareContent(comparison, where, owner, direction);
      compareHeaders(comparison, where, owner, direction);
    } else if (owner.was) {
      // A class that is now told by its statuses is met at each of them.
      if (/^\dXX$/.test(status) && [...after.keys()].some((other) => other[0] === status[0])) continue;
      tell(
        comparison,
        where,
        operation,
        "responses",
        { was: status, is: undefined },
        goneVerdict(status, before, after),
      );
    } else {
      const verdict = /^[123]/.test(status)
        ? breaks("Clients take it for none of the successes that they were promised.")
        : harmless("Clients meet refusals that they do not know as it is.");
      tell(comparison, where, operation, "responses", { was: undefined, is: status }, verdict);
    }
  }
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
      compareValues(comparison, where, owner, direction);
    } else if (owner.was) {
      const why = "Clients that read it find it no more.";
      tell(comparison, where, response, "headers", { was: name, is: undefined }, breaks(why));
    } else {
      const why = "Clients pass over headers that they do not know.";
      tell(comparison, where, response, "headers", { was: undefined, is: name }, harmless(why));
    }
  }
}

function declaredHeaders(side: Side, response: JsonObject | undefined): Map<string, JsonObject> {
  const headers = isObject(response?.headers) ? response.headers : {};
  // A header of this name shall be ignored: https://spec.openapis.org/oas/v3.1.0#response-object
  const named = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "content-type");
  return new Map(named.map(([name, given]) => [name.toLowerCase(), resolve(side, given)]));
}
