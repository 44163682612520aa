/**
 * Calls back when the network returns or the page is visible again; returns a function that stops
 * it.
 */
export function onResume(callback: (cause: 'online' | 'visible') => void): () => void {
  const online = () => callback('online');
  const visible = () => {
    if (document.visibilityState === 'visible') callback('visible');
  };
  // Node and React Native have no such events: the retry timer, or the application's `reconnect`,
  // does it.
  globalThis.addEventListener?.('online', online);
  globalThis.document?.addEventListener?.('visibilitychange', visible);
  return () => {
    globalThis.removeEventListener?.('online', online);
    globalThis.document?.removeEventListener?.('visibilitychange', visible);
  };
}
