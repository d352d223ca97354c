import { fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { expect, it, vi } from 'vitest';
import { FIELD, useTypedAhead } from './typedAhead';

function Page({ pressed, closed }: { pressed: () => void; closed: () => void }) {
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState('');
  useTypedAhead(opened, setText, closed);
  return (
    <>
      <button type="button" onKeyDown={pressed} onClick={() => setOpened(true)}>before</button>
      <input id={FIELD} aria-label="field" value={text} onChange={(event) => setText(event.target.value)} />
    </>
  );
}

it('takes keys for the field until it has the focus, and none afterwards', () => {
  const [pressed, closed] = [vi.fn(), vi.fn()];
  render(<Page pressed={pressed} closed={closed} />);
  const button = screen.getByRole('button');
  button.focus();
  fireEvent.keyDown(button, { key: 'x' });
  expect(pressed).toHaveBeenCalledTimes(1);

  fireEvent.click(button);
  for (const key of ['s', 'a', ' ', 'r', 'x', 'Backspace', 'i', 'Shift']) fireEvent.keyDown(button, { key });
  expect(screen.getByLabelText('field')).toHaveValue('sa ri');
  expect(pressed).toHaveBeenCalledTimes(1);
  expect(fireEvent.keyUp(button, { key: ' ' })).toBe(false);
  fireEvent.keyDown(button, { key: 'k', ctrlKey: true });
  expect(pressed).toHaveBeenCalledTimes(2);
  fireEvent.keyDown(button, { key: 'Escape' });
  expect(closed).toHaveBeenCalledTimes(1);

  fireEvent.keyDown(button, { key: 'ArrowDown' });
  expect(screen.getByLabelText('field')).toHaveFocus();
  fireEvent.keyDown(screen.getByLabelText('field'), { key: 'z' });
  expect(screen.getByLabelText('field')).toHaveValue('sa ri');
});
