/**
 * Runs `work` when all work given before under the same key is done, whether it succeeded or not;
 * other keys do not wait.
 */
export type KeyedLock = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>;

/** Makes a lock that keeps no memory of keys without work. */
export function createKeyedLock(): KeyedLock {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key);
    const mine = (async () => {
      await before?.catch(() => {});
      return work();
    })();
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
