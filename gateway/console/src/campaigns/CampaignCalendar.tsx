import { ActionIcon, Alert, Button, Group, Popover, Stack, Text, Tooltip } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { campaignApi, take } from '../api/client';
import type { components } from '../api/generated/campaign';
import { localOf } from '../kit/days';
import { day, number, percent, zone } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { Panel } from '../kit/Record';
import { Loaded } from '../kit/States';
import classes from './Calendar.module.css';
import { useCampaignTexts } from './texts';
import { weeksOf } from './weeks';

type Calendar = components['schemas']['CalendarResponse'];
type Entry = components['schemas']['CalendarEntry'];

/** A day has room for so many; the others are behind a button. */
const SHOWN = 3;

/** Where an entry leads to; what belongs to no campaign leads nowhere. */
const campaignOf = (entry: Entry) => entry.campaignId ?? (entry.kind === 'campaign' || entry.kind === 'scheduled' ? entry.id : null);

/** A month of campaigns, launches, tasks and special days, with what collides and what journeys will send. */
export function CampaignCalendar() {
  const t = useCampaignTexts();
  const language = useLanguage();
  const [search, setSearch] = useSearchParams();
  const today = localOf(Date.now()).slice(0, 10);
  const [year, month] = (search.get('month') ?? today.slice(0, 7)).split('-').map(Number) as [number, number];
  const weeks = weeksOf(year, month - 1);
  const [from, to] = [weeks[0]![0]!, weeks.at(-1)![6]!];
  const query = useQuery({ queryKey: ['calendar', from, to], queryFn: () => take(campaignApi.GET('/api/campaign/v1/calendar', { params: { query: { from, to, zone: zone() } } })) });
  const move = (by: number) => { const at = new Date(Date.UTC(year, month - 1 + by, 1)); setSearch((params) => { params.set('month', `${at.getUTCFullYear()}-${at.getUTCMonth() + 1}`); return params; }); };
  const locale = language === 'id' ? 'id-ID' : 'en-GB';
  const title = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(Date.UTC(year, month - 1, 1)));
  return (
    <>
      <Group mb="sm" gap="xs">
        <Tooltip label={t('previousMonth')}><ActionIcon variant="default" size="lg" onClick={() => move(-1)} aria-label={t('previousMonth')}><IconChevronLeft size={18} /></ActionIcon></Tooltip>
        <Tooltip label={t('nextMonth')}><ActionIcon variant="default" size="lg" onClick={() => move(1)} aria-label={t('nextMonth')}><IconChevronRight size={18} /></ActionIcon></Tooltip>
        <Button variant="default" size="compact-md" onClick={() => setSearch((params) => { params.delete('month'); return params; })}>{t('thisMonth')}</Button>
        <Text fw={650} fz="lg" component="h2" m={0}>{title}</Text>
      </Group>
      <Loaded query={query} rows={12}>
        {(data) => (
          <Stack gap="sm">
            <Conflicts calendar={data} />
            <div className={classes.scroll}>
              <table className={classes.month}>
                <thead><tr>{weeks[0]!.map((one) => <th key={one} scope="col">{new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(new Date(one))}</th>)}</tr></thead>
                <tbody>
                  {weeks.map((week) => (
                    <tr key={week[0]}>
                      {week.map((one) => <td key={one} data-other={Number(one.slice(5, 7)) !== month || undefined} data-today={one === today || undefined}><span className={classes.number}>{Number(one.slice(8))}</span><Day day={one} entries={data.entries.filter((entry) => entry.firstDay <= one && entry.lastDay >= one)} /></td>)}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            {data.entries.length === 0 && <Text size="sm" c="dimmed">{t('nothingPlanned')}</Text>}
            {data.journeys.length > 0 && <Panel title={t('journeysWillSend')}><Stack gap={4}>{data.journeys.map((one) => (
              <Group key={one.journeyId} justify="space-between"><Text component={Link} to={`/journeys/${one.journeyId}`} size="sm" c="inherit" td="underline" dir="auto">{one.name}</Text>
                <Text size="sm" c="dimmed">{one.basis === 'dates' ? t('onTheirDates', { count: one.days.reduce((sum, at) => sum + at.messages, 0) }) : t('aDay', { rate: number(one.perDay, 1) })}</Text></Group>
            ))}</Stack></Panel>}
          </Stack>
        )}
      </Loaded>
    </>
  );
}

function Day({ day: at, entries }: { day: string; entries: Entry[] }) {
  const t = useCampaignTexts();
  const all = entries.length > SHOWN + 1;
  return (
    <>
      {entries.slice(0, all ? SHOWN : SHOWN + 1).map((entry) => <EntryButton key={entry.kind + entry.id} entry={entry} />)}
      {all && (
        <Popover width={280} withArrow shadow="md" withinPortal>
          <Popover.Target><Button size="compact-xs" variant="subtle" mt={2} aria-label={t('allOfDay', { day: day(at), count: entries.length })}>{t('moreOfDay', { count: entries.length - SHOWN })}</Button></Popover.Target>
          <Popover.Dropdown mah={360} style={{ overflow: 'auto' }}><Text size="sm" fw={600} mb={4}>{day(at)}</Text>{entries.map((entry) => <EntryButton key={entry.kind + entry.id} entry={entry} />)}</Popover.Dropdown>
        </Popover>
      )}
    </>
  );
}

function EntryButton({ entry }: { entry: Entry }) {
  const navigate = useNavigate();
  const campaign = campaignOf(entry);
  return <button type="button" className={classes.entry} data-kind={entry.kind} disabled={campaign === null} title={entry.title} onClick={() => void navigate(`/campaigns/${campaign}`)}>{entry.title}</button>;
}

/** Same people twice within days, launches on special days; and whether different segments could be compared at all. */
function Conflicts({ calendar }: { calendar: Calendar }) {
  const t = useCampaignTexts();
  const titles = new Map(calendar.entries.map((one) => [one.id, one.title]));
  const name = (id: string) => titles.get(id) ?? t('anotherCampaign');
  const told = (one: Calendar['conflicts'][number]) =>
    one.kind === 'segment' ? t('conflict_segment', { one: name(one.campaignId), other: name(one.otherId) })
    : one.kind === 'audience' ? t('conflict_audience', { one: name(one.campaignId), other: name(one.otherId), shared: number(one.shared), share: percent((one.sharedPercent ?? 0) / 100, 1) })
    : t('conflict_' + one.kind, { one: name(one.campaignId), other: one.name });
  const few = calendar.conflicts.slice(0, 8);
  return (
    <>
      {few.length > 0 && (
        <Alert color="orange" variant="light" title={t('conflicts')}>
          {few.map((one) => <Text key={one.kind + one.campaignId + one.otherId} size="sm" dir="auto">{day(one.day)}: {told(one)}</Text>)}
          {calendar.conflicts.length > few.length && <Text size="sm">{t('furtherConflicts', { count: calendar.conflicts.length - few.length })}</Text>}
        </Alert>
      )}
      {!calendar.audiencesCompared && <Text size="sm" c="dimmed">{t('notCompared')}</Text>}
    </>
  );
}
