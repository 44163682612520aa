/**
 * Errors of the step wrapper. The names are part of the API: Retry and Catch of a state machine
 * match them.
 */

/**
 * Thrown when a document that the step needs is not written yet, or not yet what the step needs.
 * The default Retry of every state machine retries it.
 */
export class ProcessDataNotReady extends Error {
  override readonly name = 'ProcessDataNotReady';
  readonly missing: readonly string[];

  constructor(step: string, missing: readonly string[], options?: ErrorOptions) {
    super(
      missing.length > 0
        ? `Step ${step} needs [${missing.join(', ')}], which ${missing.length > 1 ? 'are' : 'is'} not written yet`
        : `Step ${step} is not ready: its \`ready\` returned false for the documents that it has read`,
      options,
    );
    this.missing = missing;
  }
}

/** Thrown when a document that the step has read, or its output, does not match its schema. */
export class DocumentMismatch extends Error {
  override readonly name = 'DocumentMismatch';
  readonly document: string;

  constructor(step: string, document: string, problems: string, options?: ErrorOptions) {
    super(`Step ${step}: document [${document}] does not match its schema: ${problems}`, options);
    this.document = document;
  }
}

/** Thrown when a step returns no output, or an output that JSON cannot represent. */
export class InvalidOutput extends Error {
  override readonly name = 'InvalidOutput';

  constructor(step: string, problem: string, options?: ErrorOptions) {
    super(`Step ${step} must return { output } with a JSON object or array: ${problem}`, options);
  }
}

/** Thrown when the function does not have enough memory to write a document. Nothing is written. */
export class DocumentTooLarge extends RangeError {
  override readonly name = 'DocumentTooLarge';

  constructor(step: string, maxBytes: number, options?: ErrorOptions) {
    super(
      `Step ${step}: its document exceeds ${Math.floor(maxBytes / 1e6)} MB of JSON, the most that its function has memory for: ` +
        'increase memorySize, or store less per document',
      options,
    );
  }
}

/** Thrown when a step is invoked with anything but the event of a state machine of the facade. */
export class InvalidStepEvent extends Error {
  override readonly name = 'InvalidStepEvent';

  constructor(got: unknown, options?: ErrorOptions) {
    super(
      'Expected the event that the construct adds to every Task, { bucket, processData, document, attempt, state }, ' +
        `got ${JSON.stringify(got)?.slice(0, 200)}: see docs/data-contract.md`,
      options,
    );
  }
}

/** Thrown in place of a value that is not an Error, so that it has a name and a message. */
export class NonErrorThrown extends Error {
  override readonly name = 'NonErrorThrown';

  constructor(step: string, thrown: unknown) {
    super(
      `Step ${step} threw a value that is not an Error: ${typeof thrown === 'object' ? JSON.stringify(thrown) : String(thrown)}`,
      { cause: thrown },
    );
  }
}

/**
 * Thrown when a step could not request the start of a process for a reason outside the step. It can
 * be retried.
 */
export class DownstreamUnavailable extends Error {
  override readonly name = 'DownstreamUnavailable';

  constructor(step: string, cause: Error) {
    super(`Step ${step} could not request the start of a process: ${cause.name}: ${cause.message}`, {
      cause,
    });
  }
}

/** Reason of a step's `signal` when its function is about to time out. */
export class StepTimeIsUp extends Error {
  override readonly name = 'StepTimeIsUp';

  constructor(step: string) {
    super(`The function of step ${step} is about to time out`);
  }
}
