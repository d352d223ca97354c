import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { open, serve, tidy } from '../test-page';
import { CampaignList } from './CampaignList';
import { weeksOf } from './weeks';

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

it('shows whole weeks from Monday', () => {
  const weeks = weeksOf(2026, 1); // February 2026 begins on a Sunday
  expect(weeks[0]![0]).toBe('2026-01-26');
  expect(weeks.at(-1)![6]).toBe('2026-03-01');
  expect(weeks).toHaveLength(5);
});

const entry = (id: string, kind: string, on: string, more: object = {}) => ({ kind, id, title: 'Title ' + id, startsAt: null, endsAt: null, firstDay: on, lastDay: on, state: null, campaignId: null, segmentId: null, ...more });

it('hides no entry of a full day, leads to what is scheduled, and says what collides', async () => {
  serve({
    'GET /api/campaign/v1/calendar': {
      from: '2026-06-01', to: '2026-07-05', zone: 'Asia/Jakarta', audiencesCompared: false, journeys: [{ journeyId: 'j', name: 'Welcome', basis: 'rate', perDay: 2.5, days: [] }],
      entries: [...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => entry(id, 'scheduled', '2026-06-25')), entry('h', 'holiday', '2026-06-26')],
      conflicts: [
        { kind: 'segment', campaignId: 'a', otherId: 'b', day: '2026-06-25', name: null, shared: null, sharedPercent: null }, { kind: 'audience', campaignId: 'c', otherId: 'elsewhere', day: '2026-06-25', name: null, shared: 1200, sharedPercent: 30.5 },
        { kind: 'holiday', campaignId: 'd', otherId: 'h', day: '2026-06-26', name: 'Holiday', shared: null, sharedPercent: null },
      ],
    },
  }, ['marketer']);
  const { router } = open('/campaigns?view=calendar&month=2026-6', { '/campaigns': CampaignList, '/campaigns/:id': () => null });
  const conflicts = await screen.findByRole('alert');
  expect(within(conflicts).getByText(/"Title a" and "Title b" address the same segment/)).toBeVisible();
  expect(within(conflicts).getByText(/"Title c" and "another campaign" address the same 1,200 people \(30.5% of/)).toBeVisible();
  expect(within(conflicts).getByText(/"Title d" begins on a holiday: Holiday/)).toBeVisible();
  expect(screen.getByText(/not compared/)).toBeVisible();
  expect(screen.getByText('2.5 a day')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Title f' })).toBeNull();
  expect(screen.getByRole('button', { name: 'Title h' })).toBeDisabled();
  await userEvent.click(screen.getByRole('button', { name: 'All 6 entries of 25 Jun 2026' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Title f' }));
  expect(router.state.location.pathname).toBe('/campaigns/f');
});
