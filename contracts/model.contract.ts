import fc from "fast-check";
import {
  accepted,
  conflict,
  contains,
  type Exchange,
  equal,
  type JsonObject,
  Mismatch,
  refused,
} from "../src/contract/kit.ts";
import { address } from "./samples.ts";
import { billingOf, type ConnectCase, type ConnectScene, documented } from "./scene.ts";

/** What is expected of a target after some requests: what every reading of the reference agrees on, and no more. */
type Model = {
  /** The fields that the last update carried out had sent. */
  billing: JsonObject;
  /** Every key that was used, in the order of use. */
  records: { key: string; text: string; answer: Exchange; at: number }[];
  /** Milliseconds that the target's clock was moved by. */
  clock: number;
};

type ModelScene = Pick<ConnectScene, "update" | "read" | "freshKey"> & {
  readonly advance: ((ms: number) => Promise<void>) | undefined;
};

/** One thing that a client may do; `said` is how a failing sequence tells of it. */
type Action = { readonly said: string; play(model: Model, scene: ModelScene): Promise<void> };

const lifetime = 24 * 3_600_000;

const emails = fc.stringMatching(/^[a-z]{1,8}(\.[a-z]{1,8})?$/).map((name) => `${name}@company.example`);
const changes: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ method: fc.constant("EMAIL_INVOICE"), email: emails }),
  fc.record({
    method: fc.constant("PAPER_INVOICE"),
    address: fc
      .record({ street1: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 åäö-]{0,30}$/) })
      .map((given) => ({ ...address, ...given })),
  }),
);

const update = fc.tuple(changes, fc.boolean()).map(
  ([body, keyed]): Action => ({
    said: `update ${JSON.stringify(body)}${keyed ? " under a new key" : ""}`,
    async play(model, scene) {
      const text = JSON.stringify(body);
      const key = scene.freshKey();
      const answer = await scene.update(text, keyed ? { key } : {});
      contains(billingOf(accepted(answer)), body, "billing", answer);
      model.billing = body;
      if (keyed) model.records.push({ key, text, answer, at: model.clock });
    },
  }),
);

/** Which of the used keys, counted from the latest. */
const which = fc.nat({ max: 20 });

const replay = which.map(
  (back): Action => ({
    said: `repeat the keyed update ${back} back`,
    async play(model, { update: send }) {
      const record = recordOf(model, back);
      if (!record) return;
      const again = await send(record.text, { key: record.key });
      if (model.clock - record.at < lifetime) {
        equal(again.status, record.answer.status, "the status of the replay", again);
        equal(again.text, record.answer.text, "the body of the replay", again);
        return;
      }
      // The key is free again: the request is carried out, and remembered from now on.
      model.billing = JSON.parse(record.text);
      contains(billingOf(accepted(again)), model.billing, "billing", again);
      Object.assign(record, { answer: again, at: model.clock });
    },
  }),
);

const modified = fc.tuple(which, emails).map(
  ([back, email]): Action => ({
    said: `send another update under the key ${back} back`,
    async play(model, { update: send }) {
      const record = recordOf(model, back);
      const text = JSON.stringify({ method: "EMAIL_INVOICE", email });
      if (!record || text === record.text || model.clock - record.at >= lifetime) return;
      conflict(await send(text, { key: record.key }), "idempotency_key_mismatch");
    },
  }),
);

const refusal = fc
  .constantFrom<JsonObject>(
    { method: "FAX" },
    { method: "EMAIL_INVOICE", email: "none" },
    { method: "PAPER_INVOICE", address: "none" },
  )
  .map(
    (body): Action => ({
      said: `send ${JSON.stringify(body)}, which is to be refused`,
      async play(_model, { update: send }) {
        refused(await send(body));
      },
    }),
  );

const look: Action = {
  said: "read the customer",
  async play(model, { read }) {
    contains(billingOf(await read()), model.billing, "billing read back");
  },
};

const move = fc.integer({ min: 1, max: 13 }).map(
  (hours): Action => ({
    said: `let ${hours} hours pass`,
    async play(model, { advance }) {
      // A margin, since the target's clock also runs by itself.
      const ms = hours * 3_600_000 + 60_000;
      if (!advance) return;
      await advance(ms);
      model.clock += ms;
    },
  }),
);

const actions = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: update },
    { weight: 3, arbitrary: replay },
    { weight: 2, arbitrary: modified },
    { weight: 1, arbitrary: refusal },
    { weight: 2, arbitrary: fc.constant(look) },
    { weight: 1, arbitrary: move },
  ),
  { minLength: 1, maxLength: 25, size: "max" },
);

/** Random sequences of what clients do, held against a model of the billing configuration and the idempotency records. */
export function modelCases({ seed, sequences }: { readonly seed: number; readonly sequences: number }): ConnectCase[] {
  const claim =
    "Same key, identical request: the kept answer. Another request: 409. Otherwise what is sent is what is then read.";
  const title = `${sequences} random sequences of updates, replays, changed replays and reads end as a model of them does`;
  return [
    documented({
      id: "model/sequences",
      title,
      claim,
      run: (scene) => agrees({ ...scene, advance: undefined }, seed, sequences),
    }),
    documented({
      id: "model/sequences-through-time",
      title: `${title}, while the clock moves`,
      claim: `${claim} A key expires 24 hours after it was first used.`,
      needs: ["clock"],
      run: (scene) => agrees({ ...scene, advance: scene.given.clock }, seed, sequences),
    }),
  ];
}

async function agrees(scene: ModelScene, seed: number, sequences: number): Promise<void> {
  const details = await fc.check(
    fc.asyncProperty(actions, async (sequence) => {
      const model: Model = { billing: {}, records: [], clock: 0 };
      for (const action of [...sequence, look]) await action.play(model, scene);
    }),
    { seed, numRuns: sequences, endOnFailure: false, interruptAfterTimeLimit: 60_000 },
  );
  const { errorInstance, counterexample } = details;
  if (!details.failed || errorInstance === null || counterexample === null) return;
  if (!(errorInstance instanceof Mismatch)) throw errorInstance;
  const [sequence] = counterexample;
  const story = sequence.map(({ said }, index) => `${index + 1}. ${said}`).join("; ");
  throw new Mismatch(
    `${errorInstance.message}, after the sequence (seed ${seed}) ${story}`,
    errorInstance.exchange,
    errorInstance.detail,
  );
}

function recordOf({ records }: Model, back: number) {
  return records.length === 0 ? undefined : records.at(-1 - (back % records.length));
}
