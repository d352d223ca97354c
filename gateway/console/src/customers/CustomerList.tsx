import { Badge, Button, CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useDebouncedValue } from '@mantine/hooks';
import { IconFileImport, IconPlus, IconSearch } from '@tabler/icons-react';
import { type InfiniteData, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { customerApi, seen, take } from '../api/client';
import type { components } from '../api/generated/customer';
import { Problem } from '../api/problems';
import { day, number, phone } from '../kit/format';
import { type Column, ListView, type Page } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { CUSTOMER_EDITORS, MARKETING, PRIVACY, useMay } from '../shell/session';
import { type Customer, detailsOf, requestOf, stageColor } from './details';
import { type Filter, fromApi, NO_FILTER, parseFilter, STAGES, toApi } from './filter';
import { FilterBuilder } from './FilterBuilder';
import { SavedViews } from './SavedViews';
import { useCustomerTexts } from './texts';

export type Row = components['schemas']['SearchCustomersItem'];
type Editable = 'displayName' | 'phone' | 'email' | 'city';

// Seen by whoever ticks a row or meets another's change.
const BulkBar = lazy(() => import('./BulkBar').then((module) => ({ default: module.BulkBar })));
const ConflictDialog = lazy(() => import('../kit/ConflictDialog').then((module) => ({ default: module.ConflictDialog as typeof module.ConflictDialog<Partial<Record<Editable, string>>> })));

export function CustomerList() {
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const mayEdit = useMay(...CUSTOMER_EDITORS);
  const mayTick = useMay(...CUSTOMER_EDITORS, ...MARKETING, ...PRIVACY);
  const [search, setSearch] = useSearchParams();
  const [text, setText] = useState(search.get('q') ?? '');
  const [asked] = useDebouncedValue(text.trim(), 200);
  const [filter, setFilter] = useState<Filter>(() => parseFilter(search.get('filter')));
  const [conflict, setConflict] = useState<{ field: Editable; base: string; theirs: Customer; mine: string } | null>(null);
  const stage = filter.join === 'all' ? (filter.conditions.find((one) => one.field === 'lifecycleStage' && one.op === 'eq')?.value ?? '') : '';
  const api = toApi(filter);
  const [condition] = useDebouncedValue(api ? JSON.stringify(api) : '', 250);
  usePage([{ label: t('title') }]);

  // The address follows the fields, so that it can be shared and gone back to.
  useEffect(() => setSearch((now) => {
    for (const [name, value] of [['q', asked], ['filter', condition]] as const) if (value) now.set(name, value); else now.delete(name);
    return now;
  }, { replace: true }), [asked, condition, setSearch]);

  const asking = { q: asked || undefined, filter: condition || undefined };
  const key = ['customers', asked, condition];
  const query = usePaged(key, async (cursor) => take(customerApi.GET('/api/customer/v1/customers', { params: { query: { ...asking, limit: 100, cursor } } })));
  const count = useQuery({ queryKey: ['customers', 'count', asked, condition], retry: false, queryFn: () => take(customerApi.GET('/api/customer/v1/customers/count', { params: { query: asking } })) });

  const setStage = (value: string) => setFilter((now) => ({ ...now, conditions: [...now.conditions.filter((one) => one.field !== 'lifecycleStage'), ...(value ? [{ field: 'lifecycleStage', op: 'eq', value }] : [])] }));
  const valueOf = (details: ReturnType<typeof detailsOf>, field: Editable) => details[field];

  /** Saves one field of the version that the row shows; another's save in between opens the conflict dialog. */
  const change = (field: Editable) => async (row: Row, value: string) => {
    const path = { id: row.id };
    const before = await take(customerApi.GET('/api/customer/v1/customers/{id}', { params: { path } }));
    const base = String(row[field] ?? '');
    if (before.version !== row.version && valueOf(detailsOf(before), field) !== base) { setConflict({ field, base, theirs: before, mine: value }); return; }
    try {
      await save(before, field, value);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412) throw error;
      setConflict({ field, base, theirs: await take(customerApi.GET('/api/customer/v1/customers/{id}', { params: { path } })), mine: value });
    }
  };
  async function save(customer: Customer, field: Editable, value: string) {
    const saved = await take(customerApi.PUT('/api/customer/v1/customers/{id}', { params: { path: { id: customer.id }, header: seen(customer.version) }, body: requestOf({ ...detailsOf(customer), [field]: value }) }));
    queries.setQueryData<InfiniteData<Page<Row>>>(key, (now) => now && { ...now, pages: now.pages.map((page) => ({ ...page, items: page.items.map((row) => (row.id === saved.id
      ? { ...row, version: saved.version, displayName: saved.displayName, phone: saved.phone, email: saved.email, city: saved.address.city ?? null, tags: saved.tags } : row)) })) });
    queries.setQueryData(['customer', saved.id], saved);
    notifications.show({ message: kit('saved'), color: 'teal', autoClose: 2000 });
  }

  const edit = (field: Editable) => (mayEdit ? change(field) : undefined);
  // The same columns as long as they mean the same, so that rows in sight are not drawn anew while one types or scrolls.
  const columns = useMemo((): Column<Row>[] => [
    { key: 'name', header: t('name'), value: (row) => row.displayName, width: 220, edit: edit('displayName'), cell: (row) => <Link to={`/customers/${row.id}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.displayName}</Link> },
    { key: 'number', header: t('number'), value: (row) => row.number, width: 130 },
    { key: 'phone', header: t('phone'), value: (row) => row.phone, width: 150, edit: edit('phone'), cell: (row) => phone(row.phone) },
    { key: 'email', header: t('email'), value: (row) => row.email, width: 220, edit: edit('email') },
    { key: 'city', header: t('city'), value: (row) => row.city, width: 130, edit: edit('city') },
    { key: 'stage', header: t('stage'), value: (row) => t('stage_' + row.lifecycleStage.toLowerCase()), width: 110, cell: (row) => <Badge variant="light" size="sm" tt="none" color={stageColor(row.lifecycleStage)}>{t('stage_' + row.lifecycleStage.toLowerCase())}</Badge> },
    { key: 'tags', header: t('tags'), value: (row) => row.tags.join(', '), width: 160 },
    { key: 'registered', header: t('registered'), value: (row) => row.registeredAt, cell: (row) => day(row.registeredAt), width: 120 },
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a save goes to the list that was asked for
  ], [t, mayEdit, asked, condition]);
  const isNarrowed = asked !== '' || api !== undefined;
  const openView = (words: string, wanted: unknown) => { setText(words); setFilter(fromApi(wanted) ?? NO_FILTER); };

  // Not drawn anew with each page of the list.
  const heading = useMemo(() => (
    <PageTitle title={t('title')} hint={t('hint')}>
      {mayEdit && <Button variant="default" component={Link} to="/customers/import" leftSection={<IconFileImport size={16} />}>{t('import')}</Button>}
      {mayEdit && <Button component={Link} to="/customers/new" leftSection={<IconPlus size={16} />}>{t('new')}</Button>}
    </PageTitle>
  ), [t, mayEdit]);
  const toolbar = useMemo(() => (
    <>
      <TextInput flex={1} miw={200} maw={380} leftSection={<IconSearch size={16} />} placeholder={t('search')} aria-label={t('search')} value={text} maxLength={200}
        onChange={(event) => setText(event.currentTarget.value)} rightSection={text && <CloseButton size="sm" aria-label={t('clear')} onClick={() => setText('')} />} />
      <NativeSelect aria-label={t('stage')} value={stage} onChange={(event) => setStage(event.currentTarget.value)} data={[{ value: '', label: t('allStages') }, ...STAGES.map((value) => ({ value, label: t('stage_' + value.toLowerCase()) }))]} />
      <FilterBuilder filter={filter} onChange={setFilter} />
      <SavedViews query={asked} filter={api} onOpen={openView} />
    </>
  // eslint-disable-next-line react-hooks/exhaustive-deps -- what else is named here follows from these
  ), [t, text, asked, filter]);

  return (
    <>
      {heading}
      <ListView<Row> name="customers" label={t('title')} query={query as never} columns={columns} rowKey={(row) => row.id} to={(row) => `/customers/${row.id}`}
        bulk={mayTick ? (rows, clear) => <Suspense><BulkBar rows={rows} clear={clear} /></Suspense> : undefined}
        total={count.data && t('matching', { count: count.data.count, number: number(count.data.count) + (count.data.isExact ? '' : '+') })}
        empty={isNarrowed
          ? <Empty title={t('noMatch')} hint={t('noMatchHint')} action={<Button mt="xs" size="xs" variant="default" onClick={() => { setText(''); setFilter(NO_FILTER); }}>{t('clear')}</Button>} />
          : <Empty title={t('noneYet')} hint={t('noneYetHint')} action={mayEdit && <Button mt="xs" component={Link} to="/customers/new">{t('new')}</Button>} />}
        toolbar={toolbar} />
      <Suspense>{conflict && (
        <ConflictDialog base={{ [conflict.field]: conflict.base }} theirs={{ [conflict.field]: valueOf(detailsOf(conflict.theirs), conflict.field) }} mine={{ [conflict.field]: conflict.mine }} pending={false} onClose={() => setConflict(null)}
          label={(field) => t(field === 'displayName' ? 'name' : String(field))}
          onKeep={(merged) => { setConflict(null); save(conflict.theirs, conflict.field, String(merged[conflict.field])).catch((error: Error) => notifications.show({ message: error.message, color: 'red' })); }} />
      )}</Suspense>
    </>
  );
}
