import { Button, Group, Modal, NumberInput, Stack, Table, Text, TextInput, ThemeIcon } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconShoppingCart } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { once, salesApi, take } from '../api/client';
import { CustomerName } from '../kit/CustomerName';
import { moment, money, number } from '../kit/format';
import { Panel, RecordPage } from '../kit/Record';
import { Failed, Lines, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { useMay } from '../shell/session';
import { useSalesTexts } from './texts';

export function PurchaseRecord() {
  const { id = '' } = useParams();
  const t = useSalesTexts();
  const mayReturn = useMay('sales-rep', 'sales-manager');
  const [returning, setReturning] = useState(false);
  const query = useQuery({ queryKey: ['purchase', id], queryFn: () => take(salesApi.GET('/api/sales/v1/purchases/{id}', { params: { path: { id } } })) });
  const one = query.data;
  usePage([{ label: t('purchases'), to: '/purchases' }, { label: one ? `${one.source} ${one.sourceId}` : '…' }], 'purchases');
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!one) return <Lines rows={8} height={22} />;
  const returnable = one.lines.filter((line) => line.quantity > line.returnedQuantity);
  return (
    <>
      <RecordPage type={t('purchase')} title={money(one.total, one.currency)} icon={<ThemeIcon size={44} radius="md" variant="light" color="teal"><IconShoppingCart size={22} /></ThemeIcon>}
        facts={[{ label: t('customer'), value: <CustomerName id={one.customerId} /> }, { label: t('date'), value: moment(one.purchasedAt) }, { label: t('source'), value: `${one.source} · ${one.sourceId}` }, { label: t('returned'), value: money(one.returnedTotal, one.currency) }, { label: t('recorded'), value: moment(one.recordedAt) }]}
        actions={mayReturn && returnable.length > 0 && <Button variant="default" onClick={() => setReturning(true)}>{t('returnLines')}</Button>}>
        <Stack>
          <Panel title={t('lines')} count={one.lines.length}>
            <Table.ScrollContainer minWidth={640}><Table fz="sm"><Table.Thead><Table.Tr><Table.Th>{t('product')}</Table.Th><Table.Th ta="right">{t('quantity')}</Table.Th><Table.Th ta="right">{t('unitPrice')}</Table.Th><Table.Th ta="right">{t('discount')}</Table.Th><Table.Th ta="right">{t('tax')}</Table.Th><Table.Th ta="right">{t('net')}</Table.Th><Table.Th ta="right">{t('returned')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>{one.lines.map((line) => <Table.Tr key={line.line}><Table.Td><Text size="sm" fw={550}>{line.productName}</Text><Text size="xs" c="dimmed">{line.sku} · {line.category}{line.lot ? ` · ${t('lot')} ${line.lot}` : ''}</Text></Table.Td><Table.Td ta="right">{number(line.quantity, 3)}</Table.Td><Table.Td ta="right">{money(line.unitPrice, one.currency)}</Table.Td><Table.Td ta="right">{money(line.discount, one.currency)}</Table.Td><Table.Td ta="right">{money(line.tax, one.currency)}</Table.Td><Table.Td ta="right">{money(line.net, one.currency)}</Table.Td><Table.Td ta="right">{line.returnedQuantity ? number(line.returnedQuantity, 3) : '–'}</Table.Td></Table.Tr>)}</Table.Tbody>
            </Table></Table.ScrollContainer>
          </Panel>
          <Panel title={t('returns')} count={one.returns.length}>
            {one.returns.length === 0 ? <Text size="sm" c="dimmed">{t('noReturns')}</Text> : one.returns.map((entry) => <Group key={entry.id} justify="space-between"><Text size="sm">{moment(entry.returnedAt)} · {entry.lines.map((line) => line.reason).join(', ')}</Text><Text size="sm" fw={600}>{money(entry.total, one.currency)}</Text></Group>)}
          </Panel>
        </Stack>
      </RecordPage>
      {returning && <ReturnDialog id={id} lines={returnable} onClose={() => setReturning(false)} />}
    </>
  );
}

function ReturnDialog({ id, lines, onClose }: { id: string; lines: { line: number; productName: string; quantity: number; returnedQuantity: number }[]; onClose: () => void }) {
  const t = useSalesTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [quantities, setQuantities] = useState<Record<number, number>>({});
  const [reason, setReason] = useState('');
  const chosen = Object.entries(quantities).filter(([, quantity]) => quantity > 0);
  const record = useMutation({
    mutationFn: () => take(salesApi.POST('/api/sales/v1/purchases/{id}/returns', { params: { path: { id }, header: once() }, body: { lines: chosen.map(([line, quantity]) => ({ line: Number(line), quantity, reason: reason.trim() })) } })),
    onSuccess: () => { notifications.show({ message: t('returnedDone'), color: 'teal' }); void queries.invalidateQueries({ queryKey: ['purchase', id] }); onClose(); },
  });
  return (
    <Modal opened onClose={onClose} title={t('returnLines')} size="lg">
      <Stack>
        <Text size="sm" c="dimmed">{t('returnHint')}</Text>
        {lines.map((line) => <Group key={line.line} justify="space-between" wrap="nowrap"><Text size="sm">{line.productName}</Text><NumberInput w={120} min={0} max={line.quantity - line.returnedQuantity} aria-label={`${t('quantity')}: ${line.productName}`} value={quantities[line.line] ?? 0} onChange={(value) => setQuantities({ ...quantities, [line.line]: Number(value) || 0 })} /></Group>)}
        <TextInput label={t('reason')} required value={reason} maxLength={200} onChange={(event) => setReason(event.currentTarget.value)} />
        <Refusal error={record.error} />
        <Group justify="flex-end"><Button variant="default" onClick={onClose}>{kit('cancel')}</Button><Button loading={record.isPending} disabled={chosen.length === 0 || !reason.trim()} onClick={() => record.mutate()}>{t('doReturn')}</Button></Group>
      </Stack>
    </Modal>
  );
}
