/**
 * Thrown when the construct cannot deploy its props or the files that they name. The message says
 * where and what to do.
 */
export class InvalidDefinition extends Error {
  override readonly name = 'InvalidDefinition';
  /** The name of the definition. */
  readonly definition: string;

  constructor(definition: string, problem: string, options?: ErrorOptions) {
    super(`Definition [${definition}]: ${problem}`, options);
    this.definition = definition;
  }
}
