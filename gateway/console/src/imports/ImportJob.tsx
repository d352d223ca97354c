import { Badge, Button, Card, Group, Stack, Text } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link, useParams } from 'react-router';
import { customerApi, once, take } from '../api/client';
import { moment } from '../kit/format';
import { Loaded, PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { CUSTOMER_EDITORS, useMay } from '../shell/session';
import { ImportFigures, useImportJob } from './ImportFigures';
import { isRunning, stateColor } from './ImportList';
import { useImportTexts } from './texts';

export function ImportJob() {
  const t = useImportTexts();
  const { id = '' } = useParams();
  const may = useMay(...CUSTOMER_EDITORS);
  const queries = useQueryClient();
  const query = useImportJob(id);
  const job = query.data;
  const name = job?.fileName ?? job?.source ?? '…';
  usePage([{ label: t('title'), to: '/imports' }, { label: name }]);
  const undo = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/import-jobs/{id}/undo', { params: { path: { id }, header: once() } })),
    onSuccess: (undoing) => queries.setQueryData(['import', id], undoing),
  });
  const settled = job && !isRunning(job) ? job.state : undefined;
  useEffect(() => { if (settled) { void queries.invalidateQueries({ queryKey: ['customers'] }); void queries.invalidateQueries({ queryKey: ['imports'] }); } }, [settled, queries]);
  return (
    <>
      <PageTitle title={t('title1', { name })} hint={job && `${job.source} · ${moment(job.createdAt)}`}>
        {job && <Badge size="lg" variant="light" tt="none" color={stateColor(job.state)}>{t('state_' + job.state)}</Badge>}
        <Button variant="default" component={Link} to="/customers/import">{t('another')}</Button>
      </PageTitle>
      <Card withBorder padding="lg" maw={1000}>
        <Loaded query={query}>
          {(one) => (
            <Stack>
              <ImportFigures job={one} />
              {may && one.state === 'done' && !one.dryRun && (
                <Group justify="space-between" align="flex-start" wrap="nowrap"><Text size="sm" c="dimmed" maw={560}>{t('undoHint')}</Text><Button variant="default" leftSection={<IconArrowBackUp size={16} />} loading={undo.isPending} onClick={() => undo.mutate()} style={{ flexShrink: 0 }}>{t('undo')}</Button></Group>
              )}
              <Refusal error={undo.error} />
            </Stack>
          )}
        </Loaded>
      </Card>
    </>
  );
}
