import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dataKey,
  InvalidKey,
  indexKey,
  inputKey,
  parseDataKey,
  parseRunningKey,
  parseStepKey,
  processKey,
  runningKey,
  stateKey,
  stepKey,
} from './keys.ts';

const processId = '0190163d-8694-739b-aea5-966c26f8ad90';
const owners = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((s) => s.isWellFormed());
const ids = fc.uuid();
const definitions = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,29}$/);
const steps = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,79}$/);
const parts = fc.option(fc.stringMatching(/^\d{1,9}(\/\d{1,9}){0,3}$/), { nil: undefined });

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
    for (const part of ['', 'x', '-1', '1/', '/1', '..']) {
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
