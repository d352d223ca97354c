import { Alert, Badge, Button, Card, FileInput, Group, SimpleGrid, Stack, Stepper, Table, Text, TextInput } from '@mantine/core';
import { IconDownload, IconFileSpreadsheet } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { once, request } from '../api/client';
import { Tile } from '../kit/ChartCard';
import { saveCsv } from '../kit/csv';
import { number } from '../kit/format';
import { PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { COLUMNS, headerOf } from './csvFile';
import { useCustomerTexts } from './texts';

interface Outcome { id: string; received: number; created: number; updated: number; unchanged: number; rejected: number; problems: { line: number; code: string; field?: string | null; message?: string | null }[] }

/** A file, a dry run that tells what would happen, then the import. */
export function ImportCustomers() {
  const t = useCustomerTexts();
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [columns, setColumns] = useState<string[]>([]);
  const [source, setSource] = useState('');
  usePage([{ label: t('title'), to: '/customers' }, { label: t('importTitle') }]);
  const run = (dryRun: boolean) => async () => {
    const response = await request(`/api/customer/v1/customer-imports?source=${encodeURIComponent(source.trim())}&dryRun=${dryRun}`, { method: 'POST', headers: { 'Content-Type': 'text/csv', ...once() }, body: file });
    return (await response.json()) as Outcome;
  };
  const trial = useMutation({ mutationFn: run(true) });
  const real = useMutation({ mutationFn: run(false), onSuccess: () => void queries.invalidateQueries({ queryKey: ['customers'] }) });
  const step = real.data ? 2 : trial.data ? 1 : 0;
  const reset = () => { trial.reset(); real.reset(); };
  const unknown = columns.filter((column) => !COLUMNS.includes(column));
  return (
    <>
      <PageTitle title={t('importTitle')} hint={t('importHint')} />
      <Card withBorder padding="lg" maw={920}>
        <Stepper active={step} size="sm" mb="lg"><Stepper.Step label={t('step1')} /><Stepper.Step label={t('step2')} /><Stepper.Step label={t('step3')} /></Stepper>
        {step === 0 && (
          <Stack maw={560}>
            <TextInput label={t('source')} description={t('sourceHint')} value={source} maxLength={50} onChange={(event) => setSource(event.currentTarget.value)} required />
            <FileInput label={t('step1')} placeholder={t('chooseFile')} accept=".csv,text/csv" leftSection={<IconFileSpreadsheet size={16} />} value={file} clearable
              onChange={async (chosen) => { setFile(chosen); setColumns(chosen ? headerOf(await chosen.slice(0, 16_384).text()) : []); }} />
            {columns.length > 0 && <div><Text size="sm" mb={4}>{t('columnsFound')}</Text><Group gap={4}>{columns.map((column, index) => <Badge key={index} variant="light" color={COLUMNS.includes(column) ? 'teal' : 'red'}>{column}</Badge>)}</Group></div>}
            {unknown.length > 0 && <Alert color="orange" variant="light">{t('unknownColumns', { columns: unknown.join(', ') })}</Alert>}
            <Refusal error={trial.error} />
            <Group><Button disabled={!file || !source.trim()} loading={trial.isPending} onClick={() => trial.mutate()}>{t('tryRun')}</Button></Group>
          </Stack>
        )}
        {step === 1 && trial.data && (
          <Stack>
            <Figures outcome={trial.data} />
            <Refusal error={real.error} />
            <Group><Button variant="default" onClick={reset}>{t('step1')}</Button><Button loading={real.isPending} disabled={trial.data.created + trial.data.updated === 0} onClick={() => real.mutate()}>{t('runImport')}</Button></Group>
          </Stack>
        )}
        {step === 2 && real.data && <Stack><Figures outcome={real.data} /><Text size="xs" c="dimmed">{t('undoNote')}</Text><Group><Button variant="default" onClick={() => { reset(); setFile(null); setColumns([]); }}>{t('another')}</Button></Group></Stack>}
      </Card>
    </>
  );
}

function Figures({ outcome }: { outcome: Outcome }) {
  const t = useCustomerTexts();
  return (
    <>
      <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="sm">
        <Tile label={t('received')} value={number(outcome.received)} /><Tile label={t('createdRows')} value={number(outcome.created)} /><Tile label={t('updatedRows')} value={number(outcome.updated)} />
        <Tile label={t('unchangedRows')} value={number(outcome.unchanged)} /><Tile label={t('rejectedRows')} value={number(outcome.rejected)} />
      </SimpleGrid>
      {outcome.problems.length === 0 ? <Text size="sm">{t('noProblems')}</Text> : (
        <>
          <Group justify="space-between"><Text fw={600} size="sm">{t('problems')}</Text>
            <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} />} onClick={() => saveCsv('import-problems', ['line', 'code', 'field', 'message'], outcome.problems.map((one) => [one.line, one.code, one.field ?? '', one.message ?? '']))}>{t('errorFile')}</Button>
          </Group>
          <Table.ScrollContainer minWidth={480} mah={320}>
            <Table fz="sm" stickyHeader><Table.Thead><Table.Tr><Table.Th>{t('line')}</Table.Th><Table.Th>{t('problem')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>{outcome.problems.slice(0, 200).map((one, index) => <Table.Tr key={index}><Table.Td>{one.line}</Table.Td><Table.Td>{one.message ?? one.code} <Text span size="xs" c="dimmed">{one.code}{one.field ? ` · ${one.field}` : ''}</Text></Table.Td></Table.Tr>)}</Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </>
      )}
    </>
  );
}
