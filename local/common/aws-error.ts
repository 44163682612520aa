/**
 * Thrown when a service rejects a request. `code`, `status` and the message are those of AWS.
 * `details` are further elements of an S3 error (`Key`, `Condition`, `Header`), which the SDK
 * copies to its error.
 */
export class AwsError extends Error {
  override readonly name: string = 'AwsError';
  readonly code: string;
  readonly status: number;
  readonly details: Record<string, string>;

  constructor(
    code: string,
    status: number,
    message: string,
    details: Record<string, string> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.status = status;
    this.details = details;
  }
}
