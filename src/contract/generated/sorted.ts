import { listOf, membersAt } from "../../document/resources.ts";
import { randoms } from "../../document/sample/sample.ts";
import { isForOrder, type Order, orderAsked } from "../../document/sorting.ts";
import type { Parameter } from "../../document/spec.ts";
import type { JsonObject } from "../../document/validator.ts";
import { difference } from "../findings.ts";
import { isPlain, isScalar } from "./kept.ts";
import { listed } from "./listed.ts";
import { schemaWithin, withAt } from "./places.ts";
import { schemaAt } from "./request.ts";
import { makeItem } from "./stock.ts";
import { aroundOf, type Check, type Subject } from "./subject.ts";

/** How many orders are asked for. */
const mostOrders = 8;
/** How many items are made to be put in order. */
const mostMade = 8;
/** Numbers that stand in another order as texts. */
const numbersApart = [9, 10];
/** How many values are drawn to find some that a target may be expected to keep as they are. */
const draws = 24;

/** Looks whether lists have the order that they are asked for. */
export const sortCheck: Check = {
  what: "sorts",
  title: "A list has the order that it is asked for",
  claim: "A parameter for the order of a list takes values that name a member of its items.",
  applies: (subject) => ordersOf(subject).length > 0,
  run: sorts,
};

/** A query for an order, and the order that its words mean. */
type Asked = { readonly query: JsonObject; readonly order: Order };

/** The orders that the document has words for: values of the parameters that ask for an order, one way and the other. */
function ordersOf({ session, resource, operation }: Omit<Subject, "scene">): readonly Asked[] {
  const held = listOf(session.spec, operation, resource.id);
  if (!held) return [];
  const { alternatives } = session.shape(operation).schemas;
  const members = [...membersAt(session.spec, held.item.place).keys()];
  const wordsOf = ({ place, types }: Parameter): readonly unknown[] => {
    const isList = types.length === 1 && types[0] === "array";
    const [own] = alternatives(place ? schemaAt(place) : {});
    const forms = isList ? alternatives(own?.items) : own ? [own] : [];
    const words = forms.flatMap((form) => (Array.isArray(form.enum) ? form.enum : []));
    return isList ? words.map((word) => [word]) : words;
  };
  const queried = operation.parameters.filter((one) => one.in === "query" && isForOrder(one.name));
  const queries = queried.reduce<readonly JsonObject[]>(
    (found, parameter) => {
      const words = wordsOf(parameter);
      if (words.length === 0) return found;
      return found.flatMap((query) => words.map((word) => ({ ...query, [parameter.name]: word })));
    },
    [{}],
  );
  return queries.flatMap((query) => {
    const order = orderAsked(query, members);
    return order ? [{ query, order }] : [];
  });
}

/** Makes items that differ in what the orders are by, as far as clients say that; one after the other, as they differ in anyway. */
async function makeUnordered(subject: Subject, orders: readonly Asked[], around: JsonObject): Promise<void> {
  const { session, resource, creator, scene } = subject;
  const [base] = (await session.bases(creator, scene)).accepted;
  if (!base) return;
  const shape = session.shape(creator);
  const { schemas } = shape;
  const making = { schemas, known: () => undefined, view: "request" } as const;
  const valuesFor = (member: string) => [
    ...numbersApart,
    ...randoms(schemaWithin(shape, ["body", member]), making, session.options.seed, draws),
  ];
  const members = new Set(orders.map(({ order }) => order[0]!.member));
  const wanted = [...members].flatMap((member) =>
    valuesFor(member)
      .filter(isPlain)
      .map((value) => withAt(base, ["body", member], value))
      .filter((one) => shape.check(one).length === 0)
      .slice(0, 3),
  );
  for (const one of [base, base, ...wanted.slice(0, mostMade)]) await makeItem(session, resource, around, scene, one);
}

async function sorts(subject: Subject): Promise<void> {
  const { session, resource, operation, scene } = subject;
  const around = await aroundOf(subject);
  const orders = ordersOf(subject).slice(0, mostOrders);
  await makeUnordered(subject, orders, around);
  let looked = 0;
  for (const { query, order } of orders) {
    const found = await listed(session, resource, { path: around }, scene, query);
    const [first] = order;
    const values = found?.items.map((item) => item[first!.member]).filter(isScalar) ?? [];
    if (!found || new Set(values).size < 2) continue;
    looked++;
    const at = values.findIndex((value, index) => index > 0 && isAfter(values[index - 1], value, first!.isDescending));
    if (at < 0) continue;
    const asked = Object.entries(query).map(([name, value]) => `${name}=${value}`);
    scene.find(
      difference(`${operation.id} does not list in the order of ${asked.join("&")}`, found.exchange, {
        at: `body.${first!.member}`,
        expected: [values[at], values[at - 1]],
        received: [values[at - 1], values[at]],
      }),
    );
  }
  if (looked === 0) scene.skip(`${operation.id} lists nothing that has an order`);
}

/** Whether a value stands after another one in every way to compare the two; of texts there are several. */
function isAfter(one: unknown, other: unknown, isDescending: boolean): boolean {
  const [first, second] = isDescending ? [other, one] : [one, other];
  if (typeof first === "number" && typeof second === "number") return first > second;
  const [a, b] = [String(first), String(second)];
  const moments = [a, b].map((text) => (/^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN));
  if (!moments.some(Number.isNaN)) return moments[0]! > moments[1]!;
  return a > b && a.toLowerCase() > b.toLowerCase() && a.localeCompare(b, "en") > 0;
}
