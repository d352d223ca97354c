import { Anchor, Badge, Button, Card, Group, Progress, Stack, Text, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArrowsLeftRight, IconRadar, IconUsersMinus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { customerApi, once, take } from '../api/client';
import type { components } from '../api/generated/customer';
import { CustomerName } from '../kit/CustomerName';
import { ago, number, percent } from '../kit/format';
import { usePaged } from '../kit/paged';
import { Empty, Failed, Lines, PageTitle } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { SCANNERS, useMay } from '../shell/session';
import { useUndoable } from '../kit/undoable';
import { useIdentityTexts } from './texts';

type Pair = components['schemas']['ListDuplicatesItem'];

/** Pairs that wait for a person's decision, each with its evidence. */
export function DuplicateQueue() {
  const t = useIdentityTexts();
  const kit = useKitTexts();
  const [search] = useSearchParams();
  const customerId = search.get('customerId') ?? undefined;
  const mayScan = useMay(...SCANNERS);
  const [away, setAway] = useState<string[]>([]);
  const queries = useQueryClient();
  usePage([{ label: t('title') }]);
  const query = usePaged(['duplicates', customerId], (cursor) => take(customerApi.GET('/api/customer/v1/duplicates', { params: { query: { customerId, limit: 30, cursor } } })));
  const undoable = useUndoable();

  function reject(pair: Pair) {
    setAway((ids) => [...ids, pair.id]);
    undoable(t('rejected', { one: pair.oneName, other: pair.otherName }), {
      commit: () => take(customerApi.POST('/api/customer/v1/duplicates/{id}/rejection', { params: { path: { id: pair.id }, header: once() } })).then(() => void queries.invalidateQueries({ queryKey: ['duplicates'] })),
      undo: () => setAway((ids) => ids.filter((id) => id !== pair.id)),
    });
  }

  const pairs = (query.data?.pages.flatMap((page) => page.items) ?? []).filter((pair) => !away.includes(pair.id));
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')}>{mayScan && <Scan />}</PageTitle>
      {customerId && <Group mb="sm" gap="xs"><Text size="sm" c="dimmed">{t('ofOne')}:</Text><CustomerName id={customerId} /><Anchor component={Link} to="/duplicates" size="sm">{t('showAll')}</Anchor></Group>}
      {query.error && !query.data ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : !query.data ? <Lines rows={8} height={22} /> : pairs.length === 0 ? (
        <Card withBorder><Empty title={t('none')} hint={t('noneHint')} /></Card>
      ) : (
        <Stack gap="sm" component="ol" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('title')}>
          {pairs.map((pair) => <PairCard key={pair.id} pair={pair} onReject={() => reject(pair)} />)}
          {query.hasNextPage && <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{kit('more')}</Button>}
        </Stack>
      )}
    </>
  );
}

function PairCard({ pair, onReject }: { pair: Pair; onReject: () => void }) {
  const t = useIdentityTexts();
  return (
    <Card withBorder padding="md" radius="md" component="li" aria-label={`${pair.oneName}, ${pair.otherName}`}>
      <Group justify="space-between" align="flex-start" gap="md">
        <Stack gap={8} flex={1} miw={220}>
          <Group gap="xs">
            <Anchor component={Link} to={`/customers/${pair.oneId}`} fw={600} dir="auto">{pair.oneName}</Anchor>
            <IconArrowsLeftRight size={16} aria-hidden />
            <Anchor component={Link} to={`/customers/${pair.otherId}`} fw={600} dir="auto">{pair.otherName}</Anchor>
          </Group>
          <Group gap={6}>
            {pair.reasons.map((reason) => (
              <Tooltip key={reason.field} label={t('bits', { weight: (reason.weight > 0 ? '+' : '') + number(reason.weight, 1) })}>
                <Badge variant="light" tt="none" color={reason.weight > 0 ? 'teal' : 'red'} tabIndex={0}>{t('field_' + reason.field)} {t('finding_' + reason.finding)} {reason.weight > 0 ? '+' : ''}{number(reason.weight, 1)}</Badge>
              </Tooltip>
            ))}
          </Group>
          <Text size="xs" c="dimmed">{t('found', { at: ago(pair.foundAt) })}</Text>
        </Stack>
        <Stack gap="xs" align="flex-end">
          <Group gap="xs"><Badge variant="filled" color={pair.verdict === 'match' ? 'teal.9' : 'gray.7'}>{t(pair.verdict)}</Badge><Text fw={650}>{t('sure', { share: percent(pair.probability, 1) })}</Text></Group>
          <Text size="xs" c="dimmed">{t('bits', { weight: number(pair.weight, 1) })}</Text>
          <Group gap="xs">
            <Button size="xs" variant="default" leftSection={<IconUsersMinus size={15} />} onClick={onReject}>{t('reject')}</Button>
            <Button size="xs" component={Link} to={`/duplicates/compare?left=${pair.oneId}&right=${pair.otherId}`}>{t('compare')}</Button>
          </Group>
        </Stack>
      </Group>
    </Card>
  );
}

/** Starts a scan, or follows the one that this person started. */
function Scan() {
  const t = useIdentityTexts();
  const queries = useQueryClient();
  const [id, setId] = useState(() => sessionStorage.getItem('duplicate-scan'));
  const start = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/duplicate-scans', { params: { header: once() } })),
    onSuccess: (scan) => { sessionStorage.setItem('duplicate-scan', scan.id); setId(scan.id); },
    onError: (error) => notifications.show({ message: error.message, color: 'red' }),
  });
  const scan = useQuery({
    queryKey: ['duplicate-scan', id], enabled: !!id, retry: false, refetchInterval: (asked) => (asked.state.data?.finishedAt || asked.state.error ? false : 1000),
    queryFn: () => take(customerApi.GET('/api/customer/v1/duplicate-scans/{id}', { params: { path: { id: id! } } })),
  });
  const finished = scan.data?.finishedAt;
  useEffect(() => { if (finished) void queries.invalidateQueries({ queryKey: ['duplicates'] }); }, [finished, queries]);
  const running = scan.data && !finished;
  return (
    <Group gap="sm">
      {scan.data && (
        <Stack gap={2} miw={220} role="status">
          <Text size="xs" c="dimmed">{t('phase_' + scan.data.phase)} · {t('scanFigures', { customers: number(scan.data.customers), total: number(scan.data.total), compared: number(scan.data.compared), found: number(scan.data.found) })}</Text>
          {running && <Progress size="sm" animated value={scan.data.total ? (scan.data.customers / scan.data.total) * 100 : 0} aria-label={t('scanning')} />}
        </Stack>
      )}
      <Button variant="default" leftSection={<IconRadar size={16} />} loading={start.isPending || !!running} onClick={() => start.mutate()}>{t('scan')}</Button>
    </Group>
  );
}
