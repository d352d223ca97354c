import { ActionIcon, Alert, Badge, Button, Group, NativeSelect, SegmentedControl, Text, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconChevronLeft, IconChevronRight, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { campaignApi, take } from '../api/client';
import { actor, day, moment, zone } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { type Column, ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, Loaded, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { MARKETING, useMay } from '../shell/session';
import classes from './Calendar.module.css';
import { useCampaignTexts } from './texts';
import { weeksOf } from './weeks';

export const stateColor = (state: string) => ({ draft: 'gray', scheduled: 'cyan', sending: 'blue', paused: 'orange', cancelled: 'red', finished: 'teal', active: 'blue', ended: 'gray' })[state] ?? 'gray';
const STATES = ['draft', 'scheduled', 'sending', 'paused', 'finished', 'cancelled'];
type Row = { id: string; name: string; channel: string; state: string; createdBy: string; createdAt: string; launchedAt: string | null };

export function CampaignList() {
  const t = useCampaignTexts();
  const [search, setSearch] = useSearchParams();
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), 200);
  const mayMarket = useMay(...MARKETING);
  const state = search.get('state') ?? '';
  const view = search.get('view') ?? 'list';
  usePage([{ label: t('campaigns') }]);
  const query = usePaged(['campaigns', asked, state], (cursor) =>
    take(campaignApi.GET('/api/campaign/v1/campaigns', { params: { query: { text: asked || undefined, state: state ? [state] : undefined, limit: 100, cursor } } })), view === 'list');
  const columns: Column<Row>[] = [
    { key: 'name', header: t('name'), value: (row) => row.name, width: 280, cell: (row) => <Link to={`/campaigns/${row.id}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.name}</Link> },
    { key: 'state', header: t('state'), value: (row) => row.state, width: 120, cell: (row) => <Badge size="sm" variant="light" color={stateColor(row.state)}>{t('state_' + row.state)}</Badge> },
    { key: 'channel', header: t('channel'), value: (row) => row.channel, width: 110, cell: (row) => t('channel_' + row.channel) },
    { key: 'launched', header: t('launched'), value: (row) => row.launchedAt, width: 190, cell: (row) => moment(row.launchedAt) },
    { key: 'created', header: t('created'), value: (row) => row.createdAt, width: 130, cell: (row) => day(row.createdAt) },
    { key: 'by', header: t('by'), value: (row) => actor(row.createdBy), width: 120 },
  ];
  const set = (name: string, value: string) => setSearch((now) => { if (value) now.set(name, value); else now.delete(name); return now; }, { replace: true });
  return (
    <>
      <PageTitle title={t('campaigns')} hint={t('campaignsHint')}>
        <SegmentedControl value={view} onChange={(value) => set('view', value)} data={[{ value: 'list', label: t('list') }, { value: 'calendar', label: t('calendar') }]} />
        {mayMarket && <Button component={Link} to="/campaigns/new" leftSection={<IconPlus size={16} />}>{t('newCampaign')}</Button>}
      </PageTitle>
      {view === 'calendar' ? <Calendar /> : (
        <ListView<Row> name="campaigns" label={t('campaigns')} query={query as never} columns={columns} rowKey={(row) => row.id} to={(row) => `/campaigns/${row.id}`}
          empty={asked || state ? <Empty title={t('noMatch')} hint={t('noMatchHint')} /> : <Empty title={t('noCampaigns')} hint={t('noCampaignsHint')} action={mayMarket && <Button mt="xs" component={Link} to="/campaigns/new">{t('newCampaign')}</Button>} />}
          toolbar={<>
            <TextInput flex={1} miw={180} maw={320} leftSection={<IconSearch size={16} />} placeholder={t('search')} aria-label={t('search')} value={text} onChange={(event) => setText(event.currentTarget.value)} />
            <NativeSelect aria-label={t('state')} value={state} onChange={(event) => set('state', event.currentTarget.value)} data={[{ value: '', label: t('allStates') }, ...STATES.map((value) => ({ value, label: t('state_' + value) }))]} />
          </>} />
      )}
    </>
  );
}

function Calendar() {
  const t = useCampaignTexts();
  const language = useLanguage();
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams();
  const now = new Date();
  const [year, month] = (search.get('month') ?? `${now.getFullYear()}-${now.getMonth() + 1}`).split('-').map(Number) as [number, number];
  const weeks = weeksOf(year, month - 1);
  const [from, to] = [weeks[0]![0]!, weeks.at(-1)![6]!];
  const query = useQuery({ queryKey: ['calendar', from, to], queryFn: () => take(campaignApi.GET('/api/campaign/v1/calendar', { params: { query: { from, to, zone: zone() } } as never })) });
  const move = (by: number) => { const at = new Date(Date.UTC(year, month - 1 + by, 1)); setSearch((params) => { params.set('month', `${at.getUTCFullYear()}-${at.getUTCMonth() + 1}`); return params; }); };
  const locale = language === 'id' ? 'id-ID' : 'en-GB';
  const title = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(Date.UTC(year, month - 1, 1)));
  const today = new Date().toLocaleDateString('sv-SE');
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
          <>
            {data.conflicts.length > 0 && <Alert color="orange" variant="light" mb="sm" title={t('conflicts')}>{data.conflicts.map((one, index) => <Text key={index} size="sm">{day(one.day)}: {one.name}</Text>)}</Alert>}
            <div className={classes.scroll}>
              <table className={classes.month}>
                <thead><tr>{weeks[0]!.map((one) => <th key={one} scope="col">{new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(new Date(one))}</th>)}</tr></thead>
                <tbody>
                  {weeks.map((week) => (
                    <tr key={week[0]}>
                      {week.map((one) => (
                        <td key={one} data-other={Number(one.slice(5, 7)) !== month || undefined} data-today={one === today || undefined}>
                          <span className={classes.number}>{Number(one.slice(8))}</span>
                          {data.entries.filter((entry) => entry.firstDay <= one && entry.lastDay >= one).slice(0, 4).map((entry) => (
                            <button key={entry.kind + entry.id} type="button" className={classes.entry} data-kind={entry.kind} disabled={!entry.campaignId && entry.kind !== 'campaign'} title={entry.title}
                              onClick={() => void navigate(`/campaigns/${entry.campaignId ?? entry.id}`)}>{entry.title}</button>
                          ))}
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            {data.entries.length === 0 && <Text size="sm" c="dimmed" mt="sm">{t('nothingPlanned')}</Text>}
          </>
        )}
      </Loaded>
    </>
  );
}
