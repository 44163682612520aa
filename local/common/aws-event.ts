/**
 * An event as a service hands it to EventBridge; the bus adds `id`, `account`, `region`, `version`,
 * and `time` where it is absent.
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
 * Takes an event for delivery and returns once it is kept; rules are matched and targets called
 * afterwards.
 */
export type EmitEvent = (event: AwsEvent) => void;
