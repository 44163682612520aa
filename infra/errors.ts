/**
 * Thrown when the construct's props, or the files that they name, are not what it can deploy; the
 * message says where and what to do.
 */
export class InvalidDefinition extends Error {
  override readonly name = 'InvalidDefinition';
  readonly definition: string;

  constructor(definition: string, problem: string) {
    super(`Definition [${definition}]: ${problem}`);
    this.definition = definition;
  }
}
