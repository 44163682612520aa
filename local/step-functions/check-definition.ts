import { StartError } from '../common/errors.ts';
import { syntaxProblems } from './states-language/engine.ts';
import type { StateMachine } from './states-language/state-machine.ts';
import { unsupportedFeatures } from './states-language/unsupported.ts';

/**
 * Thrown when a state machine cannot run here. `problems` has a line for everything that is not
 * valid or not supported.
 */
export class DefinitionError extends StartError {
  override readonly name = 'DefinitionError';
  readonly stateMachine: string;
  readonly problems: string[];

  constructor(stateMachine: string, problems: string[]) {
    super(`Could not load state machine "${stateMachine}": ${problems.join('; ')}`);
    this.stateMachine = stateMachine;
    this.problems = problems;
  }
}

/**
 * Checks that a definition can run here. Throws {@link DefinitionError} if it breaks the rules of
 * the language, or uses features that would not run here as on AWS.
 *
 * Checking the rules of the language takes about 0.1 s. `isSyntaxKnown` skips it for a definition
 * that passed before.
 */
export function checkDefinition(
  name: string,
  definition: unknown,
  { isSyntaxKnown = false } = {},
): StateMachine {
  const problems = isSyntaxKnown ? [] : syntaxProblems(definition);
  if (problems.length === 0) {
    const machine = definition as StateMachine & { QueryLanguage?: string };
    if (machine.QueryLanguage === 'JSONata') problems.push('JSONata (QueryLanguage) is not supported');
    problems.push(
      ...unsupportedFeatures(machine).map(
        ({ state, feature }) => `state "${state}": not supported: ${feature}`,
      ),
    );
  }
  if (problems.length > 0) throw new DefinitionError(name, problems);
  return definition as StateMachine;
}
