/**
 * Why the local runtime does not start. Each message is one line that says what is wrong and what
 * to do.
 */

/** A mistake or a lack in the surroundings: shown without a stack trace. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

/** Thrown when the port is taken. */
export class PortInUse extends StartError {
  override readonly name = 'PortInUse';
  readonly port: number;

  constructor(port: number) {
    super(
      `Port ${port} is in use: stop what listens there, or choose another with --port (0 takes a free one)`,
    );
    this.port = port;
  }
}

/** Thrown when the data folder cannot be used. */
export class DataFolderUnusable extends StartError {
  override readonly name = 'DataFolderUnusable';
  readonly folder: string;

  constructor(folder: string, why: string) {
    super(`The data folder [${folder}] cannot be used: ${why}. Choose another with --data-dir`);
    this.folder = folder;
  }
}

/** Thrown when the app cannot be synthesized. */
export class SynthesisFailed extends StartError {
  override readonly name = 'SynthesisFailed';

  constructor(app: string, why: string) {
    super(`${app} cannot be synthesized: ${why}`);
  }
}

/** Thrown when the template holds what the local runtime does not know; all of it is named. */
export class UnsupportedTemplate extends StartError {
  override readonly name = 'UnsupportedTemplate';
  readonly unsupported: readonly string[];

  constructor(unsupported: readonly string[]) {
    super(
      `The template holds what the local runtime does not support (local/SUPPORT.md): ${unsupported.join('; ')}`,
    );
    this.unsupported = unsupported;
  }
}
