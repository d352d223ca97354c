import { ActionIcon, Card, Group, Popover, ScrollArea, Table, Text, Title, Tooltip } from '@mantine/core';
import { IconChartBar, IconDownload, IconInfoCircle, IconTable } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { ChartProps } from './Chart';
import { saveCsv } from './csv';
import { moment } from './format';
import { Empty, Lines } from './States';
import { useKitTexts } from './texts';

const Chart = lazy(() => import('./Chart'));

interface Props extends Omit<ChartProps, 'label'> {
  name: string;
  /** A sentence that says what is seen. */
  title: string;
  /** What is counted and by which formula. */
  definition: ReactNode;
  asOf?: string | null;
  /** The same figures as rows: for reading, for export, for those who see no picture. */
  header: string[];
  rows: (string | number | null)[][];
  cells?: (row: number, column: number) => ReactNode;
  children?: ReactNode;
}

export function ChartCard({ name, title, definition, asOf, header, rows, cells, children, ...chart }: Props) {
  const t = useKitTexts();
  const [table, setTable] = useState(false);
  return (
    <Card withBorder radius="md" padding="md" component="section" aria-label={title}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" mb="xs">
        <div>
          <Title order={2} size="h5">{title}</Title>
          {asOf && <Text size="xs" c="dimmed">{t('asOf', { at: moment(asOf) })}</Text>}
        </div>
        <Group gap={2} wrap="nowrap">
          <Popover width={320} withArrow shadow="md" position="bottom-end">
            <Popover.Target><ActionIcon variant="subtle" color="gray" aria-label={`${t('definition')}: ${title}`}><IconInfoCircle size={18} /></ActionIcon></Popover.Target>
            <Popover.Dropdown><Text size="sm" component="div">{definition}</Text></Popover.Dropdown>
          </Popover>
          <Tooltip label={table ? t('showChart') : t('showRows')}>
            <ActionIcon variant="subtle" color="gray" aria-label={`${table ? t('showChart') : t('showRows')}: ${title}`} onClick={() => setTable(!table)}>
              {table ? <IconChartBar size={18} /> : <IconTable size={18} />}
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t('exportCsv')}>
            <ActionIcon variant="subtle" color="gray" aria-label={`${t('exportCsv')}: ${title}`} onClick={() => saveCsv(name, header, rows)}><IconDownload size={18} /></ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      {rows.length === 0 ? <Empty title={t('noFigures')} hint={t('noFiguresHint')} /> : table ? (
        <ScrollArea h={chart.height ?? 280} viewportProps={{ tabIndex: 0, 'aria-label': title }}>
          <Table stickyHeader striped withRowBorders={false} fz="sm">
            <Table.Thead><Table.Tr>{header.map((cell, column) => <Table.Th key={column}>{cell}</Table.Th>)}</Table.Tr></Table.Thead>
            <Table.Tbody>
              {rows.map((row, index) => <Table.Tr key={index}>{row.map((cell, column) => <Table.Td key={column}>{cells?.(index, column) ?? cell ?? '–'}</Table.Td>)}</Table.Tr>)}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      ) : (
        <Suspense fallback={<Lines rows={6} height={28} />}><Chart label={title} {...chart} /></Suspense>
      )}
      {children}
    </Card>
  );
}

/** One figure with its meaning. */
export function Tile({ label, value, hint, definition }: { label: string; value: ReactNode; hint?: ReactNode; definition?: string }) {
  const t = useKitTexts();
  return (
    <Card withBorder radius="md" padding="sm" role="group" aria-label={label}>
      <Group gap={4} wrap="nowrap">
        <Text size="xs" c="dimmed" fw={600}>{label}</Text>
        {definition && (
          <Popover width={280} withArrow shadow="md">
            <Popover.Target><ActionIcon size="xs" variant="transparent" color="gray" aria-label={`${t('definition')}: ${label}`}><IconInfoCircle size={14} /></ActionIcon></Popover.Target>
            <Popover.Dropdown><Text size="sm">{definition}</Text></Popover.Dropdown>
          </Popover>
        )}
      </Group>
      <Text fz={24} fw={650} lh={1.3} style={{ fontVariantNumeric: 'tabular-nums' }}>{value}</Text>
      {hint && <Text size="xs" c="dimmed" component="div">{hint}</Text>}
    </Card>
  );
}
