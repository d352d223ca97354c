import { Card, Checkbox, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { customerApi, once, take } from '../api/client';
import { PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { CustomerForm, forgetDraft } from './CustomerForm';
import { type Details, fullRequestOf, NOBODY } from './details';
import { useCustomerTexts } from './texts';

export function NewCustomer() {
  const t = useCustomerTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [agrees, setAgrees] = useState<{ email: boolean; sms: boolean }>({ email: false, sms: false });
  const [notice, setNotice] = useState('2026-01');
  usePage([{ label: t('title'), to: '/customers' }, { label: t('new') }]);
  const register = useMutation({
    mutationFn: (details: Details) => take(customerApi.POST('/api/customer/v1/customers', {
      params: { header: once() },
      body: {
        ...fullRequestOf(details),
        consents: (['email', 'sms'] as const).filter((channel) => agrees[channel]).map((channel) => ({ channel, purpose: 'marketing', granted: true, noticeVersion: notice })),
      },
    })),
    onSuccess: (customer) => {
      forgetDraft('customer.new');
      notifications.show({ message: t('created'), color: 'teal' });
      void queries.invalidateQueries({ queryKey: ['customers'] });
      void navigate(`/customers/${customer.id}`);
    },
  });
  return (
    <>
      <PageTitle title={t('new')} />
      <Card withBorder maw={760} padding="lg">
        <CustomerForm label={t('new')} initial={NOBODY} draftKey="customer.new" pending={register.isPending} error={register.error} onSubmit={register.mutate} onCancel={() => void navigate('/customers')}
          extra={
            <Stack gap="xs">
              <Checkbox label={t('consentEmail')} checked={agrees.email} onChange={(event) => setAgrees({ ...agrees, email: event.currentTarget.checked })} />
              <Checkbox label={t('consentSms')} checked={agrees.sms} onChange={(event) => setAgrees({ ...agrees, sms: event.currentTarget.checked })} />
              {(agrees.email || agrees.sms) && <TextInput label={t('noticeVersion')} value={notice} onChange={(event) => setNotice(event.currentTarget.value)} maw={260} />}
            </Stack>
          } />
      </Card>
    </>
  );
}
