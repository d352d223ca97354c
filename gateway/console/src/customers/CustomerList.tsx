import { ActionIcon, Badge, Button, CloseButton, Group, Menu, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconBookmark, IconFileImport, IconPlus, IconSearch, IconTrash } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { customerApi, take } from '../api/client';
import { day } from '../kit/format';
import { type Column, ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { CUSTOMER_EDITORS, useMay } from '../shell/session';
import { useCustomerTexts } from './texts';

type Row = { id?: string; number?: string; displayName?: string; email?: string | null; phone?: string | null; city?: string | null; lifecycleStage?: string; tags?: string[]; registeredAt?: string };
interface View { name: string; search: string }

export const stageColor = (stage: string | undefined) => ({ prospect: 'gray', new: 'blue', active: 'teal' })[(stage ?? '').toLowerCase()] ?? 'gray';

export function CustomerList() {
  const t = useCustomerTexts();
  const mayEdit = useMay(...CUSTOMER_EDITORS);
  const [search, setSearch] = useSearchParams();
  const [text, setText] = useState(search.get('q') ?? '');
  const [asked] = useDebouncedValue(text.trim(), 200);
  const [views, setViews] = useState<View[]>(() => JSON.parse(localStorage.getItem('views.customers') ?? '[]') as View[]);
  const stage = search.get('stage') ?? '';
  usePage([{ label: t('title') }]);

  const change = (name: string, value: string) => setSearch((now) => {
    if (value) now.set(name, value);
    else now.delete(name);
    return now;
  }, { replace: true });
  useEffect(() => {
    if ((search.get('q') ?? '') !== asked) change('q', asked);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the address follows the field, not the other way round
  }, [asked]);

  const list = usePaged(['customers', asked], async (cursor) =>
    take(customerApi.GET('/api/customer/v1/customers', { params: { query: { q: asked || undefined, limit: 100, cursor } } })));
  const query = stage && list.data
    ? { ...list, data: { ...list.data, pages: list.data.pages.map((page) => ({ ...page, items: page.items.filter((row) => row.lifecycleStage?.toLowerCase() === stage) })) } } as typeof list
    : list;

  const columns: Column<Row>[] = [
    { key: 'name', header: t('name'), value: (row) => row.displayName, width: 220, cell: (row) => <Link to={`/customers/${row.id}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.displayName}</Link> },
    { key: 'number', header: t('number'), value: (row) => row.number, width: 130 },
    { key: 'phone', header: t('phone'), value: (row) => row.phone, width: 150 },
    { key: 'email', header: t('email'), value: (row) => row.email, width: 220 },
    { key: 'city', header: t('city'), value: (row) => row.city, width: 130 },
    { key: 'stage', header: t('stage'), value: (row) => row.lifecycleStage, width: 110, cell: (row) => <Badge variant="light" size="sm" color={stageColor(row.lifecycleStage)}>{t('stage_' + row.lifecycleStage?.toLowerCase())}</Badge> },
    { key: 'tags', header: t('tags'), value: (row) => row.tags?.join(', '), width: 160 },
    { key: 'registered', header: t('registered'), value: (row) => row.registeredAt, cell: (row) => day(row.registeredAt), width: 120 },
  ];

  const store = (next: View[]) => {
    setViews(next);
    localStorage.setItem('views.customers', JSON.stringify(next));
  };

  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')}>
        {mayEdit && <Button variant="default" component={Link} to="/customers/import" leftSection={<IconFileImport size={16} />}>{t('import')}</Button>}
        {mayEdit && <Button component={Link} to="/customers/new" leftSection={<IconPlus size={16} />}>{t('new')}</Button>}
      </PageTitle>
      <ListView<Row> name="customers" label={t('title')} query={query as never} columns={columns} rowKey={(row) => row.id!} to={(row) => `/customers/${row.id}`}
        empty={asked || stage
          ? <Empty title={t('noMatch')} hint={t('noMatchHint')} action={<Button mt="xs" size="xs" variant="default" onClick={() => { setText(''); setSearch({}); }}>{t('clear')}</Button>} />
          : <Empty title={t('noneYet')} hint={t('noneYetHint')} action={mayEdit && <Button mt="xs" component={Link} to="/customers/new">{t('new')}</Button>} />}
        toolbar={
          <>
            <TextInput flex={1} miw={200} maw={380} leftSection={<IconSearch size={16} />} placeholder={t('search')} aria-label={t('search')} value={text} maxLength={200}
              onChange={(event) => setText(event.currentTarget.value)} rightSection={text && <CloseButton size="sm" aria-label={t('clear')} onClick={() => setText('')} />} />
            <NativeSelect aria-label={t('stage')} title={t('filterLoaded')} value={stage} onChange={(event) => change('stage', event.currentTarget.value)}
              data={[{ value: '', label: t('allStages') }, ...['prospect', 'new', 'active'].map((value) => ({ value, label: t('stage_' + value) }))]} />
            <Menu shadow="md" width={260}>
              <Menu.Target><Button variant="default" leftSection={<IconBookmark size={16} />}>{t('views')}</Button></Menu.Target>
              <Menu.Dropdown>
                {views.map((view) => (
                  <Group key={view.name} gap={0} wrap="nowrap">
                    <Menu.Item flex={1} onClick={() => { setSearch(view.search); setText(new URLSearchParams(view.search).get('q') ?? ''); }}>{view.name}</Menu.Item>
                    <ActionIcon variant="subtle" color="gray" aria-label={t('removeView', { name: view.name })} onClick={() => store(views.filter((one) => one !== view))}><IconTrash size={15} /></ActionIcon>
                  </Group>
                ))}
                {views.length > 0 && <Menu.Divider />}
                <Menu.Item disabled={search.size === 0} onClick={() => {
                  const name = [search.get('q'), stage && t('stage_' + stage)].filter(Boolean).join(' · ');
                  store([...views.filter((one) => one.name !== name), { name, search: search.toString() }]);
                }}>{t('saveView')}</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        } />
    </>
  );
}
