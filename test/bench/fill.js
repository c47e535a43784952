// A handler that lays keys in, for a server to hold millions of them without as many requests: their answers are those of the journal.
import { createHash } from "node:crypto";

/** So many are laid in before others have their turn. */
const atOnce = 500;

const answer204 = { status: 204, body: undefined };

export default {
  async removeCustomerUser({ query }, sandbox) {
    const { entries } = await sandbox.journal.read();
    const answers = entries.flatMap(({ answer }) => (answer?.status === 200 ? [kept(answer)] : []));
    const prefix = crypto.randomUUID();
    for (let number = 0; number < Number(query.userId); number++) {
      if (number % atOnce === 0) await new Promise(setImmediate);
      const key = `${prefix}-${String(number).padStart(12, "0")}`;
      const fingerprint = createHash("sha256").update(key).digest("base64url");
      const { ticket } = await sandbox.idempotency.reserve(key, fingerprint, 24 * 3_600_000);
      await sandbox.idempotency.keep(ticket, { ...answers[number % answers.length] });
    }
    return answer204;
  },
};

/** An answer as it was before it was marked. */
function kept({ headers: { "X-Mock-Idempotency": _, ...headers }, ...answer }) {
  return { ...answer, headers };
}
