import { FieldError } from './errors.ts';
import { filterOperator, listOf } from './filter-operators.ts';
import { ownMember } from './own-member.ts';

/**
 * An enhanced subscription filter: one of the groups must hold, with all of its filters.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-enhanced-filtering.html
 */
export type SubscriptionFilter = { filterGroup: { filters: FieldFilter[] }[] };

type FieldFilter = { fieldName: string; operator: string; value: unknown };

const MAX_DEPTH = 5;
const MAX_FIELD_NAMES = 5;
const MAX_FILTERS = 10;
const MAX_TEXT = 256;

/**
 * Parses the argument of `extensions.setSubscriptionFilter`. Null, and a filter without groups,
 * mean no filter.
 *
 * Throws a {@link FieldError} for what AppSync rejects: another shape, an unknown operator, a value
 * that the operator does not accept, and anything over the limits (5 field names and 10 filters in
 * a group, 5 levels, 256 characters, 5 values of `in` and 20 of `containsAny`).
 */
export function parseSubscriptionFilter(given: unknown): SubscriptionFilter | null {
  const filter: unknown = given === undefined ? null : JSON.parse(JSON.stringify(given));
  if (filter === null) return null;
  if (!isFilter(filter)) throw invalid('Expected {filterGroup: [{filters: [{fieldName, operator, value}]}]}');
  for (const { filters } of filter.filterGroup) {
    if (new Set(filters.map(({ fieldName }) => fieldName)).size > MAX_FIELD_NAMES) {
      throw invalid(`a group exceeds the maximum of ${MAX_FIELD_NAMES} field names`);
    }
    if (filters.map(checkedWeight).reduce((sum, weight) => sum + weight, 0) > MAX_FILTERS) {
      throw invalid(
        `a group exceeds the maximum of ${MAX_FILTERS} filters, each value of \`in\` counted as one`,
      );
    }
  }
  return filter.filterGroup.length === 0 ? null : filter;
}

/** Checks one filter. Returns its weight in the limit of filters. */
function checkedWeight({ fieldName, operator: name, value }: FieldFilter): number {
  const operator = filterOperator(name);
  if (!operator) throw invalid(`operator \`${name}\` is unknown`);
  if (fieldName.split('.').length > MAX_DEPTH) throw invalid(`${fieldName} exceeds ${MAX_DEPTH} levels`);
  if (!operator.accepts(value))
    throw invalid(`operator \`${name}\` does not accept ${JSON.stringify(value)}`);
  if (operator.maxValues !== undefined && listOf(value).length > operator.maxValues) {
    throw invalid(`operator \`${name}\` exceeds maximum value limit ${operator.maxValues}`);
  }
  const texts = [fieldName, ...(Array.isArray(value) ? value : [value])];
  if (texts.some((text) => typeof text === 'string' && text.length > MAX_TEXT)) {
    throw invalid(`a text of the filter on ${fieldName} exceeds ${MAX_TEXT} characters`);
  }
  return name === 'in' ? listOf(value).length : 1;
}

function invalid(problem: string): FieldError {
  return new FieldError(`The subscription filter is not valid: ${problem}.`, 'BadRequestException');
}

/**
 * Returns whether a payload passes the filter. A field that is absent or null equals nothing, and
 * so passes only `ne`, `notIn` and `notContains`.
 */
export function passesFilter({ filterGroup }: SubscriptionFilter, payload: unknown): boolean {
  return filterGroup.some(({ filters }) =>
    filters.every(({ fieldName, operator, value }) =>
      filterOperator(operator)?.holds(valueAt(payload, fieldName.split('.')), value),
    ),
  );
}

function valueAt(payload: unknown, names: string[]): unknown {
  return names.reduce(ownMember, payload);
}

function isFilter(value: unknown): value is SubscriptionFilter {
  return (
    hasList(value, 'filterGroup') &&
    value.filterGroup.every(
      (group) => hasList(group, 'filters') && group.filters.length > 0 && group.filters.every(isFieldFilter),
    )
  );
}

function hasList<K extends string>(value: unknown, key: K): value is Record<K, unknown[]> {
  return typeof value === 'object' && value !== null && Array.isArray(Reflect.get(value, key));
}

function isFieldFilter(value: unknown): value is FieldFilter {
  return (
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    typeof Reflect.get(value, 'fieldName') === 'string' &&
    typeof Reflect.get(value, 'operator') === 'string'
  );
}
