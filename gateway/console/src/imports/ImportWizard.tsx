import { Alert, Button, Card, FileInput, Group, NativeSelect, Stack, Stepper, Table, Text, TextInput } from '@mantine/core';
import { IconFileSpreadsheet } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { customerApi, once, request, take } from '../api/client';
import { Loaded, PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { COLUMNS, doubledColumns, firstRows, type ImportColumn, mappingOf, missingColumns, suggestMapping } from './csvFile';
import { ImportFigures, useImportJob } from './ImportFigures';
import { isRunning, type Job } from './ImportList';
import { useImportTexts } from './texts';

/** A file, what its columns mean, a dry run that tells what would happen, then the import itself on a page of its own. */
export function ImportWizard() {
  const t = useImportTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [step, setStep] = useState(0);
  const [file, setFile] = useState<File | null>(null);
  const [rows, setRows] = useState<string[][]>([]);
  const [source, setSource] = useState('');
  const [columns, setColumns] = useState<(ImportColumn | null)[]>([]);
  const headers = rows[0] ?? [];
  usePage([{ label: t('title'), to: '/imports' }, { label: t('newTitle') }]);

  const look = useMutation({
    mutationFn: async () => {
      const found = firstRows(await file!.slice(0, 65_536).text());
      const remembered = await take(customerApi.GET('/api/customer/v1/import-mappings/{source}', { params: { path: { source: source.trim() } } }));
      return { found, columns: suggestMapping(found[0] ?? [], remembered as Record<string, string | null>) };
    },
    onSuccess: ({ found, columns }) => { setRows(found); setColumns(columns); setStep(1); },
  });
  const start = async (dryRun: boolean) => {
    const response = await request(`/api/customer/v1/import-jobs?source=${encodeURIComponent(source.trim())}&fileName=${encodeURIComponent(file!.name.slice(0, 200))}&dryRun=${dryRun}`, { method: 'POST', headers: { 'Content-Type': 'text/csv', ...once() }, body: file });
    return (await response.json()) as Job;
  };
  const trial = useMutation({
    mutationFn: async () => {
      await take(customerApi.PUT('/api/customer/v1/import-mappings/{source}', { params: { path: { source: source.trim() } }, body: mappingOf(headers, columns) as never }));
      return start(true);
    },
    onSuccess: () => setStep(2),
  });
  const tried = useImportJob(trial.data?.id);
  const real = useMutation({ mutationFn: () => start(false), onSuccess: (job) => { void queries.invalidateQueries({ queryKey: ['imports'] }); void navigate(`/imports/${job.id}`); } });
  const [missing, doubled] = [missingColumns(columns), doubledColumns(columns)];
  return (
    <>
      <PageTitle title={t('newTitle')} hint={t('newHint')} />
      <Card withBorder padding="lg" maw={1000}>
        <Stepper active={step} size="sm" mb="lg"><Stepper.Step label={t('step1')} /><Stepper.Step label={t('step2')} /><Stepper.Step label={t('step3')} /></Stepper>
        {step === 0 && (
          <form onSubmit={(event) => { event.preventDefault(); look.mutate(); }}>
            <Stack maw={560}>
              <TextInput label={t('source')} description={t('sourceHint')} value={source} maxLength={50} onChange={(event) => setSource(event.currentTarget.value)} required />
              <FileInput label={t('file')} placeholder={t('chooseFile')} accept=".csv,.txt,text/csv" leftSection={<IconFileSpreadsheet size={16} />} value={file} clearable onChange={setFile} />
              {look.data && look.data.found.length === 0 && <Alert color="orange" variant="light">{t('emptyFile')}</Alert>}
              <Refusal error={look.error} />
              <Group><Button type="submit" disabled={!file || !source.trim()} loading={look.isPending}>{t('goOn')}</Button></Group>
            </Stack>
          </form>
        )}
        {step === 1 && (
          <form onSubmit={(event) => { event.preventDefault(); trial.mutate(); }}>
            <Stack>
              <Text size="sm" c="dimmed">{t('mapHint')}</Text>
              <Table.ScrollContainer minWidth={560}>
                <Table fz="sm" verticalSpacing={6}>
                  <Table.Thead><Table.Tr><Table.Th>{t('header')}</Table.Th><Table.Th>{t('examples')}</Table.Th><Table.Th w={240}>{t('means')}</Table.Th></Table.Tr></Table.Thead>
                  <Table.Tbody>
                    {headers.map((header, index) => (
                      <Table.Tr key={index}>
                        <Table.Th fw={550} dir="auto">{header || '–'}</Table.Th>
                        <Table.Td><Text size="xs" c="dimmed" lineClamp={2} dir="auto" style={{ overflowWrap: 'anywhere' }}>{rows.slice(1, 4).map((row) => row[index]).filter(Boolean).join(' · ') || '–'}</Text></Table.Td>
                        <Table.Td><NativeSelect size="xs" aria-label={`${t('means')}: ${header}`} value={columns[index] ?? ''} onChange={(event) => { const value = event.currentTarget.value; setColumns(columns.map((column, at) => (at === index ? (value as ImportColumn) || null : column))); }} data={[{ value: '', label: t('leftOut') }, ...COLUMNS]} /></Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
              {missing.length > 0 && <Alert color="orange" variant="light">{t('missing', { columns: missing.join(', ') })}</Alert>}
              {doubled.length > 0 && <Alert color="orange" variant="light">{t('doubled', { columns: doubled.join(', ') })}</Alert>}
              <Refusal error={trial.error} />
              <Group><Button variant="default" onClick={() => setStep(0)}>{t('back')}</Button><Button type="submit" disabled={missing.length + doubled.length > 0} loading={trial.isPending}>{t('try')}</Button></Group>
            </Stack>
          </form>
        )}
        {step === 2 && (
          <Loaded query={tried}>
            {(job) => (
              <Stack>
                <ImportFigures job={job} />
                <Refusal error={real.error} />
                {real.isPending && <Text size="sm" role="status">{t('sending')}</Text>}
                <Group><Button variant="default" onClick={() => { trial.reset(); setStep(1); }}>{t('back')}</Button><Button loading={real.isPending} disabled={isRunning(job) || job.state === 'failed' || job.created + job.updated === 0} onClick={() => real.mutate()}>{t('run')}</Button></Group>
              </Stack>
            )}
          </Loaded>
        )}
      </Card>
    </>
  );
}
