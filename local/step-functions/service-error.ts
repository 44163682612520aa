/** Thrown when a request is refused; the client sees `code` as the name of the error. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Takes an error that no caller can do anything about. */
export type LogDefect = (message: string, error: unknown) => void;
