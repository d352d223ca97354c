import { Badge, Button, Card, Group, Modal, SegmentedControl, Stack, Text, Textarea, ThemeIcon } from '@mantine/core';
import { IconHeadset } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { onceSeen, serviceApi, take } from '../api/client';
import { CustomerName } from '../kit/CustomerName';
import { actor, ago, moment } from '../kit/format';
import { Panel, RecordPage } from '../kit/Record';
import { Failed, Lines, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { CASE_OPENERS, SERVICE, useMay, useSession } from '../shell/session';
import { priorityColor, statusColor } from './CaseList';
import { Clocks } from './Clocks';
import { useServiceTexts } from './texts';

export function CaseRecord() {
  const { id = '' } = useParams();
  const t = useServiceTexts();
  const kit = useKitTexts();
  const { subject } = useSession();
  const [agent, mayComment] = [useMay(...SERVICE), useMay(...CASE_OPENERS)];
  const queries = useQueryClient();
  const path = { id };
  const [asking, setAsking] = useState<'resolve' | 'reopen' | null>(null);
  const [words, setWords] = useState('');
  const query = useQuery({ queryKey: ['case', id], queryFn: () => take(serviceApi.GET('/api/service/v1/cases/{id}', { params: { path } })) });
  const one = query.data?.case;
  usePage([{ label: t('cases'), to: '/cases' }, { label: one?.number ?? '…' }], 'cases');
  const act = useMutation({
    mutationFn: (action: 'assign' | 'resolve' | 'reopen') => {
      const params = { path, header: onceSeen(one!.version) as never };
      return action === 'assign' ? take(serviceApi.POST('/api/service/v1/cases/{id}/assignments', { params, body: { assignee: subject } as never }))
        : action === 'resolve' ? take(serviceApi.POST('/api/service/v1/cases/{id}/resolution', { params, body: { resolution: words } as never }))
        : take(serviceApi.POST('/api/service/v1/cases/{id}/reopening', { params, body: { reason: words } as never }));
    },
    onSuccess: () => { setAsking(null); setWords(''); },
    onSettled: () => void queries.invalidateQueries({ queryKey: ['case', id] }),
  });
  if (query.error && !one) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!one || !query.data) return <Lines rows={8} height={22} />;
  return (
    <>
      <RecordPage type={`${t('case')} · ${one.number}`} title={one.subject} icon={<ThemeIcon size={44} radius="md" variant="light" color="orange"><IconHeadset size={22} /></ThemeIcon>} badge={<Badge variant="light" color={statusColor(one.status)}>{t('status_' + one.status)}</Badge>}
        facts={[{ label: t('customer'), value: <CustomerName id={one.customerId} /> }, { label: t('priority'), value: <Badge size="sm" variant="outline" color={priorityColor(one.priority)}>{t('priority_' + one.priority)}</Badge> }, { label: t('type'), value: t('type_' + one.type) }, { label: t('channel'), value: t('channel_' + one.channel) }, { label: t('assignee'), value: one.assignee }, { label: t('opened'), value: moment(one.openedAt) }, { label: t('resolved'), value: moment(one.resolvedAt) }]}
        actions={agent && <>{one.isOpen && one.assignee !== subject && <Button variant="default" loading={act.isPending} onClick={() => act.mutate('assign')}>{t('assignToMe')}</Button>}{one.isOpen ? <Button onClick={() => setAsking('resolve')}>{t('resolve')}</Button> : <Button variant="default" onClick={() => setAsking('reopen')}>{t('reopen')}</Button>}</>}
        side={<><Clocks clocks={query.data.clocks} /><Panel title={t('history')}><Stack gap={8}>{query.data.history.map((entry) => <div key={entry.version}><Group justify="space-between" gap="xs" wrap="nowrap"><Text size="sm" fw={550}>{t('change_' + entry.change.toLowerCase())}{entry.change === 'Assigned' && entry.assignee ? ` · ${entry.assignee}` : ''}</Text><Badge size="xs" variant="light" color={statusColor(entry.status)}>{t('status_' + entry.status)}</Badge></Group><Text size="xs" c="dimmed">{actor(entry.actor)} · {moment(entry.changedAt)}</Text></div>)}</Stack></Panel></>}>
        <Stack>
          {!asking && <Refusal error={act.error} />}
          <Card withBorder><Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} dir="auto">{one.description}</Text></Card>
          {one.resolution && <Card withBorder bg="var(--mantine-color-teal-light)"><Text size="xs" fw={600}>{t('resolution')}</Text><Text size="sm" style={{ whiteSpace: 'pre-wrap' }}>{one.resolution}</Text></Card>}
          <Panel title={t('conversation')} count={query.data.comments.length}>
            <Stack gap="sm">
              {query.data.comments.length === 0 && <Text size="sm" c="dimmed">{t('noComments')}</Text>}
              {query.data.comments.map((comment) => (
                <Card key={comment.id} padding="sm" bg={comment.isInternal ? 'var(--mantine-color-yellow-light)' : 'var(--mantine-color-blue-light)'}>
                  <Group justify="space-between"><Text size="xs" fw={600}>{comment.author}{comment.isInternal && ` · ${t('internal')}`}</Text><Text size="xs" title={moment(comment.createdAt)}>{ago(comment.createdAt)}</Text></Group><Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} dir="auto">{comment.text}</Text>
                </Card>
              ))}
              {mayComment && <Composer id={id} version={one.version} />}
            </Stack>
          </Panel>
        </Stack>
      </RecordPage>
      <Modal opened={asking !== null} onClose={() => setAsking(null)} title={asking && t(asking)}>
        <form onSubmit={(event) => { event.preventDefault(); if (asking) act.mutate(asking); }}>
          <Stack><Textarea label={t(asking === 'reopen' ? 'reason' : 'resolution')} required autosize minRows={3} data-autofocus value={words} onChange={(event) => setWords(event.currentTarget.value)} /><Refusal error={act.error} />
            <Group justify="flex-end"><Button variant="default" onClick={() => setAsking(null)}>{kit('cancel')}</Button><Button type="submit" loading={act.isPending} disabled={!words.trim()}>{asking && t(asking)}</Button></Group></Stack>
        </form>
      </Modal>
    </>
  );
}

function Composer({ id, version }: { id: string; version: number }) {
  const t = useServiceTexts();
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const [kind, setKind] = useState('public');
  const add = useMutation({
    mutationFn: () => take(serviceApi.POST('/api/service/v1/cases/{id}/comments', { params: { path: { id }, header: onceSeen(version) }, body: { text, isInternal: kind === 'internal' } as never })),
    onSuccess: () => { setText(''); void queries.invalidateQueries({ queryKey: ['case', id] }); },
  });
  return (
    <form onSubmit={(event) => { event.preventDefault(); add.mutate(); }}>
      <Stack gap="xs">
        <SegmentedControl size="xs" value={kind} onChange={setKind} data={[{ value: 'public', label: t('publicReply') }, { value: 'internal', label: t('internal') }]} />
        <Textarea aria-label={t('comment')} placeholder={kind === 'internal' ? t('internalHint') : t('comment')} autosize minRows={2} value={text} onChange={(event) => setText(event.currentTarget.value)} dir="auto" />
        <Refusal error={add.error} />
        <Group justify="flex-end"><Button type="submit" size="xs" loading={add.isPending} disabled={!text.trim()}>{t('send')}</Button></Group>
      </Stack>
    </form>
  );
}
