import { Badge, Button, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { campaignApi, take } from '../api/client';
import { actor, day, moment } from '../kit/format';
import { type Column, ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { MARKETING, useMay } from '../shell/session';
import { CampaignCalendar } from './CampaignCalendar';
import { useCampaignTexts } from './texts';

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
      {view === 'calendar' ? <CampaignCalendar /> : (
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
