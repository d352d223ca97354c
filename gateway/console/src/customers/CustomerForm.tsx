import { Button, Fieldset, Grid, Group, NativeSelect, Stack, TagsInput, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Problem } from '../api/problems';
import type { FieldState } from '../fields/definitions';
import { OwnFields } from '../fields/OwnFields';
import { DateField } from '../kit/DateField';
import { Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import type { Details } from './details';
import { useCustomerTexts } from './texts';

interface Props { initial: Details; draftKey: string; onSubmit: (details: Details) => void; onCancel: () => void; pending: boolean; error: unknown; label: string; extra?: React.ReactNode }

/** The details of a customer. What is typed is kept in this tab until it is saved or given up: a session may end, a network may go. */
export function CustomerForm({ initial, draftKey, onSubmit, onCancel, pending, error, label, extra }: Props) {
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const key = 'draft.' + draftKey;
  const [details, setDetails] = useState<Details>(() => ({ ...initial, ...(JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<Details>) }));
  const [touched, setTouched] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (details !== initial) sessionStorage.setItem(key, JSON.stringify(details));
  }, [details, initial, key]);

  const field = error instanceof Problem ? error.field?.replace(/^address\./, '') : undefined;
  useEffect(() => {
    if (field) form.current?.querySelector<HTMLElement>(`[name="${field}"]`)?.focus();
  }, [field, error]);
  const set = (name: keyof Details, value: string | string[] | FieldState[]) => setDetails((now) => ({ ...now, [name]: value }));
  const bind = (name: keyof Details) => ({
    name, value: details[name] as string, onChange: (event: { currentTarget: { value: string } }) => set(name, event.currentTarget.value),
    error: field === name ? (error as Problem).detail : undefined,
  });

  function submit(event?: FormEvent) {
    event?.preventDefault();
    setTouched(true);
    if (!details.displayName.trim()) return form.current?.querySelector<HTMLElement>('[name=displayName]')?.focus();
    onSubmit(details);
  }

  return (
    <form ref={form} onSubmit={submit} noValidate aria-label={label}
      onKeyDown={(event) => {
        if ((event.ctrlKey || event.metaKey) && (event.key === 'Enter' || event.key === 's')) {
          event.preventDefault();
          submit();
        }
      }}>
      <Stack gap="md">
        <TextInput label={t('name')} required withAsterisk data-autofocus dir="auto" {...bind('displayName')}
          error={touched && !details.displayName.trim() ? t('required') : bind('displayName').error} />
        <Grid gap="sm">
          <Grid.Col span={{ base: 12, xs: 6 }}><TextInput label={t('given')} dir="auto" {...bind('givenName')} /></Grid.Col>
          <Grid.Col span={{ base: 12, xs: 6 }}><TextInput label={t('family')} dir="auto" {...bind('familyName')} /></Grid.Col>
          <Grid.Col span={{ base: 12, xs: 6 }}><TextInput label={t('email')} type="email" inputMode="email" {...bind('email')} /></Grid.Col>
          <Grid.Col span={{ base: 12, xs: 6 }}><TextInput label={t('phone')} type="tel" placeholder="0812 3456 7890" {...bind('phone')} /></Grid.Col>
          <Grid.Col span={{ base: 12, xs: 6 }}><NativeSelect label={t('language')} data={[{ value: 'id', label: 'Indonesia' }, { value: 'en', label: 'English' }]} {...bind('language')} /></Grid.Col>
          <Grid.Col span={{ base: 12, xs: 6 }}>
            <NativeSelect label={t('zone')} data={[{ value: 'Asia/Jakarta', label: 'WIB · Jakarta' }, { value: 'Asia/Makassar', label: 'WITA · Makassar' }, { value: 'Asia/Jayapura', label: 'WIT · Jayapura' },
              ...(['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura'].includes(initial.timeZone) ? [] : [{ value: initial.timeZone, label: initial.timeZone }])]} {...bind('timeZone')} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, xs: 6 }}><DateField label={t('birthDate')} {...bind('birthDate')} onChange={(day) => set('birthDate', day)} /></Grid.Col>
          <Grid.Col span={{ base: 12, xs: 6 }}>
            <NativeSelect label={t('gender')} data={[{ value: '', label: t('notSaid') }, { value: 'female', label: t('female') }, { value: 'male', label: t('male') }, { value: 'other', label: t('other') }]} {...bind('gender')} />
          </Grid.Col>
        </Grid>
        <Fieldset legend={t('address')}>
          <Grid gap="sm">
            <Grid.Col span={12}><TextInput label={t('street')} dir="auto" {...bind('street')} /></Grid.Col>
            <Grid.Col span={{ base: 12, xs: 6 }}><TextInput label={t('city')} dir="auto" {...bind('city')} /></Grid.Col>
            <Grid.Col span={{ base: 12, xs: 6 }}><TextInput label={t('province')} dir="auto" {...bind('province')} /></Grid.Col>
            <Grid.Col span={{ base: 6 }}><TextInput label={t('postalCode')} {...bind('postalCode')} /></Grid.Col>
            <Grid.Col span={{ base: 6 }}><TextInput label={t('country')} maxLength={2} {...bind('country')} /></Grid.Col>
          </Grid>
        </Fieldset>
        <TagsInput label={t('tags')} placeholder={t('tagsHint')} value={details.tags} onChange={(tags) => set('tags', tags)} error={field === 'tags' ? (error as Problem).detail : undefined} />
        <OwnFields recordType="customer" value={details.customFields} onChange={(fields) => set('customFields', fields)} error={error} />
        {extra}
        <Refusal error={error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={() => { sessionStorage.removeItem(key); onCancel(); }}>{kit('cancel')}</Button>
          <Button type="submit" loading={pending}>{kit('save')}</Button>
        </Group>
      </Stack>
    </form>
  );
}

export const forgetDraft = (draftKey: string) => sessionStorage.removeItem('draft.' + draftKey);
