import { Anchor, Badge, Button, Group, Modal, NativeSelect, NumberInput, Stack, Switch, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { once, salesApi, seen, take } from '../api/client';
import { money } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { useMay } from '../shell/session';
import { useSalesTexts } from './texts';

interface Product { id: string; sku: string; name: string; category: string; price: number; currency: string; cost: number | null; active: boolean; version: number }

export function ProductList() {
  const t = useSalesTexts();
  const mayEdit = useMay('sales-rep', 'sales-manager');
  const [search, setSearch] = useSearchParams();
  const active = search.get('active') ?? '';
  const [editing, setEditing] = useState<Product | 'new' | null>(null);
  usePage([{ label: t('products') }]);
  const query = usePaged(['products', active], (cursor) => take(salesApi.GET('/api/sales/v1/products', { params: { query: { active: active === '' ? undefined : active === 'true', limit: 100, cursor } } })));
  const create = mayEdit && <Button leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>{t('newProduct')}</Button>;
  return (
    <>
      <PageTitle title={t('products')} hint={t('productsHint')}>{create}</PageTitle>
      <ListView<Product> name="products" label={t('products')} query={query as never} rowKey={(row) => row.id} empty={<Empty title={t('noProducts')} hint={t('noProductsHint')} action={create} />}
        toolbar={<NativeSelect aria-label={t('active')} value={active} onChange={(event) => setSearch(event.currentTarget.value ? { active: event.currentTarget.value } : {})} data={[{ value: '', label: t('everything') }, { value: 'true', label: t('active') }, { value: 'false', label: t('inactive') }]} />}
        columns={[
          { key: 'name', header: t('name'), value: (row) => row.name, width: 260, cell: (row) => (mayEdit ? <Anchor component="button" type="button" size="sm" onClick={() => setEditing(row)} aria-label={t('change', { name: row.name })}>{row.name}</Anchor> : row.name) },
          { key: 'sku', header: t('sku'), value: (row) => row.sku, width: 140 }, { key: 'category', header: t('category'), value: (row) => row.category, width: 150 },
          { key: 'price', header: t('price'), value: (row) => row.price, width: 130, align: 'right', cell: (row) => money(row.price, row.currency) },
          { key: 'cost', header: t('cost'), value: (row) => row.cost, width: 130, align: 'right', cell: (row) => money(row.cost, row.currency) },
          { key: 'active', header: t('active'), value: (row) => String(row.active), width: 110, cell: (row) => <Badge size="sm" variant="light" color={row.active ? 'teal' : 'gray'}>{t(row.active ? 'active' : 'inactive')}</Badge> },
        ]} />
      {editing && <ProductDialog product={editing === 'new' ? undefined : editing} onClose={() => setEditing(null)} />}
    </>
  );
}

function ProductDialog({ product, onClose }: { product?: Product; onClose: () => void }) {
  const t = useSalesTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [one, setOne] = useState(product ?? { sku: '', name: '', category: '', price: 0, currency: 'IDR', cost: null as number | null, active: true });
  const set = (change: Partial<typeof one>) => setOne({ ...one, ...change });
  const save = useMutation({
    mutationFn: () => {
      const { name, category, price, currency, cost, active } = one;
      return product
        ? take(salesApi.PUT('/api/sales/v1/products/{id}', { params: { path: { id: product.id }, header: seen(product.version) }, body: { name, category, price, currency, cost, active } }))
        : take(salesApi.POST('/api/sales/v1/products', { params: { header: once() }, body: { sku: one.sku, name, category, price, currency, cost, active } }));
    },
    onSuccess: () => { notifications.show({ message: kit('saved'), color: 'teal' }); void queries.invalidateQueries({ queryKey: ['products'] }); onClose(); },
  });
  return (
    <Modal opened onClose={onClose} title={product?.name ?? t('newProduct')}>
      <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
        <Stack>
          <TextInput label={t('sku')} required disabled={!!product} value={one.sku} onChange={(event) => set({ sku: event.currentTarget.value })} data-autofocus={!product || undefined} />
          <TextInput label={t('name')} required value={one.name} onChange={(event) => set({ name: event.currentTarget.value })} /><TextInput label={t('category')} required value={one.category} onChange={(event) => set({ category: event.currentTarget.value })} />
          <Group grow><NumberInput label={t('price')} min={0} value={one.price} onChange={(value) => set({ price: Number(value) || 0 })} thousandSeparator="." decimalSeparator="," /><NumberInput label={t('cost')} min={0} value={one.cost ?? ''} onChange={(value) => set({ cost: value === '' ? null : Number(value) })} thousandSeparator="." decimalSeparator="," /><TextInput label={t('currency')} maxLength={3} value={one.currency} onChange={(event) => set({ currency: event.currentTarget.value.toUpperCase() })} /></Group>
          <Switch label={t('active')} checked={one.active} onChange={(event) => set({ active: event.currentTarget.checked })} />
          <Refusal error={save.error} />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>{kit('cancel')}</Button><Button type="submit" loading={save.isPending}>{kit('save')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
