import { Badge, Button, Checkbox, Group, NativeSelect } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link, useSearchParams } from 'react-router';
import { serviceApi, take } from '../api/client';
import { CustomerName } from '../kit/CustomerName';
import { ago, moment } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { CASE_OPENERS, useMay } from '../shell/session';
import { Due } from './Clocks';
import { useServiceTexts } from './texts';

type Row = { id: string; number: string; customerId: string; type: string; priority: string; status: string; subject: string; assignee: string | null; openedAt: string; resolvedAt: string | null; nextDueAt: string | null; isBreached: boolean };
export const statusColor = (status: string) => ({ new: 'blue', assigned: 'cyan', pending: 'orange', resolved: 'teal' })[status] ?? 'gray';
export const priorityColor = (priority: string) => ({ urgent: 'red', high: 'orange', normal: 'gray', low: 'gray' })[priority] ?? 'gray';

export function CaseList() {
  const t = useServiceTexts();
  const [search, setSearch] = useSearchParams();
  const mayOpen = useMay(...CASE_OPENERS);
  const [status, sort, breached] = [search.get('status') ?? '', search.get('sort') ?? 'newest', search.get('breached') === 'true'];
  const narrow = (change: Record<string, string>) => setSearch(Object.fromEntries(Object.entries({ status, sort: sort === 'newest' ? '' : sort, breached: breached ? 'true' : '', ...change }).filter(([, value]) => value)), { replace: true });
  usePage([{ label: t('cases') }]);
  const query = usePaged(['cases', status, sort, String(breached)], (cursor) => take(serviceApi.GET('/api/service/v1/cases', { params: { query: { Status: status || undefined, Sort: sort === 'newest' ? undefined : sort, Breached: breached || undefined, limit: 60, cursor } } })));
  const create = mayOpen && <Button component={Link} to="/cases/new" leftSection={<IconPlus size={16} />}>{t('new')}</Button>;
  return (
    <>
      <PageTitle title={t('cases')} hint={t('hint')}>{create}</PageTitle>
      <ListView<Row> name="cases" label={t('cases')} query={query as never} rowKey={(row) => row.id} to={(row) => `/cases/${row.id}`} empty={<Empty title={t('none')} hint={t('noneHint')} action={create} />}
        toolbar={<Group gap="sm">
          <NativeSelect aria-label={t('status')} value={status} onChange={(event) => narrow({ status: event.currentTarget.value })} data={[{ value: '', label: t('all') }, ...['new', 'assigned', 'pending', 'resolved'].map((value) => ({ value, label: t('status_' + value) }))]} />
          <NativeSelect aria-label={t('order')} value={sort} onChange={(event) => narrow({ sort: event.currentTarget.value === 'newest' ? '' : event.currentTarget.value })} data={['newest', 'due'].map((value) => ({ value, label: t('order_' + value) }))} />
          <Checkbox label={t('onlyOverdue')} checked={breached} onChange={(event) => narrow({ breached: event.currentTarget.checked ? 'true' : '' })} />
        </Group>}
        columns={[
          { key: 'subject', header: t('subject'), value: (row) => row.subject, width: 280, cell: (row) => <Link to={`/cases/${row.id}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.subject}</Link> },
          { key: 'number', header: t('number'), value: (row) => row.number, width: 170 },
          { key: 'customer', header: t('customer'), value: (row) => row.customerId, width: 180, cell: (row) => <CustomerName id={row.customerId} /> },
          { key: 'status', header: t('status'), value: (row) => row.status, width: 110, cell: (row) => <Badge size="sm" variant="light" color={statusColor(row.status)}>{t('status_' + row.status)}</Badge> },
          { key: 'priority', header: t('priority'), value: (row) => row.priority, width: 110, cell: (row) => <Badge size="sm" variant="outline" color={priorityColor(row.priority)}>{t('priority_' + row.priority)}</Badge> },
          { key: 'due', header: t('dueColumn'), value: (row) => row.nextDueAt, width: 130, cell: (row) => <Due at={row.nextDueAt} isBreached={row.isBreached} /> },
          { key: 'type', header: t('type'), value: (row) => t('type_' + row.type), width: 130 },
          { key: 'assignee', header: t('assignee'), value: (row) => row.assignee, width: 130 },
          { key: 'opened', header: t('opened'), value: (row) => row.openedAt, width: 130, cell: (row) => <span title={moment(row.openedAt)}>{ago(row.openedAt)}</span> },
        ]} />
    </>
  );
}
