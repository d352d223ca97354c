import { Alert, Anchor, Button, Code, Group, Modal, SegmentedControl, Select, Stack, Table, Text, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { loyaltyApi, once, take } from '../api/client';
import { actor, moment, number } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Fields } from '../kit/Record';
import { Empty, Loaded, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { deadOf, type DeadLetter, pathOf, type Service, SERVICES, useOperations } from './operations';
import { useOpsTexts } from './texts';

const STATES = ['waiting', 'replayed', 'discarded'] as const;
const short = (type: string) => type.split('.').at(-1)!;

/** Messages that no try could handle: read, sent back to their queue, or given up with a reason. */
export function DeadLetters({ service, onService }: { service: Service; onService: (service: Service) => void }) {
  const t = useOpsTexts();
  const [state, setState] = useState<(typeof STATES)[number]>('waiting');
  const [open, setOpen] = useState<string | null>(null);
  const [discarding, setDiscarding] = useState<{ ids: string[]; clear: () => void } | null>(null);
  const operations = useOperations();
  const replay = useReplay(service);
  const list = usePaged(['dead-letters', service, state], (cursor) => take(loyaltyApi.GET(pathOf(service, '/api/loyalty/v1/operations/dead-letters'), { params: { query: { state, limit: 100, cursor } } })));
  const counts = new Map(operations.data?.services.map((one) => [one.service, deadOf(one)]));
  return (
    <Stack>
      <Group align="flex-end">
        <Select label={t('service')} value={service} onChange={(value) => value && onService(value as Service)} allowDeselect={false} data={SERVICES.map((one) => ({ value: one, label: counts.get(one) ? `${one} (${number(counts.get(one)!)})` : one }))} />
        <SegmentedControl aria-label={t('state')} value={state} onChange={(value) => setState(value as typeof state)} data={STATES.map((one) => ({ value: one, label: t(`letter_${one}`) }))} />
      </Group>
      {replay.error && <Refusal error={replay.error} />}
      <ListView<DeadLetter> key={service + state} name="dead-letters" label={t('deadLetters')} query={list as never} rowKey={(row) => row.id} sortable={false} height="calc(100dvh - 360px)"
        empty={<Empty title={t('noDeadLetters')} hint={state === 'waiting' ? t('noDeadLettersHint') : undefined} />}
        bulk={state !== 'waiting' ? undefined : (rows, clear) => (
          <>
            <Button size="xs" variant="default" loading={replay.isPending} onClick={() => replay.mutate(rows.map((row) => row.id), { onSuccess: clear })}>{t('replay')}</Button>
            <Button size="xs" variant="default" color="red" onClick={() => setDiscarding({ ids: rows.map((row) => row.id), clear })}>{t('discard')}</Button>
          </>
        )}
        columns={[
          { key: 'type', header: t('event'), value: (row) => short(row.messageType), width: 210, cell: (row) => <Anchor component="button" type="button" size="sm" onClick={() => setOpen(row.id)}>{short(row.messageType)}</Anchor> },
          { key: 'queue', header: t('queue'), value: (row) => row.queue, width: 230 },
          { key: 'error', header: t('reason'), value: (row) => row.error, width: 320 },
          { key: 'failures', header: t('failures'), value: (row) => row.failures, width: 100, align: 'right', cell: (row) => number(row.failures) },
          { key: 'failed', header: t('failedAt'), value: (row) => row.failedAt, width: 190, cell: (row) => moment(row.failedAt) },
        ]} />
      {open && <Letter service={service} id={open} onClose={() => setOpen(null)} onDiscard={() => { setDiscarding({ ids: [open], clear: () => undefined }); setOpen(null); }} />}
      {discarding && <Discard service={service} ids={discarding.ids} onClose={() => setDiscarding(null)} onDone={() => { discarding.clear(); setDiscarding(null); }} />}
    </Stack>
  );
}

function useDecided() {
  const queries = useQueryClient();
  return () => Promise.all([['dead-letters'], ['dead-letter'], ['operations']].map((queryKey) => queries.invalidateQueries({ queryKey })));
}

function useReplay(service: Service) {
  const t = useOpsTexts();
  const decided = useDecided();
  return useMutation({
    mutationFn: (ids: string[]) => take(loyaltyApi.POST(pathOf(service, '/api/loyalty/v1/operations/dead-letters/replay'), { params: { header: once() }, body: { ids } })),
    onSuccess: ({ replayed, tooOld }) => notifications.show({ color: tooOld > 0 ? 'orange' : 'teal', message: t('replayedCount', { count: number(replayed) }) + (tooOld > 0 ? ' ' + t('tooOldCount', { count: number(tooOld) }) : '') }),
    onSettled: decided,
  });
}

function Letter({ service, id, onClose, onDiscard }: { service: Service; id: string; onClose: () => void; onDiscard: () => void }) {
  const t = useOpsTexts();
  const replay = useReplay(service);
  const query = useQuery({ queryKey: ['dead-letter', service, id], queryFn: () => take(loyaltyApi.GET(pathOf(service, '/api/loyalty/v1/operations/dead-letters/{id}'), { params: { path: { id } } })) });
  return (
    <Modal opened onClose={onClose} size="xl" title={query.data ? short(query.data.messageType) : t('deadLetters')}>
      <Loaded query={query} rows={6}>
        {(letter) => (
          <Stack>
            <Alert color={letter.state === 'waiting' ? 'red' : 'gray'} variant="light" title={short(letter.errorType)}>{letter.error}</Alert>
            <Fields fields={[
              { label: t('queue'), value: letter.queue }, { label: t('state'), value: t(`letter_${letter.state as 'waiting'}`) }, { label: t('failures'), value: number(letter.failures) },
              { label: t('firstFailedAt'), value: moment(letter.firstFailedAt) }, { label: t('failedAt'), value: moment(letter.failedAt) }, { label: t('messageId'), value: letter.messageId },
            ]} />
            {letter.decisions.length > 0 && (
              <Table fz="sm" aria-label={t('decisions')}><Table.Tbody>{letter.decisions.map((one) => <Table.Tr key={one.decidedAt}><Table.Td>{moment(one.decidedAt)}</Table.Td><Table.Td>{t(`letter_${one.action as 'replayed'}`)}</Table.Td><Table.Td>{actor(one.decidedBy)}</Table.Td><Table.Td>{one.reason}</Table.Td></Table.Tr>)}</Table.Tbody></Table>
            )}
            {letter.body ? <Code block mah={240} style={{ overflow: 'auto' }} tabIndex={0} aria-label={t('payload')}>{pretty(letter.body)}</Code> : <Text size="sm" c="dimmed">{t('bodyGone')}</Text>}
            {letter.stack && <details><summary>{t('stack')}</summary><Code block mah={240} style={{ overflow: 'auto' }} tabIndex={0}>{letter.stack}</Code></details>}
            <Refusal error={replay.error} />
            {letter.state === 'waiting' && <Group justify="flex-end"><Button variant="default" color="red" onClick={onDiscard}>{t('discard')}</Button><Button loading={replay.isPending} onClick={() => replay.mutate([id], { onSuccess: onClose })}>{t('replay')}</Button></Group>}
          </Stack>
        )}
      </Loaded>
    </Modal>
  );
}

function Discard({ service, ids, onClose, onDone }: { service: Service; ids: string[]; onClose: () => void; onDone: () => void }) {
  const t = useOpsTexts();
  const kit = useKitTexts();
  const decided = useDecided();
  const [reason, setReason] = useState('');
  const discard = useMutation({
    mutationFn: () => take(loyaltyApi.POST(pathOf(service, '/api/loyalty/v1/operations/dead-letters/discard'), { params: { header: once() }, body: { ids, reason: reason.trim() } })),
    onSuccess: onDone, onSettled: decided,
  });
  return (
    <Modal opened onClose={onClose} title={t('discardTitle', { count: number(ids.length) })} closeOnClickOutside={false}>
      <form onSubmit={(event) => { event.preventDefault(); discard.mutate(); }}>
        <Stack>
          <Text size="sm">{t('discardHint')}</Text>
          <Textarea label={t('reason')} required minLength={3} maxLength={500} autosize minRows={2} value={reason} onChange={(event) => setReason(event.currentTarget.value)} data-autofocus />
          <Refusal error={discard.error} />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>{kit('cancel')}</Button><Button type="submit" color="red" loading={discard.isPending} disabled={reason.trim().length < 3}>{t('discard')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}

function pretty(body: string) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
