import { Badge, Button, Group, Progress, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { customerApi, take } from '../api/client';
import type { components } from '../api/generated/customer';
import { moment, number, percent } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { CUSTOMER_EDITORS, useMay } from '../shell/session';
import { useImportTexts } from './texts';

export type Job = components['schemas']['ImportJob'];
export const stateColor = (state: string) => ({ done: 'teal', failed: 'red', undone: 'gray' })[state] ?? 'blue';
export const isRunning = (job: Job | undefined) => !job || ['waiting', 'running', 'undoing'].includes(job.state);
export const shareOf = (job: Job) => (job.state === 'done' || job.state === 'undone' ? 1 : job.size > 0 ? Math.min(1, job.bytesRead / job.size) : 0);

export function ImportList() {
  const t = useImportTexts();
  const may = useMay(...CUSTOMER_EDITORS);
  usePage([{ label: t('title') }]);
  const query = usePaged(['imports'], (cursor) => take(customerApi.GET('/api/customer/v1/import-jobs', { params: { query: { limit: 100, cursor } } })));
  const action = may && <Button component={Link} to="/customers/import" leftSection={<IconPlus size={16} />}>{t('new')}</Button>;
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')}>{action}</PageTitle>
      <ListView<Job> name="imports" label={t('title')} query={query as never} rowKey={(row) => row.id} to={(row) => `/imports/${row.id}`} sortable={false} empty={<Empty title={t('none')} hint={t('noneHint')} action={action} />}
        columns={[
          { key: 'file', header: t('file'), value: (row) => row.fileName ?? row.source, width: 240, cell: (row) => <Group gap={6} wrap="nowrap" component="span"><Link to={`/imports/${row.id}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.fileName ?? row.source}</Link>{row.dryRun && <Badge size="xs" variant="outline" color="gray" tt="none">{t('dryRun')}</Badge>}</Group> },
          { key: 'source', header: t('source'), value: (row) => row.source, width: 120 },
          { key: 'state', header: t('state'), value: (row) => t('state_' + row.state), width: 120, cell: (row) => <Badge variant="light" tt="none" color={stateColor(row.state)}>{t('state_' + row.state)}</Badge> },
          { key: 'progress', header: t('progress'), value: (row) => shareOf(row), width: 150, cell: (row) => <Group gap={6} wrap="nowrap" component="span"><Progress value={shareOf(row) * 100} w={70} size="sm" color={stateColor(row.state)} aria-label={t('progress')} /><Text size="xs" span>{percent(shareOf(row))}</Text></Group> },
          { key: 'rows', header: t('rows'), value: (row) => row.rowsRead, width: 100, align: 'right', cell: (row) => number(row.rowsRead) },
          { key: 'created', header: t('created'), value: (row) => row.created, width: 100, align: 'right', cell: (row) => number(row.created) },
          { key: 'updated', header: t('updated'), value: (row) => row.updated, width: 110, align: 'right', cell: (row) => number(row.updated) },
          { key: 'rejected', header: t('rejected'), value: (row) => row.rejected, width: 100, align: 'right', cell: (row) => number(row.rejected) },
          { key: 'started', header: t('started'), value: (row) => row.createdAt, width: 190, cell: (row) => moment(row.createdAt) },
        ]} />
    </>
  );
}
