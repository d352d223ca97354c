import { Anchor, Button, Code, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { analyticsApi, take } from '../api/client';
import { MomentField } from '../kit/DateField';
import { actor, duration, moment } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Fields } from '../kit/Record';
import { Empty } from '../kit/States';
import { useOpsTexts } from './texts';

type Event = { eventId: string; type: string; occurredAt: string; recordedAt: string; actor: string | null; payload: unknown };
interface Asked { about: string; actor: string; type: string; from: string; to: string }

const NOTHING: Asked = { about: '', actor: '', type: '', from: '', to: '' };
const short = (type: string) => type.split('.').at(-1)!;

/** What happened, who caused it, to whom: a search in the log of all events. */
export function Audit() {
  const t = useOpsTexts();
  const [typed, setTyped] = useState(NOTHING);
  const [asked, setAsked] = useState(NOTHING);
  const [shown, setShown] = useState<Event | null>(null);
  const query = usePaged(['events', asked], (cursor) => take(analyticsApi.GET('/api/analytics/v1/events', { params: { query: {
    limit: 100, cursor, type: asked.type.trim() || undefined, actor: asked.actor.trim() || undefined, about: asked.about.trim() || undefined, from: asked.from || undefined, to: asked.to || undefined,
  } } })));
  const field = (name: keyof Asked) => ({ value: typed[name], onChange: (event: { currentTarget: { value: string } }) => setTyped((now) => ({ ...now, [name]: event.currentTarget.value })) });
  const searching = Object.values(asked).some(Boolean);
  const late = (row: Event) => Math.max(0, (Date.parse(row.recordedAt) - Date.parse(row.occurredAt)) / 1000);
  return (
    <Stack>
      <form onSubmit={(event) => { event.preventDefault(); setAsked(typed); }} role="search" aria-label={t('events')}>
        <Group align="flex-end" gap="sm">
          <TextInput label={t('about')} placeholder={t('aboutExample')} minLength={3} maxLength={100} w={260} {...field('about')} />
          <TextInput label={t('actor')} placeholder="user:sari" w={160} {...field('actor')} />
          <TextInput label={t('event')} placeholder="CaseChanged" w={180} {...field('type')} />
          <MomentField label={t('from')} value={typed.from} onChange={(from) => setTyped((now) => ({ ...now, from }))} />
          <MomentField label={t('to')} value={typed.to} onChange={(to) => setTyped((now) => ({ ...now, to }))} />
          <Button type="submit">{t('search')}</Button>
          {searching && <Button variant="subtle" onClick={() => { setTyped(NOTHING); setAsked(NOTHING); }}>{t('clear')}</Button>}
        </Group>
      </form>
      <ListView<Event> key={JSON.stringify(asked)} name="events" label={t('events')} query={query as never} rowKey={(row) => row.eventId} sortable={false} height="calc(100dvh - 400px)"
        empty={<Empty title={t(searching ? 'noMatch' : 'noEvents')} hint={t(searching ? 'noMatchHint' : 'noEventsHint')} action={query.hasNextPage && <Button size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('further')}</Button>} />}
        columns={[
          { key: 'event', header: t('event'), value: (row) => short(row.type), width: 220, cell: (row) => <Anchor component="button" type="button" size="sm" onClick={() => setShown(row)}>{short(row.type)}</Anchor> },
          { key: 'actor', header: t('actor'), value: (row) => row.actor && actor(row.actor), width: 160 },
          { key: 'occurred', header: t('occurred'), value: (row) => row.occurredAt, width: 200, cell: (row) => moment(row.occurredAt) },
          { key: 'recorded', header: t('recorded'), value: (row) => row.recordedAt, width: 200, cell: (row) => moment(row.recordedAt), hidden: true },
          { key: 'lag', header: t('lag'), value: late, width: 140, align: 'right', cell: (row) => duration(late(row)) },
        ]} />
      {searching && query.hasNextPage && (query.data?.pages.some((page) => page.items.length > 0) ?? false) && <Group><Button size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('further')}</Button></Group>}
      <Modal opened={shown !== null} onClose={() => setShown(null)} title={shown && short(shown.type)} size="lg">
        {shown && (
          <Stack>
            <Fields fields={[{ label: t('actor'), value: shown.actor ?? <Text component="span" size="sm" c="dimmed">{t('unknownActor')}</Text> }, { label: t('occurred'), value: moment(shown.occurredAt) }, { label: t('recorded'), value: moment(shown.recordedAt) }, { label: 'ID', value: shown.eventId }]} />
            <Code block mah={420} style={{ overflow: 'auto' }} tabIndex={0} aria-label={t('payload')}>{JSON.stringify(shown.payload, null, 2)}</Code>
          </Stack>
        )}
      </Modal>
    </Stack>
  );
}
