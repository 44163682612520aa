/**
 * The alarms and the dashboard of a facade. docs/operate.md says what to do for each alarm.
 */
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { createDashboard } from './dashboard.ts';
import { type Monitored, ofApi, ofRule, ownMetric, PERIOD, SUM, sum } from './facade-metrics.ts';

/** How a facade is monitored. */
export type MonitoringProps = {
  /**
   * What every alarm does, for example `new SnsAction(topic)`.
   * @default - none
   */
  readonly alarmActions?: readonly cloudwatch.IAlarmAction[];
};

/** Failures in small numbers are normal: the alarm needs this many ends, and this share of them. */
const MIN_ENDS = 5;
const FAILING_PERCENT = 50;
/** The key is renewed by a deployment, and clients must pick it up. */
const KEY_DAYS = 30;
/** CloudWatch's limit for the metrics of one alarm. */
const MAX_METRICS = 10;

/** Alarms on what needs an operator, and a dashboard. No alarm breaches while there is no data. */
export class Monitoring extends Construct {
  readonly alarms: readonly cloudwatch.Alarm[];
  readonly dashboard: cloudwatch.Dashboard;

  constructor(scope: Construct, id: string, monitored: Monitored) {
    super(scope, id);
    const { machines, functions, rules, statusChange, sweep } = monitored;
    this.alarms = [
      this.#alarm('EventsLost', 'Events got lost on the way to the dead-letter queue.', {
        metric: sum([
          statusChange.metric('DeadLetterErrors', SUM),
          ...rules.map((rule) => ofRule(rule, 'InvocationsFailedToBeSentToDlq')),
        ]),
      }),
      this.#alarm(
        'ProgressLost',
        'EventBridge could not publish the progress of steps, or invoke the recorder.',
        {
          metric: sum(rules.map((rule) => ofRule(rule, 'FailedInvocations'))),
        },
      ),
      this.#alarm('SweepFailing', 'The sweep fails: processes whose events are lost stay RUNNING.', {
        metric: sweep.metricErrors(SUM),
        threshold: 3,
      }),
      this.#alarm('PublishFailing', 'AppSync does not accept the states of processes.', {
        metric: ownMetric(monitored, 'PublishFailed', SUM),
        threshold: 5,
      }),
      this.#alarm('ApiFailing', 'The API responds with internal errors.', {
        metric: ofApi(monitored, '5XXError', SUM),
        threshold: 5,
      }),
      this.#alarm('ApiKeyExpiring', 'The API key expires soon. A deployment renews it.', {
        metric: ownMetric(monitored, 'ApiKeyDaysLeft', { period: Duration.hours(1), statistic: 'Minimum' }),
        threshold: KEY_DAYS,
        comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      }),
      ...chunks(Object.values(functions), MAX_METRICS).map((chunk, index) =>
        this.#alarm(`Throttled${index || ''}`, "Lambda throttles the facade's functions.", {
          metric: sum(chunk.map((fn) => fn.metricThrottles(SUM))),
        }),
      ),
      ...Object.entries(machines).map(([definition, machine]) =>
        this.#alarm(`Failing-${definition}`, `Half of the processes of ${definition} fail.`, {
          metric: failingPercent(machine),
          threshold: FAILING_PERCENT,
          evaluationPeriods: 3,
          datapointsToAlarm: 2,
        }),
      ),
    ];
    this.dashboard = createDashboard(this, monitored, this.alarms);
  }

  #alarm(
    id: string,
    alarmDescription: string,
    props: Pick<cloudwatch.AlarmProps, 'metric'> & Partial<cloudwatch.AlarmProps>,
  ): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, id, {
      alarmDescription: `${alarmDescription} What to do: docs/operate.md`,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      ...props,
    });
  }
}

function failingPercent(machine: sfn.StateMachine): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `IF(FILL(ok, 0) + FILL(failed, 0) + FILL(late, 0) >= ${MIN_ENDS}, 100 * (FILL(failed, 0) + FILL(late, 0)) / (FILL(ok, 0) + FILL(failed, 0) + FILL(late, 0)), 0)`,
    usingMetrics: {
      ok: machine.metricSucceeded(SUM),
      failed: machine.metricFailed(SUM),
      late: machine.metricTimedOut(SUM),
    },
    label: 'failing processes in %',
    period: PERIOD,
  });
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
