import { Button, Card, Code, Stack, Switch, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlugConnected } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { customerApi, once, take } from '../api/client';
import { Problem } from '../api/problems';
import { Copyable, Panel, RecordPage } from '../kit/Record';
import { Empty, Failed, Lines, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { Active } from './Integrations';
import { Secret } from './Secret';
import { isSource } from './sources';
import { useIntegrationTexts } from './texts';

const example = (url: string) => `POST ${url}
Content-Type: application/json
webhook-id: msg_1
webhook-timestamp: 1790000000
webhook-signature: v1,BASE64

{
  "externalId": "4711",
  "kind": "survey",
  "fields": { "displayName": "Budi Santoso", "email": "budi@example.com" }
}`;

/** A system that tells of customers by signed messages. */
export function SourceRecord() {
  const t = useIntegrationTexts();
  const kit = useKitTexts();
  const { source = '' } = useParams();
  const queries = useQueryClient();
  const [fresh, setFresh] = useState(false);
  const path = { source };
  const query = useQuery({ queryKey: ['webhook-source', source], enabled: isSource(source), queryFn: () => take(customerApi.GET('/api/customer/v1/webhook-sources/{source}', { params: { path } })) });
  const put = useMutation({
    mutationFn: (isActive: boolean) => take(customerApi.PUT('/api/customer/v1/webhook-sources/{source}', { params: { path }, body: { isActive } })),
    onSuccess: (now) => { setFresh(!query.data); queries.setQueryData(['webhook-source', source], now); void queries.invalidateQueries({ queryKey: ['webhook-sources'] }); notifications.show({ message: kit('saved'), color: 'teal' }); },
  });
  const one = query.data;
  usePage([{ label: t('title'), to: '/integrations?tab=sources' }, { label: source }]);
  if (!isSource(source)) return <Card withBorder><Empty title={t('sourceBad')} /></Card>;
  if (query.error instanceof Problem && query.error.status === 404 && !one) {
    return <Card withBorder><Empty title={t('noSource')} hint={t('noSourceHint')} action={<Stack gap="xs" align="center"><Refusal error={put.error} /><Button loading={put.isPending} onClick={() => put.mutate(true)}>{t('register')}: {source}</Button></Stack>} /></Card>;
  }
  if (query.error && !one) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!one) return <Lines rows={6} height={22} />;
  return (
    <RecordPage type={t('source')} title={source} icon={<IconPlugConnected size={40} stroke={1.4} aria-hidden />} badge={<Active is={one.isActive} />} facts={[{ label: t('address'), value: <Copyable value={one.url} /> }]}
      side={
        <>
          <Panel title={t('state')}><Stack gap="xs"><Switch label={t('sourceActive')} checked={one.isActive} disabled={put.isPending} onChange={(event) => put.mutate(event.currentTarget.checked)} /><Refusal error={put.error} /></Stack></Panel>
          <Secret generation={one.secretGeneration} previousUntil={one.previousUntil} fresh={fresh} read={() => take(customerApi.GET('/api/customer/v1/webhook-sources/{source}/secret', { params: { path } }))}
            rotate={async () => queries.setQueryData(['webhook-source', source], await take(customerApi.POST('/api/customer/v1/webhook-sources/{source}/secret-rotations', { params: { path, header: once() } })))} />
        </>
      }>
      <Panel title={t('howToSend')}><Stack gap="xs"><Text size="sm" c="dimmed">{t('howToSendHint')}</Text><Code block tabIndex={0} aria-label={t('howToSend')}>{example(one.url)}</Code></Stack></Panel>
    </RecordPage>
  );
}
