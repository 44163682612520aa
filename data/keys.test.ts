import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  InvalidKey,
  indexKey,
  inputKey,
  parseProcessKey,
  parseStepKey,
  processKey,
  runningKey,
  stateKey,
  stepKey,
} from './keys.ts';

const processId = '0190163d-8694-739b-aea5-966c26f8ad90';
const owners = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((s) => s.isWellFormed());
const ids = fc.uuid();
const steps = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,79}$/);
const parts = fc.option(fc.stringMatching(/^\d{1,9}(\/\d{1,9}){0,3}$/), { nil: undefined });

describe('keys', () => {
  it('are the ones that DESIGN gives', () => {
    const process = { owner: 'api-key', processId };
    expect(inputKey(process)).toBe(`processes/api-key/${processId}/input.json`);
    expect(stateKey(process)).toBe(`processes/api-key/${processId}/state.json`);
    expect(stepKey(process, { step: 'PriceOrder' })).toBe(
      `processes/api-key/${processId}/steps/PriceOrder.json`,
    );
    expect(stepKey(process, { step: 'Pack', part: '3' })).toBe(
      `processes/api-key/${processId}/steps/Pack/3.json`,
    );
    expect(runningKey(processId)).toBe(`running/${processId}`);
    expect(indexKey(process, new Date(1_700_000_000_000))).toBe(`index/api-key/8299999999999-${processId}`);
  });

  it('name the same process after a round trip, whatever the owner is called', () => {
    fc.assert(
      fc.property(owners, ids, (owner, id) => {
        const key = processKey({ owner, processId: id });
        expect(key.split('/')).toHaveLength(3);
        expect(parseProcessKey(key)).toEqual({ owner, processId: id });
      }),
    );
  });

  it('name the same step after a round trip', () => {
    fc.assert(
      fc.property(owners, ids, steps, parts, (owner, id, step, part) => {
        const parsed = parseStepKey(
          stepKey({ owner, processId: id }, part === undefined ? { step } : { step, part }),
        );
        expect(parsed).toEqual(
          part === undefined ? { owner, processId: id, step } : { owner, processId: id, step, part },
        );
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

  it('are refused for an id that is no UUID in lower case', () => {
    for (const bad of ['', 'x', '../api-key', processId.toUpperCase(), `${processId}/..`]) {
      expect(() => processKey({ owner: 'a', processId: bad })).toThrow(InvalidKey);
    }
  });

  it('are refused for an empty owner and for a step or part that is no name', () => {
    expect(() => processKey({ owner: '', processId })).toThrow(InvalidKey);
    for (const step of ['', '../input', 'a/b', 'é', '1st']) {
      expect(() => stepKey({ owner: 'a', processId }, { step })).toThrow(InvalidKey);
    }
    for (const part of ['', 'x', '-1', '1/', '/1', '..']) {
      expect(() => stepKey({ owner: 'a', processId }, { step: 'A', part })).toThrow(InvalidKey);
    }
  });

  it('are not parsed unless they are spelt as they are built', () => {
    const bad = [
      `processes/a%2Fb/${processId}/extra`,
      `processes/a%2fb/${processId}`,
      `processes/%/${processId}`,
      `processes//${processId}`,
      `other/a/${processId}`,
      `processes/a/${processId}/steps/A.txt`,
      `processes/a/${processId}/steps/A/x.json`,
      `processes/a/${processId}/input.json`,
    ];
    for (const key of bad) {
      expect(() => parseProcessKey(key)).toThrow(InvalidKey);
      expect(() => parseStepKey(key)).toThrow(InvalidKey);
    }
  });
});
