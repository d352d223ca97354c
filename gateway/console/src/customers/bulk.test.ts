import { expect, it } from 'vitest';
import { forEach } from './bulk';

it('does the same for many, a few at a time, and tells what was refused', async () => {
  let [running, most] = [0, 0];
  const outcome = await forEach([1, 2, 3, 4, 5, 6, 7], async (item) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running--;
    if (item === 3) throw new Error('no');
  }, 3);
  expect(most).toBe(3);
  expect(outcome.done).toHaveLength(6);
  expect(outcome.refused).toEqual([{ item: 3, error: new Error('no') }]);
});
