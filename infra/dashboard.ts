/**
 * The dashboard of a facade.
 */
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Recorder } from '../core/services.ts';
import { type Monitored, ofApi, ownMetric, SUM, sum } from './facade-metrics.ts';

/** Every way in which an end becomes known. */
const WAYS: readonly Recorder[] = ['event', 'read', 'sweep', 'stop'];

/** Creates the dashboard: what operators ask first is at the top. */
export function createDashboard(
  scope: Construct,
  monitored: Monitored,
  alarms: readonly cloudwatch.IAlarm[],
): cloudwatch.Dashboard {
  const { machines, steps, functions, deadLetters } = monitored;
  const all = Object.entries(machines);
  const graph = (
    title: string,
    left: readonly cloudwatch.IMetric[],
    right: readonly cloudwatch.IMetric[] = [],
  ) => new cloudwatch.GraphWidget({ title, left: [...left], right: [...right], width: 8, height: 6 });
  const delays = (statistic: string) =>
    WAYS.map((Way) =>
      ownMetric(monitored, 'DeliveryDelay', { Way, statistic, label: `${Way} ${statistic}` }),
    );
  return new cloudwatch.Dashboard(scope, 'Dashboard', {
    periodOverride: cloudwatch.PeriodOverride.AUTO,
    widgets: [
      [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 3 })],
      [
        graph(
          'Starts',
          all.map(([label, machine]) => machine.metricStarted({ ...SUM, label })),
        ),
        graph('Ends', [
          sum(
            all.map(([, machine]) => machine.metricSucceeded(SUM)),
            'SUCCEEDED',
          ),
          sum(
            all.map(([, machine]) => machine.metricFailed(SUM)),
            'FAILED',
          ),
          sum(
            all.map(([, machine]) => machine.metricTimedOut(SUM)),
            'TIMED_OUT',
          ),
          sum(
            all.map(([, machine]) => machine.metricAborted(SUM)),
            'ABORTED',
          ),
        ]),
        graph('From end to push, by what noticed the end', [...delays('p50'), ...delays('p99')]),
      ],
      [
        graph(
          'Failed invocations by step',
          Object.entries(steps).map(([label, fn]) => fn.metricErrors({ ...SUM, label })),
        ),
        graph(
          'Running processes, and the age of the oldest',
          [ownMetric(monitored, 'RunningProcesses', { statistic: 'Maximum', label: 'running' })],
          [ownMetric(monitored, 'OldestRunning', { statistic: 'Maximum', label: 'oldest, seconds' })],
        ),
        graph('Lost and repaired', [
          deadLetters.metricApproximateNumberOfMessagesVisible({
            ...SUM,
            statistic: 'Maximum',
            label: 'dead letters',
          }),
          ownMetric(monitored, 'Repaired', { ...SUM, label: 'repaired by the sweep' }),
          ownMetric(monitored, 'PublishFailed', { ...SUM, label: 'publications that failed' }),
        ]),
      ],
      [
        graph('Throttles', [
          sum(
            [...Object.values(functions), ...Object.values(steps)].map((fn) => fn.metricThrottles(SUM)),
            'functions',
          ),
          sum(
            all.map(([, machine]) => machine.metricThrottled(SUM)),
            'executions',
          ),
        ]),
        graph('API', [
          ofApi(monitored, '4XXError', { ...SUM, label: 'errors of callers' }),
          ofApi(monitored, '5XXError', { ...SUM, label: 'internal errors' }),
          ofApi(monitored, 'ActiveSubscriptions', { ...SUM, label: 'subscriptions' }),
        ]),
        new cloudwatch.SingleValueWidget({
          title: 'Days until the API key expires',
          metrics: [ownMetric(monitored, 'ApiKeyDaysLeft', { statistic: 'Minimum', label: 'days' })],
          width: 8,
          height: 6,
        }),
      ],
    ],
  });
}
