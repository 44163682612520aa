/**
 * Receives errors that no caller can fix: internal errors, with their cause, and events that could
 * not be delivered. `console` is one.
 */
export type Logger = { error(message: string, cause?: unknown): void };
