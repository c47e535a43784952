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
  search,
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
  /** Whether it can be moved. */
  readonly moves: boolean;
};

type ModelScene = Pick<ConnectScene, "update" | "read" | "freshKey"> & {
  readonly advance: ((ms: number) => Promise<void>) | undefined;
};

/** One thing that a client may do, where the model lets it; as a text it is how a failing sequence tells of it. */
type Command = fc.AsyncCommand<Model, ModelScene>;

/** Makes a command that can always be run, unless `check` says when. */
function command(said: string, run: Command["run"], check: (model: Readonly<Model>) => boolean = () => true): Command {
  return { check, run, toString: () => said };
}

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

const update = fc.tuple(changes, fc.boolean()).map(([body, keyed]) =>
  command(`update ${JSON.stringify(body)}${keyed ? " under a new key" : ""}`, async (model, scene) => {
    const text = JSON.stringify(body);
    const key = scene.freshKey();
    const answer = await scene.update(text, keyed ? { key } : {});
    contains(billingOf(accepted(answer)), body, "billing", answer);
    model.billing = body;
    if (keyed) model.records.push({ key, text, answer, at: model.clock });
  }),
);

/** Which of the used keys, counted from the latest. */
const which = fc.nat({ max: 20 });

const replay = which.map((back) =>
  command(
    `repeat the keyed update ${back} back`,
    async (model, { update: send }) => {
      const record = recordOf(model, back);
      const again = await send(record.text, { key: record.key });
      if (isKept(model, record)) {
        equal(again.status, record.answer.status, "the status of the replay", again);
        equal(again.text, record.answer.text, "the body of the replay", again);
        return;
      }
      // The key is free again: the request is carried out, and remembered from now on.
      model.billing = JSON.parse(record.text);
      contains(billingOf(accepted(again)), model.billing, "billing", again);
      Object.assign(record, { answer: again, at: model.clock });
    },
    hasRecords,
  ),
);

const modified = fc.tuple(which, emails).map(([back, email]) => {
  const text = JSON.stringify({ method: "EMAIL_INVOICE", email });
  return command(
    `send another update under the key ${back} back`,
    async (model, { update: send }) =>
      conflict(await send(text, { key: recordOf(model, back).key }), "idempotency_key_mismatch"),
    (model) => hasRecords(model) && text !== recordOf(model, back).text && isKept(model, recordOf(model, back)),
  );
});

const refusal = fc
  .constantFrom<JsonObject>(
    { method: "FAX" },
    { method: "EMAIL_INVOICE", email: "none" },
    { method: "PAPER_INVOICE", address: "none" },
  )
  .map((body) =>
    command(`send ${JSON.stringify(body)}, which is to be refused`, async (_model, { update: send }) => {
      refused(await send(body));
    }),
  );

const look = command("read the customer", async (model, { read }) => {
  contains(billingOf(await read()), model.billing, "billing read back");
});

const move = fc.integer({ min: 1, max: 13 }).map((hours) =>
  command(
    `let ${hours} hours pass`,
    async (model, { advance }) => {
      // A margin, since the target's clock also runs by itself.
      const ms = hours * 3_600_000 + 60_000;
      await advance?.(ms);
      model.clock += ms;
    },
    ({ moves }) => moves,
  ),
);

/** As often as clients do each: updates most of all. */
const commands: fc.Arbitrary<Command>[] = [
  ...Array<fc.Arbitrary<Command>>(4).fill(update),
  ...Array<fc.Arbitrary<Command>>(3).fill(replay),
  ...[modified, modified, refusal, fc.constant(look), fc.constant(look), move],
];

/** Random sequences of what clients do, held against a model of the billing configuration and the idempotency records. */
export function modelCases(options: {
  readonly seed: number;
  readonly sequences: number;
  /** Where in the sequences of this seed to look, and nowhere else. */
  readonly path?: string | undefined;
}): ConnectCase[] {
  const claim =
    "Same key, identical request: the kept answer. Another request: 409. Otherwise what is sent is what is then read.";
  const title = `${options.sequences} random sequences of updates, replays, changed replays and reads end as a model of them does`;
  return [
    documented({
      id: "model/sequences",
      title,
      claim,
      run: (scene) => agrees({ ...scene, advance: undefined }, scene, options),
    }),
    documented({
      id: "model/sequences-through-time",
      title: `${title}, while the clock moves`,
      claim: `${claim} A key expires 24 hours after it was first used.`,
      needs: ["clock"],
      run: (scene) => agrees({ ...scene, advance: scene.given.clock }, scene, options),
    }),
  ];
}

type Sequence = Iterable<Command>;

async function agrees(
  scene: ModelScene,
  { find }: Pick<ConnectScene, "find">,
  { seed, sequences, path }: Parameters<typeof modelCases>[0],
): Promise<void> {
  const moves = scene.advance !== undefined;
  // What of a sequence was carried out is part of where it is.
  const [, place, replayPath] = /^([^/]*)(?:\/(.*))?$/.exec(path ?? "") ?? [];
  const arbitrary = fc.commands(commands, {
    maxCommands: 25,
    size: "max",
    ...(replayPath === undefined ? {} : { replayPath }),
  });
  const played = async (sequence: Sequence): Promise<{ mismatch: Mismatch; sequence: Sequence } | undefined> => {
    const model: Model = { billing: {}, records: [], clock: 0, moves };
    try {
      await fc.asyncModelRun(() => ({ model, real: scene }), sequence);
      await look.run(model, scene);
      return undefined;
    } catch (error) {
      // Whether the key may do that at all is for the run to tell.
      if (error instanceof Mismatch && error.exchange?.status !== 403) return { mismatch: error, sequence };
      throw error;
    }
  };
  const options = { arbitrary, draws: sequences, seed, path: place || undefined, timeLimitMs: 60_000 };
  await search(options, played, ({ mismatch, sequence }, repeat) => {
    const { message, detail, exchange } = mismatch;
    const replayed = /replayPath="([^"]*)"/.exec(String(sequence))?.[1];
    find({
      message: `${message}, after the sequence (seed ${seed}) ${storyOf(sequence)}`,
      ...detail,
      curl: exchange?.curl ?? "",
      weight: "broken",
      repeat: { seed, path: replayed === undefined ? repeat.path : `${repeat.path}/${replayed}` },
    });
    return false;
  });
}

/** What of a sequence was carried out: what the model did not let happen has not. */
function storyOf(sequence: Sequence): string {
  const done = [...sequence].filter((one) => !("hasRan" in one) || one.hasRan);
  return done.map((said, index) => `${index + 1}. ${said}`).join("; ");
}

function hasRecords({ records }: Readonly<Model>): boolean {
  return records.length > 0;
}

function isKept({ clock }: Readonly<Model>, { at }: Model["records"][number]): boolean {
  return clock - at < lifetime;
}

function recordOf({ records }: Readonly<Model>, back: number): Model["records"][number] {
  return records.at(-1 - (back % records.length))!;
}
