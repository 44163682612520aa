/**
 * What the wrapper of a step throws. A name is contract: it is the word that a Retry or Catch of
 * the machine matches.
 */

/**
 * Thrown when a document that the step needs is not there yet, or not what it needs: retry it, as
 * every machine's Retry does.
 */
export class ProcessDataNotReady extends Error {
  override readonly name = 'ProcessDataNotReady';
  readonly missing: readonly string[];

  constructor(step: string, missing: readonly string[]) {
    super(
      missing.length > 0
        ? `Step ${step} needs [${missing.join(', ')}], which ${missing.length > 1 ? 'are' : 'is'} not written yet`
        : `Step ${step} was told by its \`ready\` that what it has read is not what it needs yet`,
    );
    this.missing = missing;
  }
}

/**
 * Thrown when a document that the step read, or its own output, does not fit the schema that the
 * step gives for it.
 */
export class DocumentMismatch extends Error {
  override readonly name = 'DocumentMismatch';
  readonly document: string;

  constructor(step: string, document: string, problems: string) {
    super(`Step ${step}: document [${document}] does not fit its schema: ${problems}`);
    this.document = document;
  }
}

/**
 * Thrown when a step returns something that is no document: nothing at all, or what JSON cannot
 * hold.
 */
export class InvalidOutput extends Error {
  override readonly name = 'InvalidOutput';

  constructor(step: string, problem: string) {
    super(`Step ${step} must return { output } with a JSON object or array: ${problem}`);
  }
}

/**
 * Thrown when a step returns a document that its function has not the memory to write; nothing is
 * written.
 */
export class DocumentTooLarge extends RangeError {
  override readonly name = 'DocumentTooLarge';

  constructor(step: string, maxBytes: number) {
    super(
      `Step ${step}: its document takes more than ${Math.floor(maxBytes / 1e6)} MB of JSON, which is what its function has the memory to write: ` +
        'raise its memory (memorySize), or store less per document',
    );
  }
}

/**
 * Thrown when the machine calls a step with something other than `Parameters` of the documented
 * shape.
 */
export class InvalidStepEvent extends Error {
  override readonly name = 'InvalidStepEvent';

  constructor(step: string, got: unknown) {
    super(
      `Step ${step} expects Parameters { "state.$": "$", "attempt.$": "$$.State.RetryCount" } with state.processData, ` +
        `got ${JSON.stringify(got)?.slice(0, 200)}`,
    );
  }
}

/**
 * Thrown in place of something that a step threw and that is no Error, so that it has a name and a
 * message.
 */
export class NonErrorThrown extends Error {
  override readonly name = 'NonErrorThrown';

  constructor(step: string, thrown: unknown) {
    super(
      `Step ${step} threw what is no Error: ${typeof thrown === 'object' ? JSON.stringify(thrown) : String(thrown)}`,
    );
    this.cause = thrown;
  }
}

/**
 * Thrown when a step's request to start a process could not be made, or failed for no fault of the
 * step: retry it.
 */
export class DownstreamUnavailable extends Error {
  override readonly name = 'DownstreamUnavailable';

  constructor(step: string, cause: Error) {
    super(`Step ${step} could not ask for the start of a process: ${cause.name}: ${cause.message}`, {
      cause,
    });
  }
}

/** What a step's `signal` is aborted with when its function's time is nearly up. */
export class StepTimeIsUp extends Error {
  override readonly name = 'StepTimeIsUp';

  constructor(step: string) {
    super(`Step ${step} is about to be ended by its function's time limit`);
  }
}
