import { expect, test } from "vitest";
import { verify } from "../../../src/contract/verify.ts";
import { createHarbour, harbour, harbourByState, harbourOfTheWest, harbourShown, harbourUntold } from "./harbour.ts";

/** What a run finds, as `weight case: message`. */
async function found(fault?: string, spec = harbour): Promise<string[]> {
  const { cases } = await verify({
    spec,
    fetch: createHarbour(fault, spec),
    target: "http://harbour.test",
    apiKey: "key",
    allowLeftovers: true,
    generated: { seed: 1, examples: 2 },
  });
  return cases.flatMap(({ id, findings }) =>
    findings.map(({ weight, message }) => `${weight} ${id.replace("generated/", "")}: ${message}`),
  );
}

test("nothing is found in a server that does as its document says", async () => {
  expect(await found()).toEqual([]);
});

test.for([
  ["asked for by what no request can say", harbourByState],
  ["that leaves some out by itself", harbourOfTheWest],
  ["of pages that say nothing of the next", harbourUntold],
] as const)("nothing is found in a list %s", async ([, spec]) => {
  expect(await found(undefined, spec)).toEqual([]);
});

test("what an answer has to show is no secret, whatever the request says of it", async () => {
  expect(await found(undefined, harbourShown)).toEqual([]);
});

test("no request asks for a made-up state", async () => {
  const asked = new Set<string>();
  const serve = createHarbour();
  await verify({
    spec: harbour,
    fetch: (request) => {
      for (const name of ["if-match", "if-none-match"]) asked.add(request.headers.get(name) ?? "none");
      return serve(request);
    },
    target: "http://harbour.test",
    apiKey: "key",
    allowLeftovers: true,
    generated: { seed: 1, examples: 5 },
  });
  asked.delete("none");
  expect([...asked].filter((state) => !/^"(v\d+|understudy-no-such-state)"$/.test(state))).toEqual([]);
  expect(asked.size).toBeGreaterThan(1);
});

test("a filter by what no request can say is asked for all the same", async () => {
  expect(await found("filters by no state", harbourByState)).toContain(
    "broken list-berths-filters: listBerths lists for state=taken what has another state",
  );
});

test.for([
  ["filters nothing", "broken list-berths-filters: listBerths lists for shore=east what has another shore"],
  ["filters too much", "broken list-berths-filters: listBerths leaves out for shore=east what has that shore"],
  ["filters the other way round", /differs list-berths-filters: listBerths leaves out for name=/],
  ["does not sort", /differs list-berths-sorts: listBerths does not list in the order of sort=-?name/],
  ["sorts one way alone", "differs list-berths-sorts: listBerths does not list in the order of sort=-name"],
  ["sorts numbers as texts", "differs list-berths-sorts: listBerths does not list in the order of sort=depth:desc"],
  ["gives one more", "broken list-berths-pages: listBerths lists more than it is asked for"],
  ["begins a page with the last item", "broken list-berths-pages: listBerths lists an item on two pages"],
  ["ends early", "broken list-berths-pages: no page of listBerths has what its whole list has"],
  ["never ends", "broken list-berths-pages: the pages of listBerths do not end"],
  ["answers nothing but JSON", /differs list-berths-answers-as-asked: a declared content type/],
  ["knows no charset", "differs add-berth-takes-a-charset: a content type is refused for its charset"],
  ["shows a secret", "broken add-berth-is-read-back: the answer of addBerth shows code, which is write-only"],
  ["begins anew", "differs add-berth-is-read-back: created_at has become another one"],
  ["has other defaults", /broken add-berth-is-read-back: what addBerth was not sent is not what the document says/],
  ["takes what is read-only", "broken add-berth-is-read-back: addBerth takes id from a client, which is read-only"],
  [
    "lets PATCH write what is read-only",
    /broken change-berth-changes-alone: changeBerth takes \w+ from a client, which is read-only/,
  ],
  [
    "lets PUT write what is read-only",
    /broken put-berth-replaces-alike: putBerth takes \w+ from a client, which is read-only/,
  ],
  ["rounds numbers", /broken add-berth-is-read-back: its answer does not show .* at body.fee/],
  ["fills in what is null", /broken add-berth-is-read-back: its answer does not show .* at body.note/],
  ["fails at huge numbers", "broken add-berth-refuses-depth-maximum: the target failed with 500"],
  ["fails at other parameters", "broken list-berths-survives-other-parameters: the target failed with 500"],
  ["writes all in small letters", /differs add-berth-is-read-back: its answer does not show .* at body.name/],
  ["knows no other letters", /broken add-berth-is-read-back: its answer does not show .* at body.name/],
  ["one tag for all", "broken change-berth-changes-alone: after changeBerth other content has the same ETag"],
  ["changes all of them", "broken change-berth-changes-alone: changeBerth has changed another item as well"],
  ["drops all of them", "broken drop-berth-is-gone: dropBerth has changed another item as well"],
  [
    "does not what it answers",
    "broken switch-berth-changes-alone: getBerth does not show what switchBerth has answered",
  ],
  ["keeps some of what is replaced", /broken put-berth-replaces-alike: putBerth keeps some of what it is not sent/],
  ["writes on any condition", /broken change-berth-refuses-other-state: a write for another state than there is/],
  ["writes on no condition", /broken change-berth-refuses-other-state: a write for the state that there is is refused/],
  ["answers all again", /differs get-berth-unchanged-since: a read of what the caller has is answered as a whole/],
  ["says unchanged of anything", /broken get-berth-unchanged-since: a read of what the caller does not have/],
  ["takes any scheme", "broken list-berths-refuses-other-credentials: the request should be refused"],
  ["takes an empty token", "broken list-berths-refuses-other-credentials: the request should be refused"],
  ["takes any cookie", "broken list-berths-refuses-other-credentials: the request should be refused"],
] as const)("of a server that %s it is said", { timeout: 60_000 }, async ([fault, told]) => {
  const findings = await found(fault);
  expect(findings).toContainEqual(typeof told === "string" ? told : expect.stringMatching(told));
});
