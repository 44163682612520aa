import type * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { stepNameOf } from './task-states.ts';

/** Fields of the Task state of a step, with their meaning in the States Language. */
export type StepStateProps = {
  readonly comment?: string;
  readonly inputPath?: string;
  readonly outputPath?: string;
  readonly resultPath?: string;
  readonly resultSelector?: Record<string, unknown>;
  readonly assign?: Record<string, unknown>;
  /** What the step receives as `state`, instead of its input. */
  readonly parameters?: Record<string, unknown>;
  readonly taskTimeout?: sfn.Timeout;
};

/** The Task state of a step in a machine of CDK states. */
export class StepState extends sfn.TaskStateBase {
  protected override readonly taskMetrics?: sfn.TaskMetricsConfig;
  protected override readonly taskPolicies?: iam.PolicyStatement[];
  readonly #parameters: Record<string, unknown> | undefined;

  constructor(scope: Construct, stateName: string, { parameters, ...props }: StepStateProps = {}) {
    super(scope, stateName, props);
    this.#parameters = parameters;
  }

  /** Called by the CDK. */
  protected _renderTask(): unknown {
    const parameters = this.#parameters && { Parameters: sfn.FieldUtils.renderObject(this.#parameters) };
    return { Resource: `\${${stepNameOf(this.stateId)}}`, ...parameters };
  }
}
