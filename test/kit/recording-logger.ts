import type { Logger } from '../../local/common/logger.ts';

/**
 * Creates a logger that records a line for each error: the message, and the cause after a colon.
 */
export function createRecordingLogger(): Logger & { lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    error(message, cause) {
      lines.push(cause === undefined ? message : `${message}: ${String(cause)}`);
    },
  };
}
