/**
 * Calls back when the network returns or the page is visible again. The returned function stops it.
 */
export function onResume(callback: (cause: 'online' | 'visible') => void): () => void {
  const online = () => callback('online');
  const visible = () => {
    if (document.visibilityState === 'visible') callback('visible');
  };
  // Node and React Native do not have these events. There, the retry timer or the application's
  // `reconnect` reconnects.
  globalThis.addEventListener?.('online', online);
  globalThis.document?.addEventListener?.('visibilitychange', visible);
  return () => {
    globalThis.removeEventListener?.('online', online);
    globalThis.document?.removeEventListener?.('visibilitychange', visible);
  };
}
