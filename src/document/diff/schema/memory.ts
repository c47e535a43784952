/** What was found about keys, also about one that is being looked at. */
export type Memory = {
  /**
   * What is known of a key, or else what `find` finds. Whoever asks for a key that is being looked at is told what is assumed; where
   * somebody was and that does not hold in the end, all that was found meanwhile is forgotten.
   */
  readonly find: <T>(key: string, assumed: T, find: () => { readonly found: T; readonly held: () => boolean }) => T;
};

/** Makes a memory. */
export function createMemory(): Memory {
  const known = new Map<string, unknown>();
  const keys: string[] = [];
  const open = new Map<string, { asked: boolean }>();
  const set = (key: string, value: unknown) => {
    if (!known.has(key)) keys.push(key);
    known.set(key, value);
  };
  return {
    find<T>(key: string, assumed: T, find: () => { readonly found: T; readonly held: () => boolean }): T {
      if (known.has(key)) {
        const state = open.get(key);
        if (state) state.asked = true;
        return known.get(key) as T;
      }
      const [mark, state] = [keys.length, { asked: false }];
      open.set(key, state);
      set(key, assumed);
      const { found, held } = find();
      const holds = !state.asked || held();
      open.delete(key);
      if (!holds) for (const later of keys.splice(mark)) known.delete(later);
      set(key, found);
      return found;
    },
  };
}
