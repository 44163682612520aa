/**
 * The metrics that the alarms and the dashboard show.
 */
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { METRICS_NAMESPACE, type MetricName } from '../core/metrics.ts';
import type { Recorder } from '../core/services.ts';

/** What is monitored. */
export type Monitored = {
  /** The value of the dimension `Facade`. */
  readonly name: string;
  readonly apiId: string;
  readonly machines: Readonly<Record<string, sfn.StateMachine>>;
  /** The functions of the steps by `<definition>.<Step>`, and the facade's own by name. */
  readonly steps: Readonly<Record<string, lambda.IFunction>>;
  readonly functions: Readonly<Record<string, lambda.IFunction>>;
  readonly statusChange: lambda.IFunction;
  readonly sweep: lambda.IFunction;
  readonly rules: readonly events.IRule[];
  readonly deadLetters: sqs.IQueue;
};

/** The period of all graphs and of nearly all alarms. */
export const PERIOD = Duration.minutes(5);
/** How counts are added up. */
export const SUM = { period: PERIOD, statistic: 'Sum' } as const;

/** Returns a metric that the facade's functions write. */
export function ownMetric(
  { name }: Monitored,
  metricName: MetricName,
  { Way, ...options }: cloudwatch.MetricOptions & { Way?: Recorder } = {},
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { Facade: name, ...(Way && { Way }) },
    period: PERIOD,
    ...options,
  });
}

/** Returns a metric of AppSync. */
export function ofApi(
  { apiId }: Monitored,
  metricName: string,
  options: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    ...{ namespace: 'AWS/AppSync', metricName, dimensionsMap: { GraphQLAPIId: apiId } },
    ...options,
  });
}

/** Returns a metric of a rule. EventBridge sends it only if it is not 0. */
export function ofRule({ ruleName }: events.IRule, metricName: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    ...{ namespace: 'AWS/Events', metricName, dimensionsMap: { RuleName: ruleName }, ...SUM },
  });
}

/** Returns the sum of metrics, of which some may have no data. */
export function sum(metrics: readonly cloudwatch.IMetric[], label = 'sum'): cloudwatch.MathExpression {
  // The ids of all metrics in a graph differ.
  const id = (index: number) => `${label.toLowerCase()}${index}`;
  return new cloudwatch.MathExpression({
    expression: metrics.map((_, index) => `FILL(${id(index)}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [id(index), metric])),
    period: PERIOD,
    label,
  });
}
