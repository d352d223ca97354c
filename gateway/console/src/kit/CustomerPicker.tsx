import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { customerApi, take } from '../api/client';
import { useCustomer } from './CustomerName';
import { useKitTexts } from './texts';

/** A customer found by what one types: name, phone, e-mail, number. */
export function CustomerPicker({ value, onChange, label }: { value: string | null; onChange: (id: string | null) => void; label: string }) {
  const t = useKitTexts();
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.split(' · ')[0]!.trim(), 200);
  const chosen = useCustomer(value ?? undefined);
  const query = useQuery({ queryKey: ['picker', asked], placeholderData: keepPreviousData, queryFn: () => take(customerApi.GET('/api/customer/v1/customers', { params: { query: { q: asked || undefined, limit: 8 } } })) });
  const found = (query.data?.items ?? []).map((one) => ({ value: one.id!, label: `${one.displayName} · ${one.number}` }));
  const data = chosen.data && !found.some((one) => one.value === value) ? [{ value: chosen.data.id, label: `${chosen.data.displayName} · ${chosen.data.number}` }, ...found] : found;
  return <Select label={label} placeholder={t('findCustomer')} searchable clearable value={value} onChange={onChange} searchValue={text} onSearchChange={setText} data={data} filter={({ options }) => options} nothingFoundMessage={t('nobodyFound')} />;
}
