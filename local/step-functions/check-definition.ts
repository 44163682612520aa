import { StartError } from '../common/errors.ts';
import { syntaxProblems } from './states-language/engine.ts';
import type { StateMachine } from './states-language/state-machine.ts';
import { unsupportedFeatures } from './states-language/unsupported.ts';

/**
 * Thrown when a state machine cannot be run here; `problems` has a line for everything that is
 * wrong with it or not supported.
 */
export class DefinitionError extends StartError {
  override readonly name = 'DefinitionError';
  readonly stateMachine: string;
  readonly problems: string[];

  constructor(stateMachine: string, problems: string[]) {
    super(`The state machine "${stateMachine}" cannot be run here: ${problems.join('; ')}`);
    this.stateMachine = stateMachine;
    this.problems = problems;
  }
}

/**
 * The definition as one that can be run. Throws {@link DefinitionError} where it breaks the rules
 * of the language, or uses what is not run here as on AWS.
 *
 * The rules of the language take about 0.1 s to check; `isSyntaxKnown` leaves them out for a
 * definition that passed them before.
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
