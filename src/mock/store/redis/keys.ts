import type { Answer } from "../../../document/answer.ts";
import { exactOf, jsonOf } from "../../../document/exact.ts";
import { tooManyKeys } from "../memory.ts";
import type { IdempotencyRecords, KeptRecord, Reservation, Ticket } from "../store.ts";
import { numbersBefore } from "./log.ts";
import { type Place, text } from "./place.ts";
import * as keyScripts from "./scripts/keys.ts";
import type { Settlement } from "./transaction.ts";

/** The idempotency keys that this process has taken: each is held by a lease, which is renewed until the key is settled. */
export type Keys = {
  /** Takes a key; with the token of an earlier attempt it is that attempt's. */
  reserve(key: string, fingerprint: string, lifetimeMs: number, token?: string): Promise<Reservation>;
  /** What is to become of a key; `undefined` where the ticket is none of this process. */
  settlement(ticket: Ticket, answer: Answer | undefined): Settlement | undefined;
  tokenOf(ticket: Ticket): string | undefined;
  /** No longer renews a lease. */
  drop(token: string): void;
  release(ticket: Ticket): Promise<void>;
  all(): Promise<KeptRecord[]>;
};

export function createKeys({ run, shared: { leaseMs, limits } }: Place): Keys {
  const tokens = new WeakMap<Ticket, string>();
  const renewing = new Map<string, ReturnType<typeof setInterval>>();

  function drop(token: string): void {
    clearInterval(renewing.get(token));
    renewing.delete(token);
  }

  function renew(key: string, token: string): void {
    if (renewing.has(token)) return;
    const timer = setInterval(() => {
      // What is lost is found out where the key is settled.
      run(keyScripts.renew, key, token, String(leaseMs)).then(
        ([outcome]) => outcome === "lost" && drop(token),
        () => {},
      );
    }, leaseMs / 3);
    timer.unref();
    renewing.set(token, timer);
  }

  return {
    async reserve(key, fingerprint, lifetimeMs, token = crypto.randomUUID()) {
      const given = [key, wordOf(fingerprint), token, String(leaseMs), String(limits.records)];
      const [state, told, isFull] = await run(keyScripts.reserve, ...given);
      if (state === "kept") return { state, answer: exactOf(text(told)) as Answer };
      if (state !== "reserved") return { state: state as "mismatch" | "locked" };
      const firstUsedAt = Number(told);
      const ticket = { key, fingerprint, firstUsedAt, expiresAt: firstUsedAt + lifetimeMs };
      tokens.set(ticket, token);
      renew(key, token);
      return { state, ticket, ...(isFull ? { warning: tooManyKeys(limits.records) } : {}) };
    },
    settlement(ticket, answer) {
      const token = tokens.get(ticket);
      return token === undefined ? undefined : { key: ticket.key, token, kept: answer ? keptText(ticket, answer) : "" };
    },
    tokenOf: (ticket) => tokens.get(ticket),
    drop,
    async release(ticket) {
      const token = tokens.get(ticket);
      if (token === undefined) return;
      drop(token);
      await run(keyScripts.release, ticket.key, token);
    },
    async all() {
      const [, found] = await run(keyScripts.kept);
      const records: KeptRecord[] = [];
      const flat = Array.isArray(found) ? found : [];
      for (let at = 0; at < flat.length; at += 2) records.push(keptRecord(flat[at]!, flat[at + 1]!));
      return records;
    },
  };
}

/** The idempotency records of a sandbox where each is settled by itself. */
export function recordsOf(keys: Keys, settled: (settlement: Settlement) => Promise<void>): IdempotencyRecords {
  return {
    reserve: (key, fingerprint, lifetimeMs) => keys.reserve(key, fingerprint, lifetimeMs),
    async keep(ticket, answer) {
      const settlement = keys.settlement(ticket, answer);
      if (!settlement) return;
      keys.drop(settlement.token);
      await settled(settlement);
    },
    release: (ticket) => keys.release(ticket),
  };
}

/** A fingerprint as one word. */
function wordOf(fingerprint: string): string {
  return `~${encodeURIComponent(fingerprint)}`;
}

/** An answer as it is kept: fingerprint, first use, end, and the answer. */
export function keptText({ fingerprint, firstUsedAt, expiresAt }: Ticket, answer: Answer): string {
  return `${wordOf(fingerprint)} ${firstUsedAt} ${expiresAt} ${jsonOf(answer)}`;
}

function keptRecord(key: string, written: string): KeptRecord {
  const space = written.indexOf(" ");
  const { numbers, rest } = numbersBefore(written.slice(space + 1), 2);
  const [firstUsedAt = 0, expiresAt = 0] = numbers;
  const fingerprint = decodeURIComponent(written.slice(1, space));
  return { key, fingerprint, firstUsedAt, expiresAt, answer: exactOf(rest) as Answer };
}
