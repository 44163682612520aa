/**
 * Errors that prevent the local runtime from starting. Each message is one line with the problem
 * and the remedy.
 */

/** An error in the configuration or the environment. It is shown without a stack trace. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

/** Thrown when the port is in use. */
export class PortInUse extends StartError {
  override readonly name = 'PortInUse';
  readonly port: number;

  constructor(port: number) {
    super(
      `Port ${port} is in use. Stop the process that listens on it, or choose another port with --port (0 takes a free one)`,
    );
    this.port = port;
  }
}

/** Thrown when the data folder cannot be used. */
export class DataFolderUnusable extends StartError {
  override readonly name = 'DataFolderUnusable';
  readonly folder: string;

  constructor(folder: string, reason: string, options?: ErrorOptions) {
    super(
      `Could not open data folder [${folder}]: ${reason}. Choose another folder with --data-dir`,
      options,
    );
    this.folder = folder;
  }
}

/** Thrown when the template uses what the local runtime does not support. It names all of it. */
export class UnsupportedTemplate extends StartError {
  override readonly name = 'UnsupportedTemplate';
  readonly unsupported: readonly string[];

  constructor(unsupported: readonly string[]) {
    super(
      `The template uses what the local runtime does not support (see local/SUPPORT.md): ${unsupported.join('; ')}`,
    );
    this.unsupported = unsupported;
  }
}
