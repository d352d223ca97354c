import { Alert, Badge, Button, Card, Group, Progress, Stack, Table, Text } from '@mantine/core';
import { IconDownload, IconPackageExport } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { customerApi, once, request, take } from '../api/client';
import { Problem } from '../api/problems';
import { saveFile } from '../kit/csv';
import { CustomerName } from '../kit/CustomerName';
import { CustomerPicker } from '../kit/CustomerPicker';
import { ago, moment, number } from '../kit/format';
import { Fields, Panel, RecordPage } from '../kit/Record';
import { Empty, Loaded, PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { usePrivacyTexts } from './texts';

const start = (id: string) => take(customerApi.POST('/api/customer/v1/customers/{id}/access-packages', { params: { path: { id }, header: once() } }));
const DOCUMENTS = [['json', 'en'], ['html', 'id'], ['html', 'en']] as const;

const useAccessPackage = (id: string | null | undefined) => useQuery({
  queryKey: ['access-package', id], enabled: !!id, refetchInterval: (asked) => (asked.state.data?.state === 'gathering' ? 2000 : false),
  queryFn: () => take(customerApi.GET('/api/customer/v1/access-packages/{id}', { params: { path: { id: id! } } })),
});

/** Everything that all services hold about a person: how far the gathering is, and the document. What is no longer kept can be gathered anew. */
export function AccessPackage({ customerId, packageId, moved }: { customerId: string; packageId: string | null; moved?: (id: string) => void }) {
  const t = usePrivacyTexts();
  const queries = useQueryClient();
  const [id, setId] = useState(packageId);
  const query = useAccessPackage(id);
  const gather = useMutation({
    mutationFn: () => start(customerId),
    onSuccess: (one) => { queries.setQueryData(['access-package', one.id], one); setId(one.id); moved?.(one.id); },
  });
  const isGone = query.error instanceof Problem && query.error.status === 404;
  if (!id || isGone) {
    return (
      <Stack gap="xs" align="flex-start">
        <Text size="sm" c="dimmed">{t(isGone ? 'packageGone' : 'noPackage')}</Text>
        <Button variant="default" leftSection={<IconPackageExport size={16} />} loading={gather.isPending} onClick={() => gather.mutate()}>{t('gather')}</Button>
        <Refusal error={gather.error} />
      </Stack>
    );
  }
  return (
    <Loaded query={query} rows={6}>{(one) => {
      const there = one.sources.filter((source) => source.gatheredAt).length;
      const complete = one.state === 'complete';
      return (
        <Stack gap="sm">
          <Progress value={(there / Math.max(1, one.sources.length)) * 100} color={complete ? 'teal' : 'blue'} animated={!complete} aria-label={t('gathering')} />
          <Text size="sm" c="dimmed" role="status">{t('gatheredOf', { count: there, total: one.sources.length })} · {t('keptUntil', { at: moment(one.expiresAt) })}</Text>
          <Table.ScrollContainer minWidth={420}>
            <Table fz="sm" aria-label={t('gathering')}>
              <Table.Thead><Table.Tr><Table.Th>{t('part')}</Table.Th><Table.Th>{t('state')}</Table.Th><Table.Th ta="right">{t('rows')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>{one.sources.map((source) => (
                <Table.Tr key={source.service}>
                  <Table.Th fw={500}>{t('service_' + source.service)}</Table.Th>
                  <Table.Td>{source.gatheredAt ? <Badge size="sm" variant="light" color="teal">{t('gathered', { at: ago(source.gatheredAt) })}</Badge> : source.attempts > 0 ? <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>{t('askedAgain', { count: source.attempts, reason: source.lastFailure ?? '–' })}</Text> : <Badge size="sm" variant="light" color="blue">{t('waiting')}</Badge>}</Table.Td>
                  <Table.Td ta="right">{source.gatheredAt ? number(source.rows) : '–'}</Table.Td>
                </Table.Tr>
              ))}</Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {!complete && <Alert color="orange" variant="light">{t('incomplete')}</Alert>}
          <Documents id={one.id} />
        </Stack>
      );
    }}</Loaded>
  );
}

function Documents({ id }: { id: string }) {
  const t = usePrivacyTexts();
  const download = useMutation({
    mutationFn: async ([format, language]: (typeof DOCUMENTS)[number]) => saveFile(`package-${id}${format === 'html' ? `.${language}` : ''}.${format}`, await (await request(`/api/customer/v1/access-packages/${id}/document?format=${format}&language=${language}`)).blob()),
  });
  return (
    <>
      <Group gap="xs">{DOCUMENTS.map((one) => (
        <Button key={one.join()} variant="default" leftSection={<IconDownload size={16} />} loading={download.isPending && download.variables === one} onClick={() => download.mutate(one)}>{t(one[0] === 'json' ? 'packageJson' : `packageHtml_${one[1]}`)}</Button>
      ))}</Group>
      <Text size="xs" c="dimmed">{t('downloadsKept')}</Text>
      <Refusal error={download.error} />
    </>
  );
}

/** For somebody who asks without more ado: choose the person, gather. */
export function NewPackage() {
  const t = usePrivacyTexts();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const [customerId, setCustomerId] = useState(search.get('customerId'));
  usePage([{ label: t('title'), to: '/privacy' }, { label: t('gather') }]);
  const gather = useMutation({ mutationFn: () => start(customerId!), onSuccess: (one) => void navigate(`/privacy/packages/${one.id}`, { replace: true }) });
  return (
    <>
      <PageTitle title={t('gather')} hint={t('gatherHint')} />
      <Card withBorder maw={560}>
        <form onSubmit={(event) => { event.preventDefault(); if (customerId) gather.mutate(); }}>
          <Stack><CustomerPicker label={t('customer')} value={customerId} onChange={setCustomerId} /><Refusal error={gather.error} /><Group justify="flex-end"><Button type="submit" disabled={!customerId} loading={gather.isPending}>{t('gather')}</Button></Group></Stack>
        </form>
      </Card>
    </>
  );
}

export function PackageRecord() {
  const t = usePrivacyTexts();
  const { id = '' } = useParams();
  const navigate = useNavigate();
  const query = useAccessPackage(id);
  usePage([{ label: t('title'), to: '/privacy' }, { label: t('package') }]);
  if (query.error instanceof Problem && query.error.status === 404 && !query.data) return <Empty title={t('package')} hint={t('packageGone')} action={<Button mt="xs" onClick={() => void navigate('/privacy/packages/new')}>{t('gather')}</Button>} />;
  return (
    <Loaded query={query} rows={8}>{(one) => (
      <RecordPage type={t('title')} title={t('package')} icon={<IconPackageExport size={40} stroke={1.4} aria-hidden />} badge={<Badge variant="light" color={one.state === 'complete' ? 'teal' : 'blue'}>{t(one.state === 'complete' ? 'complete' : 'running')}</Badge>}
        facts={[{ label: t('started'), value: moment(one.createdAt) }]} panel={<Panel title={t('customer')}><Fields fields={[{ label: t('customer'), value: <CustomerName id={one.customerId} /> }]} /></Panel>}>
        <Panel title={t('gathering')}><AccessPackage key={one.id} customerId={one.customerId} packageId={one.id} moved={(to) => void navigate(`/privacy/packages/${to}`, { replace: true })} /></Panel>
      </RecordPage>
    )}</Loaded>
  );
}
