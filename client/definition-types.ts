import type { ProcessState } from './api-types.ts';

/**
 * The types of one definition: the input of its processes, and their output.
 *
 * @example
 * type Order = DefinitionTypes & { input: { orderId: string }; output: { totalCents: number } };
 */
export type DefinitionTypes = { input: unknown; output: unknown };

/** Definitions by name. Spelled so that an interface matches it too. */
export type DefinitionsByName<Definitions> = { [Name in keyof Definitions]: DefinitionTypes };

/** Any name, with any input and output: what a client accepts that was given no definitions. */
export type AnyDefinitions = Record<string, DefinitionTypes>;

/** The names of definitions. */
export type NameOf<Definitions> = keyof Definitions & string;

/** The state of a process of one of the named definitions. */
export type StateOf<Name extends string> = string extends Name
  ? ProcessState
  : ProcessState & { definition: Name };
