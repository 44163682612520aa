import { onlySupported } from './unsupported.ts';

/**
 * `util.time`, without the functions that take a Java date pattern.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/time-helpers-in-util-time-js.html
 */
export const time = onlySupported('util.time', {
  nowISO8601: () => new Date().toISOString(),
  nowEpochSeconds: () => Math.floor(Date.now() / 1000),
  nowEpochMilliSeconds: () => Date.now(),
  parseISO8601ToEpochMilliSeconds(timestamp: string): number {
    const milliseconds = Date.parse(timestamp);
    if (Number.isNaN(milliseconds))
      throw new TypeError(`Unable to parse \`${timestamp}\` as an ISO 8601 timestamp.`);
    return milliseconds;
  },
  epochMilliSecondsToSeconds: (milliseconds: number) => Math.floor(milliseconds / 1000),
  epochMilliSecondsToISO8601: (milliseconds: number) => new Date(milliseconds).toISOString(),
});
