import * as z from 'zod';
import { step } from '../../../core/step/step.ts';
import { Counted, Value } from './documents.ts';

export const handler = step({
  reads: { 'Double/*': z.array(Value), 'CountDown/*': z.array(Counted) },
  run: (documents) => ({
    output: {
      sum: documents['Double/*'].reduce((sum, { value }) => sum + value, 0),
      countedDown: documents['CountDown/*'].map(({ left }) => left),
    },
  }),
});
