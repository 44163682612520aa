import { step } from '../../../core/step/step.ts';
import { Counted, Input } from './documents.ts';

export const handler = step({
  reads: { input: Input },
  readsIfWritten: { CountDown: Counted },
  writes: Counted,
  run: ({ input, CountDown }) => {
    const left = (CountDown?.left ?? input.from) - 1;
    return {
      output: { left },
      route: { left, numbers: Array.from({ length: input.from }, (_, index) => index + 1) },
    };
  },
});
