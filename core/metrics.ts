/**
 * The facade's own metrics, in CloudWatch's embedded metric format: lines of JSON in the logs of
 * functions, which need no call and no permission.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */

/** The namespace of all metrics. */
export const METRICS_NAMESPACE = 'ProcessFacade';

/** The metrics and their units. */
const UNITS = {
  /** From the end of an execution until AppSync has accepted its state, by `Way`. */
  DeliveryDelay: 'Milliseconds',
  /** States that AppSync has not accepted. The publication is retried. */
  PublishFailed: 'Count',
  /** Processes that the sweep repaired. */
  Repaired: 'Count',
  RunningProcesses: 'Count',
  OldestRunning: 'Seconds',
  /** Days until the API key expires. */
  ApiKeyDaysLeft: 'Count',
} as const;

/** The name of a metric. */
export type MetricName = keyof typeof UNITS;

/** Returns whether the facade is monitored. Without it no metric is written, and none costs. */
export function isMonitored(): boolean {
  return Boolean(process.env.METRICS_FACADE);
}

/**
 * Writes metrics of the facade that `METRICS_FACADE` names; nothing without it. Further dimensions
 * apply to all of the values.
 */
export function emitMetrics(
  values: Readonly<Partial<Record<MetricName, number>>>,
  dimensions: Readonly<Record<string, string>> = {},
): void {
  const facade = process.env.METRICS_FACADE;
  if (!facade) return;
  const all = { Facade: facade, ...dimensions };
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: UNITS[Name as MetricName] }));
  const directive = { Namespace: METRICS_NAMESPACE, Dimensions: [Object.keys(all)], Metrics };
  const line = { _aws: { Timestamp: Date.now(), CloudWatchMetrics: [directive] }, ...all, ...values };
  // Not `console.log`: Lambda's adds a prefix, and the line must be JSON.
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
