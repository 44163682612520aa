/**
 * The package's main entry: the construct for a CDK app.
 */
export type { DefinitionProps } from './definition.ts';
export { InvalidDefinition } from './errors.ts';
export { ProcessFacade, type ProcessFacadeProps } from './process-facade.ts';
export { IsolatedVpc } from './step-network.ts';
