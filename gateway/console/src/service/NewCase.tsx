import { Button, Card, Group, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { once, serviceApi, take } from '../api/client';
import { CustomerPicker } from '../kit/CustomerPicker';
import { PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { useServiceTexts } from './texts';

export function NewCase() {
  const t = useServiceTexts();
  const kit = useKitTexts();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const [one, setOne] = useState({ customerId: search.get('customerId'), subject: '', description: '', type: 'question', priority: 'normal', channel: 'phone' });
  usePage([{ label: t('cases'), to: '/cases' }, { label: t('new') }]);
  const open = useMutation({
    mutationFn: () => take(serviceApi.POST('/api/service/v1/cases', { params: { header: once() }, body: one as never })),
    onSuccess: (made) => void navigate(`/cases/${made.id}`),
  });
  const choice = (name: 'type' | 'priority' | 'channel', values: string[]) => <NativeSelect label={t(name)} value={one[name]} onChange={(event) => setOne({ ...one, [name]: event.currentTarget.value })} data={values.map((value) => ({ value, label: t(`${name}_${value}`) }))} />;
  return (
    <>
      <PageTitle title={t('new')} />
      <Card withBorder padding="lg" maw={720}>
        <form onSubmit={(event) => { event.preventDefault(); open.mutate(); }}>
          <Stack>
            <CustomerPicker label={t('pickCustomer')} value={one.customerId} onChange={(customerId) => setOne({ ...one, customerId })} />
            <TextInput label={t('subject')} required maxLength={200} value={one.subject} onChange={(event) => setOne({ ...one, subject: event.currentTarget.value })} dir="auto" />
            <Textarea label={t('description')} required autosize minRows={4} value={one.description} onChange={(event) => setOne({ ...one, description: event.currentTarget.value })} dir="auto" />
            <Group grow>{choice('type', ['question', 'incident', 'problem', 'complaint', 'return', 'featureRequest'])}{choice('priority', ['low', 'normal', 'high', 'urgent'])}{choice('channel', ['phone', 'email', 'web', 'chat', 'store'])}</Group>
            <Refusal error={open.error} />
            <Group justify="flex-end"><Button variant="default" onClick={() => void navigate('/cases')}>{kit('cancel')}</Button><Button type="submit" loading={open.isPending} disabled={!one.customerId || !one.subject.trim() || !one.description.trim()}>{t('open')}</Button></Group>
          </Stack>
        </form>
      </Card>
    </>
  );
}
