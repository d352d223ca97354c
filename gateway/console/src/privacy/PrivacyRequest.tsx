import { Anchor, Badge, Button, Code, Group, Progress, Stack, Text, Textarea, ThemeIcon } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCheck, IconClock, IconDownload } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { customerApi, once, take } from '../api/client';
import { saveFile } from '../kit/csv';
import { CustomerName } from '../kit/CustomerName';
import { useDraft } from '../kit/draft';
import { moment } from '../kit/format';
import { Copyable, Fields, Panel, RecordPage } from '../kit/Record';
import { Failed, Lines, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { AccessPackage } from './AccessPackage';
import { Clock } from './Clock';
import { certificateFile, SERVICES } from './clock';
import { Holds } from './Holds';
import { kindColor } from './PrivacyDesk';
import { usePrivacyTexts } from './texts';

/** One request: its clock, what to do for it, how far an erasure is, and what it ended in. */
export function PrivacyRequest() {
  const t = usePrivacyTexts();
  const { id = '' } = useParams();
  const query = useQuery({
    queryKey: ['privacy-request', id], refetchInterval: (asked) => (asked.state.data?.state === 'running' ? 2000 : false),
    queryFn: () => take(customerApi.GET('/api/customer/v1/privacy-requests/{id}', { params: { path: { id } } })),
  });
  const one = query.data;
  const title = one ? t('request', { kind: t(one.kind) }) : '…';
  usePage([{ label: t('title'), to: '/privacy' }, { label: title }]);
  if (query.error && !one) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!one) return <Lines rows={8} height={22} />;
  const erasure = one.kind === 'erasure';
  return (
    <RecordPage type={t('title')} title={title} icon={<ThemeIcon size={44} radius="md" variant="light" color={kindColor(one.kind)} aria-hidden>{one.state === 'done' ? <IconCheck size={24} /> : <IconClock size={24} />}</ThemeIcon>}
      badge={<Badge variant="light" tt="none" color={one.state === 'done' ? 'teal' : 'blue'}>{t(one.state)}</Badge>}
      facts={[
        { label: t('clock'), value: <Clock dueAt={one.dueAt} finishedAt={one.finishedAt} /> }, { label: t('received'), value: moment(one.receivedAt) }, { label: t('due'), value: moment(one.dueAt) },
        ...(one.finishedAt ? [{ label: t('finished'), value: moment(one.finishedAt) }] : []),
      ]}
      panel={
        <Stack gap="sm">
          <Panel title={t('kind')}>
            <Fields fields={[
              { label: t('customer'), value: erasure ? <Copyable value={one.customerId} short={one.customerId.slice(0, 8)} /> : <CustomerName id={one.customerId} /> },
              { label: t('verifiedBy'), value: one.verifiedBy }, { label: t('note'), value: one.note }, { label: t('handledBy'), value: one.handledBy }, { label: t('outcome'), value: one.outcome === 'erased' ? t('erased') : one.outcome },
            ]} />
          </Panel>
          {!erasure && <Holds customerId={one.customerId} />}
        </Stack>
      }>
      <Stack>
        {erasure ? <Progressing confirmed={one.confirmedBy} /> : <Panel title={t('whatToDo')}><WhatToDo kind={one.kind} customerId={one.customerId} packageId={one.packageId} /></Panel>}
        {one.certificate && one.signature && (
          <Panel title={t('certificate')} action={<Button size="compact-sm" leftSection={<IconDownload size={15} />} onClick={() => saveFile(`erasure-${one.id}.txt`, new Blob([certificateFile(one.certificate!, one.signature!)], { type: 'text/plain;charset=utf-8' }))}>{t('downloadCertificate')}</Button>}>
            <Stack gap="xs"><Text size="sm" c="dimmed">{t('certificateHint')}</Text><Code block tabIndex={0} aria-label={t('certificate')}>{certificateFile(one.certificate, one.signature)}</Code></Stack>
          </Panel>
        )}
        {one.state === 'open' && <Completion id={one.id} />}
      </Stack>
    </RecordPage>
  );
}

function WhatToDo({ kind, customerId, packageId }: { kind: string; customerId: string; packageId: string | null }) {
  const t = usePrivacyTexts();
  return (
    <Stack gap="sm">
      <Text size="sm">{t('about_' + kind)}</Text>
      {(kind === 'access' || kind === 'portability') && <AccessPackage key={customerId} customerId={customerId} packageId={packageId} />}
      <Anchor component={Link} to={`/customers/${customerId}`} size="sm">{t('openRecord')}</Anchor>
    </Stack>
  );
}

function Progressing({ confirmed }: { confirmed: string[] }) {
  const t = usePrivacyTexts();
  return (
    <Panel title={t('progress')}>
      <Stack gap="sm">
        <Text size="sm">{t('about_erasure')}</Text>
        <Progress value={(confirmed.length / SERVICES.length) * 100} color={confirmed.length === SERVICES.length ? 'teal' : 'blue'} animated={confirmed.length < SERVICES.length} aria-label={t('progress')} />
        <Text size="sm" c="dimmed" role="status">{t('confirmedOf', { count: confirmed.length, total: SERVICES.length })}</Text>
        <Stack gap={6} component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
          {SERVICES.map((service) => {
            const done = confirmed.includes(service);
            return <Group key={service} component="li" gap="xs"><ThemeIcon size={22} radius="xl" variant="light" color={done ? 'teal' : 'gray'} aria-hidden>{done ? <IconCheck size={14} /> : <IconClock size={14} />}</ThemeIcon><Text size="sm">{t('service_' + service)}</Text><Text size="xs" c="dimmed">{t(done ? 'confirmed' : 'waiting')}</Text></Group>;
          })}
        </Stack>
      </Stack>
    </Panel>
  );
}

function Completion({ id }: { id: string }) {
  const t = usePrivacyTexts();
  const queries = useQueryClient();
  const [form, set, forget] = useDraft('privacy-outcome.' + id, { outcome: '' });
  const complete = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/privacy-requests/{id}/completion', { params: { path: { id }, header: once() }, body: { outcome: form.outcome } })),
    onSuccess: (done) => {
      forget();
      queries.setQueryData(['privacy-request', id], done);
      void queries.invalidateQueries({ queryKey: ['privacy-requests'] });
      notifications.show({ message: t('closed'), color: 'teal' });
    },
  });
  return (
    <Panel title={t('outcome')}>
      <form onSubmit={(event) => { event.preventDefault(); complete.mutate(); }}>
        <Stack gap="sm">
          <Textarea aria-label={t('outcome')} description={t('outcomeHint')} maxLength={1000} autosize minRows={2} maxRows={8} dir="auto" value={form.outcome} onChange={(event) => set({ outcome: event.currentTarget.value })} />
          <Refusal error={complete.error} />
          <Group justify="flex-end"><Button type="submit" disabled={!form.outcome.trim()} loading={complete.isPending}>{t('close')}</Button></Group>
        </Stack>
      </form>
    </Panel>
  );
}
