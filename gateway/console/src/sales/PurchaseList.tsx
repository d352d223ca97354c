import { Box, Card } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { salesApi, take } from '../api/client';
import { CustomerName } from '../kit/CustomerName';
import { CustomerPicker } from '../kit/CustomerPicker';
import { moment, money } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { useSalesTexts } from './texts';

type Row = { id: string; source: string; sourceId: string; customerId: string; purchasedAt: string; currency: string; total: number; returnedTotal: number; lineCount: number };

export function PurchaseList() {
  const t = useSalesTexts();
  const [search, setSearch] = useSearchParams();
  const customerId = search.get('customerId') ?? undefined;
  usePage([{ label: t('purchases') }]);
  const query = usePaged(['purchases', customerId], (cursor) => take(salesApi.GET('/api/sales/v1/purchases', { params: { query: { customerId, limit: 60, cursor } } })), !!customerId);
  return (
    <>
      <PageTitle title={t('purchases')} hint={t('hint')} />
      <Box maw={420} mb="md"><CustomerPicker label={t('customer')} value={customerId ?? null} onChange={(id) => setSearch(id ? { customerId: id } : {})} /></Box>
      {!customerId ? <Card withBorder><Empty title={t('choose')} hint={t('chooseHint')} /></Card> : <ListView<Row> name="purchases" label={t('purchases')} query={query as never} rowKey={(row) => row.id} to={(row) => `/purchases/${row.id}`} empty={<Empty title={t('none')} hint={t('noneHint')} />}
        columns={[
          { key: 'date', header: t('date'), value: (row) => row.purchasedAt, width: 190, cell: (row) => moment(row.purchasedAt) },
          { key: 'customer', header: t('customer'), value: (row) => row.customerId, width: 200, cell: (row) => <CustomerName id={row.customerId} /> },
          { key: 'total', header: t('total'), value: (row) => row.total, width: 140, align: 'right', cell: (row) => money(row.total, row.currency) },
          { key: 'returned', header: t('returned'), value: (row) => row.returnedTotal, width: 120, align: 'right', cell: (row) => (row.returnedTotal ? money(row.returnedTotal, row.currency) : '–') },
          { key: 'lines', header: t('lines'), value: (row) => row.lineCount, width: 80, align: 'right' },
          { key: 'source', header: t('source'), value: (row) => row.source, width: 120 },
          { key: 'sourceId', header: t('sourceId'), value: (row) => row.sourceId, width: 180 },
        ]} />}
    </>
  );
}
