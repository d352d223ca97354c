import { Alert, Badge, Button, Checkbox, Group, Modal, NativeSelect, SegmentedControl, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPackageExport, IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { customerApi, once, take } from '../api/client';
import type { components } from '../api/generated/customer';
import { Problem } from '../api/problems';
import { CustomerName } from '../kit/CustomerName';
import { CustomerPicker } from '../kit/CustomerPicker';
import { MomentField } from '../kit/DateField';
import { useDraft } from '../kit/draft';
import { moment } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { Clock } from './Clock';
import { usePrivacyTexts } from './texts';

type Request = components['schemas']['PrivacyRequestsResponse'];
export const KINDS = ['access', 'correction', 'restriction', 'objection', 'portability', 'erasure'] as const;
export const kindColor = (kind: string) => ({ erasure: 'red', restriction: 'orange', objection: 'orange' })[kind] ?? 'blue';

/** What people ask for by right, by what is due first. */
export function PrivacyDesk() {
  const t = usePrivacyTexts();
  const [search, setSearch] = useSearchParams();
  const done = search.get('state') === 'done';
  const receiving = search.has('new');
  usePage([{ label: t('title') }]);
  const query = usePaged(['privacy-requests', done], (cursor) => take(customerApi.GET('/api/customer/v1/privacy-requests', { params: { query: { state: done ? 'done' : undefined, limit: 100, cursor } } })));
  const change = (name: string, value: string | null) => setSearch((now) => { if (value === null) now.delete(name); else now.set(name, value); return now; }, { replace: true });
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')}><Button variant="default" component={Link} to="/privacy/packages/new" leftSection={<IconPackageExport size={16} />}>{t('gather')}</Button><Button leftSection={<IconPlus size={16} />} onClick={() => change('new', '')}>{t('new')}</Button></PageTitle>
      <ListView<Request> name="privacy-requests" label={t('title')} query={query as never} rowKey={(row) => row.id} to={(row) => `/privacy/${row.id}`} sortable={false}
        toolbar={<SegmentedControl value={done ? 'done' : 'open'} onChange={(value) => change('state', value === 'done' ? 'done' : null)} data={[{ value: 'open', label: t('open') }, { value: 'done', label: t('done') }]} aria-label={t('state')} />}
        empty={<Empty title={t(done ? 'noneDone' : 'none')} hint={t(done ? 'noneDoneHint' : 'noneHint')} />}
        columns={[
          { key: 'kind', header: t('kind'), value: (row) => t(row.kind), width: 150, cell: (row) => <Link to={`/privacy/${row.id}`} style={{ color: 'inherit', textDecoration: 'none' }}><Badge variant="light" tt="none" size="lg" color={kindColor(row.kind)}>{t(row.kind)}</Badge></Link> },
          { key: 'clock', header: t('clock'), value: (row) => row.dueAt, width: 240, cell: (row) => <Clock dueAt={row.dueAt} finishedAt={row.finishedAt} size={30} /> },
          { key: 'customer', header: t('customer'), value: (row) => row.customerId, width: 220, cell: (row) => row.kind === 'erasure' ? <Text size="sm" c="dimmed" span>{row.customerId.slice(0, 8)}</Text> : <CustomerName id={row.customerId} /> },
          { key: 'state', header: t('state'), value: (row) => t(row.state), width: 110, cell: (row) => <Badge variant="light" tt="none" color={row.state === 'done' ? 'teal' : 'blue'}>{t(row.state)}</Badge> },
          { key: 'received', header: t('received'), value: (row) => row.receivedAt, width: 190, cell: (row) => moment(row.receivedAt) },
          { key: 'handled', header: t('handledBy'), value: (row) => row.handledBy, width: 130 },
        ]} />
      {receiving && <Receive customerId={search.get('customerId')} onClose={() => setSearch((now) => { now.delete('new'); now.delete('customerId'); return now; }, { replace: true })} />}
    </>
  );
}

function Receive({ customerId, onClose }: { customerId: string | null; onClose: () => void }) {
  const t = usePrivacyTexts();
  const kit = useKitTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [form, set, forget] = useDraft('privacy-request', { customerId, kind: 'access', verifiedBy: '', note: '', receivedAt: '' }, customerId ? { customerId } : {});
  const [sure, setSure] = useState(false);
  const erasure = form.kind === 'erasure';
  const receive = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/customers/{id}/privacy-requests', {
      params: { path: { id: form.customerId! }, header: once() },
      body: { kind: form.kind, verifiedBy: form.verifiedBy, note: form.note.trim() || null, receivedAt: form.receivedAt || null },
    })),
    onSuccess: (request) => {
      forget();
      void queries.invalidateQueries({ queryKey: ['privacy-requests'] });
      notifications.show({ message: t('receivedToast'), color: 'teal' });
      void navigate(`/privacy/${request.id}`);
    },
  });
  const at = receive.error instanceof Problem ? receive.error.field : undefined;
  return (
    <Modal opened onClose={onClose} title={t('new')} size="lg">
      <form onSubmit={(event) => { event.preventDefault(); receive.mutate(); }}>
        <Stack>
          <CustomerPicker label={t('customer')} value={form.customerId} onChange={(id) => set({ customerId: id })} />
          <NativeSelect label={t('kind')} value={form.kind} onChange={(event) => set({ kind: event.currentTarget.value })} data={KINDS.map((kind) => ({ value: kind, label: t(kind) }))} description={t('about_' + form.kind)} />
          <TextInput label={t('verifiedBy')} description={t('verifiedHint')} required maxLength={1000} dir="auto" value={form.verifiedBy} onChange={(event) => set({ verifiedBy: event.currentTarget.value })} error={at === 'verifiedBy' && receive.error?.message} />
          {!erasure && <Textarea label={t('note')} maxLength={1000} autosize minRows={2} maxRows={8} dir="auto" value={form.note} onChange={(event) => set({ note: event.currentTarget.value })} error={at === 'note' && receive.error?.message} />}
          <MomentField label={t('receivedAt')} value={form.receivedAt} onChange={(receivedAt) => set({ receivedAt })} />
          {erasure && <Alert color="red" variant="light"><Stack gap="xs"><Text size="sm">{t('eraseWarning')}</Text><Checkbox label={t('eraseSure')} checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} /></Stack></Alert>}
          <Refusal error={receive.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => { forget(); onClose(); }}>{kit('cancel')}</Button>
            <Button type="submit" color={erasure ? 'red' : undefined} loading={receive.isPending} disabled={!form.customerId || !form.verifiedBy.trim() || (erasure && !sure)}>{t('receive')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
