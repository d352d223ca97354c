import { MantineProvider } from '@mantine/core';
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { changeLanguage } from './i18n';
import { ListView } from './ListView';

interface Row { id: string; name: string }
const rows: Row[] = [{ id: '1', name: 'Ani' }, { id: '2', name: 'Budi' }];

// jsdom lays nothing out, so that no row would be in sight.
vi.mock('@tanstack/react-virtual', () => ({
  useVirtualizer: ({ count }: { count: number }) => ({ getVirtualItems: () => Array.from({ length: count }, (_, index) => ({ index, start: index * 40 })), getTotalSize: () => count * 40, measure() {}, scrollToIndex() {} }),
}));

beforeEach(() => changeLanguage('en'));
afterEach(cleanup);

function show(edit = vi.fn(() => Promise.resolve())) {
  const query = { data: { pages: [{ items: rows, nextCursor: null }], pageParams: [] }, hasNextPage: false, isFetchingNextPage: false, fetchNextPage: vi.fn() };
  render(
    <MantineProvider><MemoryRouter>
      <ListView<Row> name="test" label="People" query={query as never} rowKey={(row) => row.id} empty={null} columns={[{ key: 'name', header: 'Name', value: (row) => row.name, edit }]}
        bulk={(chosen, clear) => <button type="button" onClick={clear}>{chosen.map((row) => row.name).join('+')}</button>} />
    </MemoryRouter></MantineProvider>,
  );
  return edit;
}

it('ticks rows by mouse and by key, and offers what can be done with them', async () => {
  show();
  expect(screen.queryByRole('toolbar')).toBeNull();
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select Ani' }));
  screen.getByRole('grid').focus();
  await userEvent.keyboard('jj ');
  await userEvent.click(screen.getByRole('button', { name: 'Ani+Budi' }));
  expect(screen.queryByRole('toolbar')).toBeNull();
});

it('changes a cell on double click, saves on Enter and leaves it on Escape', async () => {
  const edit = show();
  await userEvent.dblClick(screen.getByText('Budi'));
  await userEvent.keyboard('{Escape}');
  expect(edit).not.toHaveBeenCalled();
  await userEvent.dblClick(screen.getByText('Budi'));
  await userEvent.clear(screen.getByRole('textbox', { name: 'Name' }));
  await userEvent.keyboard('Budiman{Enter}');
  await waitFor(() => expect(edit).toHaveBeenCalledWith(rows[1], 'Budiman'));
  await waitFor(() => expect(screen.queryByRole('textbox')).toBeNull());
});

it('keeps what was typed where the change is refused', async () => {
  show(vi.fn(() => Promise.reject(new Error('Not a phone number.'))));
  await userEvent.dblClick(screen.getByText('Ani'));
  await userEvent.keyboard('x{Enter}');
  await waitFor(() => expect(screen.getByRole('textbox', { name: 'Name' })).toHaveValue('x'));
  expect(screen.getByRole('textbox', { name: 'Name' })).toHaveAttribute('aria-invalid', 'true');
});
