import { isIP } from 'node:net';

/**
 * The formats of AppSync's text scalars, as described in AppSync schemas.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html
 */

const DATE = String.raw`(?<year>-?\d{4})-(?<month>\d{2})-(?<day>\d{2})`;
const TIME = String.raw`(?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.\d{0,9})?)?`;
const OFFSET = String.raw`(?:Z|[+-](?<offsetHour>\d{2}):(?<offsetMinute>\d{2})(?::(?<offsetSecond>\d{2}))?)`;

const PATTERNS = {
  date: new RegExp(`^${DATE}${OFFSET}?$`),
  time: new RegExp(`^${TIME}${OFFSET}?$`),
  dateTime: new RegExp(`^${DATE}T${TIME}${OFFSET}$`),
};

/** Returns whether the text is an `AWSDate`: an existing day, with or without an offset. */
export function isAwsDate(text: string): boolean {
  return isRealMoment(PATTERNS.date.exec(text)?.groups);
}

/** Returns whether the text is an `AWSTime`; seconds and offset are optional. */
export function isAwsTime(text: string): boolean {
  return isRealMoment(PATTERNS.time.exec(text)?.groups);
}

/** Returns whether the text is an `AWSDateTime`; seconds are optional, the offset is not. */
export function isAwsDateTime(text: string): boolean {
  return isRealMoment(PATTERNS.dateTime.exec(text)?.groups);
}

function isRealMoment(parts: Record<string, string | undefined> | undefined): boolean {
  if (!parts) return false;
  const part = (name: string) => Number(parts[name] ?? 0);
  const inTime = part('hour') < 24 && part('minute') < 60 && part('second') < 60;
  const inOffset = part('offsetHour') <= 18 && part('offsetMinute') < 60 && part('offsetSecond') < 60;
  return (
    inTime && inOffset && (parts.year === undefined || isRealDay(part('year'), part('month'), part('day')))
  );
}

function isRealDay(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1;
}

/** Returns whether the text is an `AWSEmail`: `local@domain`. */
export function isAwsEmail(text: string): boolean {
  return /^[^\s@"(),:;<>[\\\]]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(
    text,
  );
}

/** Returns whether the text is an `AWSURL`: with a scheme, and no empty segment in its path. */
export function isAwsUrl(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) || !URL.canParse(text)) return false;
  return !new URL(text).pathname.includes('//');
}

/**
 * Returns whether the text may be an `AWSPhone`: `+` and a country code, or ten digits of the North
 * American plan.
 */
export function isAwsPhone(text: string): boolean {
  const digits = text.replace(/[\s().-]/g, '');
  return /^\+[1-9]\d{6,14}$/.test(digits) || /^1?[2-9]\d{2}[2-9]\d{6}$/.test(digits);
}

/**
 * Returns whether the text is an `AWSIPAddress`: version 4 or 6, with an optional prefix length.
 */
export function isAwsIpAddress(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
