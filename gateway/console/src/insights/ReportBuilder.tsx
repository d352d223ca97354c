import { ActionIcon, Anchor, Button, Card, Drawer, Group, MultiSelect, NativeSelect, Stack, Table, TagsInput, Text, TextInput, Tooltip } from '@mantine/core';
import { IconDownload, IconX } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { analyticsApi, request, take } from '../api/client';
import { ChartCard } from '../kit/ChartCard';
import { saveFile } from '../kit/csv';
import { CustomerName } from '../kit/CustomerName';
import { DateField } from '../kit/DateField';
import { day, money, month, number, percent } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { Empty, Failed, Lines, Loaded, PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { chartOf, type Definition, drillInto, firstReport, fromAddress, toAddress } from './report';
import { useInsightTexts } from './texts';

const MONEY = ['netRevenue', 'margin', 'averagePurchase', 'revenuePerCustomer'];

/** Measures by dimensions under filters; a chart, the groups, the lines behind each, a file. */
export function ReportBuilder() {
  const t = useInsightTexts();
  const language = useLanguage();
  const [search, setSearch] = useSearchParams();
  const definition = useMemo(() => fromAddress(search.get('report')) ?? firstReport(new Date()), [search]);
  const set = (changes: Partial<Definition>) => setSearch({ report: toAddress({ ...definition, ...changes }) }, { replace: true });
  const [drill, setDrill] = useState<(string | null)[] | null>(null);
  usePage([{ label: t('reports') }]);
  const catalogue = useQuery({ queryKey: ['report-catalogue'], staleTime: Infinity, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/report-catalogue')) });
  const ready = definition.measures.length > 0;
  const report = useQuery({ queryKey: ['report', definition], enabled: ready, placeholderData: keepPreviousData, retry: false, queryFn: () => take(analyticsApi.POST('/api/analytics/v1/reports', { body: definition })) });
  const file = useMutation({ mutationFn: async () => saveFile('report.csv', await (await request('/api/analytics/v1/reports/csv', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(definition) })).blob()) });
  const show = (measure: string, value: number | null | undefined) => (measure === 'marginRate' ? percent(value, 1) : MONEY.includes(measure) ? money(value, definition.currency) : number(value, 2));
  const data = report.data;
  const first = data?.measures[0];
  const tell = (dimension: string | undefined, key: string | null) => (key === null ? '–' : dimension === 'month' ? month(key) : dimension === 'day' ? day(key) : key);
  const chart = useMemo(() => chartOf((data?.groups ?? []).slice(0, 400) as never, 0), [data]);
  const option = useMemo(() => ({
    tooltip: { trigger: 'axis' }, legend: chart.series.length > 1 ? { type: 'scroll', top: 0 } : undefined, xAxis: { type: 'category', data: chart.labels.map((label) => tell(definition.dimensions[0], label)) }, yAxis: { type: 'value' },
    series: chart.series.slice(0, 12).map((one) => ({ name: one.name, type: 'bar', stack: chart.series.length > 1 && first && ['netRevenue', 'quantity', 'purchases', 'margin'].includes(first.name) ? 'all' : undefined, data: one.data, itemStyle: { borderRadius: 2 } })),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the language changes the names of months
  }), [chart, first, definition.dimensions, language]);
  const by = definition.dimensions.map((one) => t('d_' + one)).join(', ') || t('everything');
  return (
    <>
      <PageTitle title={t('reports')} hint={t('reportsHint')}><Button variant="default" leftSection={<IconDownload size={16} />} disabled={!data?.groups.length} loading={file.isPending} onClick={() => file.mutate()}>{t('exportAll')}</Button></PageTitle>
      <Stack>
        <Card withBorder>
          <Loaded query={catalogue} rows={3}>{(known) => (
            <Stack gap="sm">
              <Group align="flex-start" grow>
                <MultiSelect label={t('measures')} data={known.measures.map((one) => ({ value: one.name, label: t('m_' + one.name) }))} value={definition.measures} onChange={(measures) => set({ measures })} maxValues={10} clearable error={ready ? undefined : t('chooseMeasure')} />
                <MultiSelect label={t('dimensions')} data={known.dimensions.map((one) => ({ value: one.name, label: t('d_' + one.name) }))} value={definition.dimensions} onChange={(dimensions) => set({ dimensions })} maxValues={3} clearable />
              </Group>
              <Group align="flex-end">
                <DateField w={150} label={t('from')} value={definition.from} onChange={(from) => from && set({ from })} /><DateField w={150} label={t('until')} value={definition.to} onChange={(to) => to && set({ to })} />
                <TextInput label={t('currency')} w={90} maxLength={3} defaultValue={definition.currency} onChange={(event) => /^[A-Z]{3}$/.test(event.currentTarget.value) && set({ currency: event.currentTarget.value })} />
                <NativeSelect label={t('filter')} value="" onChange={(event) => event.currentTarget.value && set({ filters: { ...definition.filters, [event.currentTarget.value]: [] } })} data={[{ value: '', label: t('addFilter') }, ...known.dimensions.filter((one) => !(one.name in definition.filters)).map((one) => ({ value: one.name, label: t('d_' + one.name) }))]} />
                {Object.entries(definition.filters).map(([name, values]) => (
                  <Group key={name} gap={2} align="flex-end" wrap="nowrap"><TagsInput label={t('d_' + name)} placeholder={values.length ? undefined : t('filterValues')} value={values} onChange={(next) => set({ filters: { ...definition.filters, [name]: next } })} /><ActionIcon variant="subtle" color="gray" size="lg" aria-label={`${t('noFilter')}: ${t('d_' + name)}`} onClick={() => set({ filters: Object.fromEntries(Object.entries(definition.filters).filter(([one]) => one !== name)) })}><IconX size={16} /></ActionIcon></Group>
                ))}
              </Group>
            </Stack>
          )}</Loaded>
        </Card>
        <Refusal error={file.error} />
        {!ready ? null : report.error ? <Failed error={report.error} onRetry={() => void report.refetch()} /> : !data ? <Lines rows={8} /> : data.groups.length === 0 || !first ? <Card withBorder><Empty title={t('emptyReport')} hint={t('emptyReportHint')} /></Card> : (
          <>
            {definition.dimensions.length > 0 && <ChartCard name="report" title={t('reportTitle', { measure: t('m_' + first.name), dimensions: by })} definition={first.formula} asOf={data.asOf} option={option} height={320} header={[...definition.dimensions.map((one) => t('d_' + one)), ...data.measures.map((one) => t('m_' + one.name))]} rows={data.groups.map((group) => [...group.keys.map((key, index) => tell(definition.dimensions[index], key)), ...group.values]) as never} />}
            <Card withBorder padding={0}>
              <Table.ScrollContainer minWidth={560} mah={520}>
                <Table fz="sm" stickyHeader highlightOnHover aria-label={t('groups')}>
                  <Table.Thead><Table.Tr>{definition.dimensions.map((one) => <Table.Th key={one} className="crm-first-capital">{t('d_' + one)}</Table.Th>)}{data.measures.map((one) => <Table.Th key={one.name} ta="right"><Tooltip label={one.formula}><span tabIndex={0}>{t('m_' + one.name)}</span></Tooltip></Table.Th>)}<Table.Th ta="right">{t('lines')}</Table.Th></Table.Tr></Table.Thead>
                  <Table.Tbody>{data.groups.slice(0, 500).map((group, at) => <Table.Tr key={at}>{group.keys.map((key, index) => <Table.Td key={index}>{definition.dimensions[index] === 'customer' && key ? <CustomerName id={key} /> : tell(definition.dimensions[index], key)}</Table.Td>)}{data.measures.map((one, index) => <Table.Td key={one.name} ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>{show(one.name, group.values[index] as number | null)}</Table.Td>)}<Table.Td ta="right"><Anchor component="button" type="button" size="sm" onClick={() => setDrill(group.keys)}>{number(group.lines)}</Anchor></Table.Td></Table.Tr>)}</Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            </Card>
            {data.truncated && <Text size="sm" c="dimmed">{t('truncated')}</Text>}
          </>
        )}
      </Stack>
      <Drawer opened={drill !== null} onClose={() => setDrill(null)} position="right" size="xl" title={t('linesOf', { group: drill?.filter(Boolean).join(' · ') || t('everything') })}>{drill && <DrillLines definition={drillInto(definition, drill)} />}</Drawer>
    </>
  );
}

function DrillLines({ definition }: { definition: Definition }) {
  const t = useInsightTexts();
  const query = useQuery({ queryKey: ['report-lines', definition], queryFn: () => take(analyticsApi.POST('/api/analytics/v1/reports/lines', { body: definition })) });
  return <Loaded query={query}>{(data) => (
    <Table.ScrollContainer minWidth={640}><Table fz="sm" stickyHeader>
      <Table.Thead><Table.Tr><Table.Th>{t('day')}</Table.Th><Table.Th>{t('purchase')}</Table.Th><Table.Th>{t('customer')}</Table.Th><Table.Th>{t('sku')}</Table.Th><Table.Th ta="right">{t('quantity')}</Table.Th><Table.Th ta="right">{t('net')}</Table.Th><Table.Th ta="right">{t('cost')}</Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>{data.lines.slice(0, 300).map((line) => <Table.Tr key={line.purchaseId + line.line}><Table.Td>{day(line.day)}</Table.Td><Table.Td><Anchor component={Link} to={`/purchases/${line.purchaseId}`} size="sm">{line.source}</Anchor></Table.Td><Table.Td><CustomerName id={line.customerId} /></Table.Td><Table.Td>{line.sku} <Text span size="xs" c="dimmed">{line.category}</Text></Table.Td><Table.Td ta="right">{number(line.quantity, 2)}</Table.Td><Table.Td ta="right">{money(line.net, definition.currency)}</Table.Td><Table.Td ta="right">{money(line.cost, definition.currency)}</Table.Td></Table.Tr>)}</Table.Tbody>
    </Table></Table.ScrollContainer>
  )}</Loaded>;
}
