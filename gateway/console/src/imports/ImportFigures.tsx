import { Alert, Anchor, Button, Group, Progress, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { customerApi, request, take } from '../api/client';
import { Tile } from '../kit/ChartCard';
import { saveFile } from '../kit/csv';
import { number, percent } from '../kit/format';
import { useDetail } from '../kit/useDetail';
import { firstRows } from './csvFile';
import { isRunning, type Job, shareOf } from './ImportList';
import { useImportTexts } from './texts';

export const useImportJob = (id: string | undefined) =>
  useQuery({ queryKey: ['import', id], enabled: !!id, refetchInterval: (asked) => (isRunning(asked.state.data) && !asked.state.error ? 700 : false), queryFn: () => take(customerApi.GET('/api/customer/v1/import-jobs/{id}', { params: { path: { id: id! } } })) });

const SHOWN = 50;

/** How far an import is, what it did or would do, and which rows were not taken. */
export function ImportFigures({ job }: { job: Job }) {
  const t = useImportTexts();
  const running = isRunning(job);
  const problems = useQuery({
    queryKey: ['import', job.id, 'problems'], enabled: !running && job.rejected > 0, staleTime: Infinity,
    queryFn: async () => (await request(`/api/customer/v1/import-jobs/${job.id}/problems.csv`)).text(),
  });
  const rows = problems.data ? firstRows(problems.data, SHOWN + 1).slice(1) : [];
  const dry = job.dryRun;
  return (
    <Stack>
      {running && (
        <div role="status">
          <Group justify="space-between" mb={4}><Text size="sm">{job.state === 'undoing' ? t('state_undoing') : t('reading')}</Text><Text size="sm" c="dimmed">{t('readSoFar', { rows: number(job.rowsRead), share: percent(shareOf(job)) })}</Text></Group>
          <Progress value={job.state === 'undoing' ? 100 : shareOf(job) * 100} animated aria-label={t('reading')} />
        </div>
      )}
      {job.state === 'failed' && <Alert color="red" variant="light" role="alert">{t('failed', { code: [job.errorCode, job.errorField].filter(Boolean).join(' · ') })}</Alert>}
      {job.sameFileAs && !running && <Alert color="yellow" variant="light">{t('sameFile')} <Anchor component={Link} to={`/imports/${job.sameFileAs}`} size="sm">{t('seeThat')}</Anchor></Alert>}
      <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="sm">
        <Tile label={t('received')} value={number(job.received)} /><Tile label={t(dry ? 'wouldCreate' : 'created')} value={number(job.created)} /><Tile label={t(dry ? 'wouldUpdate' : 'updated')} value={number(job.updated)} />
        <Tile label={t('unchanged')} value={number(job.unchanged)} /><Tile label={t(dry ? 'wouldReject' : 'rejected')} value={number(job.rejected)} />
      </SimpleGrid>
      {(job.state === 'undone' || job.state === 'undoing') && <Text size="sm" role="status">{t('undone', { count: number(job.undone) })}{job.undoKept > 0 && `; ${t('kept', { count: number(job.undoKept) })}`}</Text>}
      {!running && job.state !== 'failed' && job.rejected === 0 && <Text size="sm">{t('noProblems')}</Text>}
      {rows.length > 0 && (
        <div>
          <Group justify="space-between" mb="xs">
            <div><Text fw={600} size="sm">{t('problems')}</Text>{job.rejected > rows.length && <Text size="xs" c="dimmed">{t('firstProblems', { count: rows.length })}</Text>}</div>
            <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} />} onClick={() => saveFile(`import-problems-${job.id}.csv`, new Blob(['\uFEFF', problems.data!], { type: 'text/csv;charset=utf-8' }))}>{t('errorFile')}</Button>
          </Group>
          <Table.ScrollContainer minWidth={560} mah={320}>
            <Table fz="sm" stickyHeader>
              <Table.Thead><Table.Tr><Table.Th>{t('line')}</Table.Th><Table.Th>{t('key')}</Table.Th><Table.Th>{t('field')}</Table.Th><Table.Th>{t('problem')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>{rows.map((row, index) => <Table.Tr key={index}><Table.Td>{row[0]}</Table.Td><Table.Td dir="auto" style={{ overflowWrap: 'anywhere' }}>{row[1]}</Table.Td><Table.Td>{row[3]}</Table.Td><Table.Td><Meaning code={row[2] ?? ''} detail={row[4] ?? ''} /></Table.Td></Table.Tr>)}</Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </div>
      )}
    </Stack>
  );
}

/** What is wrong with a line, in the reader's language; the code for whoever looks it up. */
function Meaning({ code, detail }: { code: string; detail: string }) {
  const told = useDetail({ code, detail });
  return <>{told} <Text span size="xs" c="dimmed">{code}</Text></>;
}
