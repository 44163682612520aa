import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareParts,
  dataKey,
  InvalidKey,
  indexKey,
  inputKey,
  parseDataKey,
  parsePart,
  parseRunningKey,
  parseStepKey,
  processKey,
  runningKey,
  stateKey,
  stepKey,
  stepKeyExpression,
} from './keys.ts';

const processId = '0190163d-8694-739b-aea5-966c26f8ad90';
const owners = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((s) => s.isWellFormed());
const ids = fc.uuid();
const definitions = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,29}$/);
const steps = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,79}$/);
const items = fc.array(fc.nat(999_999_999).map(String), { maxLength: 5 });
const times = fc
  .tuple(
    fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
    fc.constantFrom(0, 3, 6, 9),
  )
  .map(([date, digits]) => {
    const seconds = date.toISOString().slice(0, 19);
    return digits === 0
      ? `${seconds}Z`
      : `${seconds}.${String(date.getTime() % 1000).padStart(digits, '0')}Z`;
  });
const parts = fc
  .tuple(items, fc.option(times))
  .map(([before, time]) => [...before, ...(time === null ? [] : [time])].join('/') || undefined);

describe('keys', () => {
  it('have the documented form', () => {
    const process = { owner: 'api-key', processId };
    const data = { ...process, definition: 'order' };
    expect(dataKey(data)).toBe(`processes/api-key/${processId}/order`);
    expect(inputKey(data)).toBe(`processes/api-key/${processId}/order/input.json`);
    expect(stateKey(process)).toBe(`processes/api-key/${processId}/state.json`);
    expect(stepKey(data, { step: 'PriceOrder' })).toBe(
      `processes/api-key/${processId}/order/steps/PriceOrder.json`,
    );
    expect(stepKey(data, { step: 'Pack', part: '3' })).toBe(
      `processes/api-key/${processId}/order/steps/Pack/3.json`,
    );
    expect(stepKey(data, { step: 'Poll', part: '2/0/2026-11-30T09:15:00Z' })).toBe(
      `processes/api-key/${processId}/order/steps/Poll/2/0/2026-11-30T09:15:00Z.json`,
    );
    expect(runningKey(process)).toBe(`running/api-key/${processId}`);
    expect(indexKey(process, new Date(1_700_000_000_000))).toBe(`index/api-key/8299999999999-${processId}`);
  });

  it('identify the same process after a round trip, for any owner', () => {
    fc.assert(
      fc.property(owners, ids, definitions, (owner, id, definition) => {
        const process = { owner, processId: id };
        const data = { ...process, definition };
        expect(dataKey(data).split('/')).toHaveLength(4);
        expect(parseDataKey(dataKey(data))).toEqual(data);
        expect(parseRunningKey(runningKey(process))).toEqual(process);
      }),
    );
  });

  it('identify the same step after a round trip', () => {
    fc.assert(
      fc.property(owners, ids, definitions, steps, parts, (owner, processId, definition, step, part) => {
        const data = { owner, processId, definition };
        const document = part === undefined ? { step } : { step, part };
        expect(parseStepKey(stepKey(data, document))).toEqual({ ...data, ...document });
      }),
    );
  });

  it('of documents are built in a machine by an intrinsic function', () => {
    expect(
      stepKeyExpression('$$.Execution.Input.processData', 'Pack', ['$item', '$$.State.EnteredTime']),
    ).toBe(
      "States.Format('{}/steps/Pack/{}/{}.json', $$.Execution.Input.processData, $item, $$.State.EnteredTime)",
    );
    expect(stepKeyExpression('$key', 'Pick', [])).toBe("States.Format('{}/steps/Pick.json', $key)");
  });

  it('list a later start before an earlier one', () => {
    const instants = fc.integer({ min: 0, max: 4_102_444_800_000 });
    fc.assert(
      fc.property(owners, ids, ids, instants, instants, (owner, idA, idB, a, b) => {
        fc.pre(a < b);
        const earlier = indexKey({ owner, processId: idA }, new Date(a));
        const later = indexKey({ owner, processId: idB }, new Date(b));
        expect(later < earlier).toBe(true);
      }),
    );
  });

  it('are rejected for an id that is not a lowercase UUID', () => {
    for (const bad of ['', 'x', '../api-key', processId.toUpperCase(), `${processId}/..`]) {
      expect(() => processKey({ owner: 'a', processId: bad })).toThrow(InvalidKey);
    }
  });

  it('are rejected for an empty owner, and for an invalid step name or index', () => {
    expect(() => processKey({ owner: '', processId })).toThrow(InvalidKey);
    for (const step of ['', '../input', 'a/b', 'é', '1st']) {
      expect(() => stepKey({ owner: 'a', processId, definition: 'd' }, { step })).toThrow(InvalidKey);
    }
    for (const definition of ['', 'a/b', '..', '1st', 'x'.repeat(31)]) {
      expect(() => dataKey({ owner: 'a', processId, definition })).toThrow(InvalidKey);
    }
    const time = '2026-11-30T09:15:00.123Z';
    for (const part of [
      '',
      'x',
      '-1',
      '1/',
      '/1',
      '..',
      '1/../2',
      `${time}/1`,
      `${time}/${time}`,
      `/${time}`,
    ]) {
      expect(() => parsePart(part)).toThrow(InvalidKey);
      expect(() => stepKey({ owner: 'a', processId, definition: 'd' }, { step: 'A', part })).toThrow(
        InvalidKey,
      );
    }
  });

  it('are only parsed in the form in which they are built', () => {
    const bad = [
      `processes/a%2Fb/${processId}/d/extra`,
      `processes/a%2fb/${processId}/d`,
      `processes/%/${processId}/d`,
      `processes//${processId}/d`,
      `processes/a/${processId}`,
      `other/a/${processId}/d`,
      `processes/a/${processId}/d/steps/A.txt`,
      `processes/a/${processId}/d/steps/A/x.json`,
      `processes/a/${processId}/d/input.json`,
      `processes/a/${processId}/steps/A.json`,
      `running/a%2fb/${processId}`,
      `running/${processId}`,
      `running/a/${processId}/x`,
    ];
    for (const key of bad) {
      expect(() => parseDataKey(key)).toThrow(InvalidKey);
      expect(() => parseStepKey(key)).toThrow(InvalidKey);
      expect(() => parseRunningKey(key)).toThrow(InvalidKey);
    }
  });
});

describe('parts', () => {
  it('have the indexes of the items, and the time of a loop entry', () => {
    expect(parsePart(undefined)).toEqual({ items: [] });
    expect(parsePart('2/10')).toEqual({ items: ['2', '10'] });
    const enteredAt = '2026-11-30T09:15:00.123456Z';
    expect(parsePart(enteredAt)).toEqual({ items: [], enteredAt });
    expect(parsePart(`3/${enteredAt}`)).toEqual({ items: ['3'], enteredAt });
  });

  it('are in the order of the numbers and the times', () => {
    const at = (rest: string) => `4/2026-11-30T09:15:${rest}Z`;
    const ordered = [
      ...[undefined, '0', '1', '1/9', '1/10', '2'],
      ...[at('00'), at('00.000001'), at('00.123'), at('00.123456'), at('00.123456001'), at('00.2'), at('01')],
      '10',
    ];
    const refs = ordered.map((part) => ({ step: 'S', ...(part === undefined ? {} : { part }) }));
    expect(refs.toReversed().sort(compareParts)).toEqual(refs);
  });
});
