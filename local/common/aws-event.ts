/**
 * An event as a service passes it to EventBridge. The bus adds `id`, `account`, `region`,
 * `version`, and `time` if it is absent.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
 */
export type AwsEvent = {
  source: string;
  'detail-type': string;
  resources: string[];
  detail: Record<string, unknown>;
  /** `YYYY-MM-DDThh:mm:ssZ`. */
  time?: string;
};

/**
 * Accepts an event for delivery, and returns once it is stored. Rules are matched before, targets
 * are called afterwards.
 */
export type EmitEvent = (event: AwsEvent) => void;
