/**
 * The package's main entry: the construct for a CDK app.
 */
export type { DefinitionProps } from './definition.ts';
export { InvalidDefinition } from './errors.ts';
export type { MachineStates } from './machine-source.ts';
export type { MonitoringProps } from './monitoring.ts';
export { ProcessFacade, type ProcessFacadeProps } from './process-facade.ts';
export { IsolatedVpc } from './step-network.ts';
export type { StepBundling, StepProps } from './step-props.ts';
export type { StepState, StepStateProps } from './step-state.ts';
