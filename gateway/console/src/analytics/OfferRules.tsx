import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { analyticsApi, once, salesApi, take } from '../api/client';
import type { components } from '../api/generated/analytics';
import { number, percent } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty } from '../kit/States';
import { ANALYSTS, useMay } from '../shell/session';
import { useAnalyticsTexts } from './texts';

type Rule = components['schemas']['OfferRunsRuleResponse'];

/** What is bought together: the rules that next best offers rest on. */
export function OfferRules() {
  const t = useAnalyticsTexts();
  const may = useMay(...ANALYSTS);
  const query = usePaged(['offer-rules'], (cursor) => take(analyticsApi.GET('/api/analytics/v1/offer-rules', { params: { query: { limit: 100, cursor } } })));
  // A rule knows products by their number; people know them by name. Without the catalogue the number stays.
  const products = useQuery({ queryKey: ['product-names'], staleTime: 300_000, retry: false, queryFn: () => take(salesApi.GET('/api/sales/v1/products', { params: { query: { limit: 200 } } })) });
  const named = (sku: string) => products.data?.items.find((one) => one.sku === sku)?.name ?? sku;
  return (
    <ListView<Rule> name="offer-rules" label={t('offerRules')} query={query as never} rowKey={(row) => [...row.antecedent, row.consequent].join('\n')} sortable={false} height="calc(100dvh - 300px)" toolbar={<><Text size="sm" c="dimmed">{t('offerRulesHint')}</Text>{may && <Mine />}</>}
      empty={<Empty title={t('noRules')} hint={t('noRulesHint')} />}
      columns={[
        { key: 'antecedent', header: t('whoBuys'), value: (row) => row.antecedent.map(named).join(' + '), width: 300 }, { key: 'consequent', header: t('alsoBuys'), value: (row) => named(row.consequent), width: 220 },
        { key: 'count', header: t('baskets'), value: (row) => row.count, width: 110, align: 'right', cell: (row) => number(row.count) }, { key: 'support', header: t('support'), value: (row) => row.support, width: 110, align: 'right', cell: (row) => percent(row.support, 2) },
        { key: 'confidence', header: t('confidence'), value: (row) => row.confidence, width: 110, align: 'right', cell: (row) => percent(row.confidence, 1) }, { key: 'lift', header: t('lift'), value: (row) => row.lift, width: 90, align: 'right', cell: (row) => number(row.lift, 2) }, { key: 'p', header: 'p', value: (row) => row.p, width: 100, align: 'right', cell: (row) => (row.p < 0.0001 ? `< ${number(0.0001, 4)}` : number(row.p, 4)) },
      ]} />
  );
}

/** Starts the search for rules and follows it. */
function Mine() {
  const t = useAnalyticsTexts();
  const queries = useQueryClient();
  const [id, setId] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: () => take(analyticsApi.POST('/api/analytics/v1/offer-rule-runs', { params: { header: once() }, body: { currency: null } })),
    onSuccess: (run) => setId(run.id), onError: (error) => notifications.show({ message: error.message, color: 'red' }),
  });
  const run = useQuery({ queryKey: ['offer-rule-run', id], enabled: !!id, refetchInterval: (asked) => (asked.state.data?.status.finishedAt || asked.state.error ? false : 1500), queryFn: () => take(analyticsApi.GET('/api/analytics/v1/offer-rule-runs/{id}', { params: { path: { id: id! } } })) });
  const status = run.data?.status;
  useEffect(() => { if (status?.finishedAt) void queries.invalidateQueries({ queryKey: ['offer-rules'] }); }, [status?.finishedAt, queries]);
  return (
    <Group gap="xs">
      <Button variant="default" size="xs" loading={start.isPending || (!!id && !status?.finishedAt && !run.error)} onClick={() => start.mutate()}>{t('mine')}</Button>
      {status?.finishedAt && <Text size="sm" role="status" c={status.errorCode ? 'red' : 'dimmed'}>{status.errorCode ? status.errorMessage ?? status.errorCode : t('mined', { count: run.data?.result?.rules ?? 0, baskets: number(run.data?.result?.baskets) })}</Text>}
    </Group>
  );
}
