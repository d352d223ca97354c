import { Alert, Anchor, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { customerApi, once, take } from '../api/client';
import { useKitTexts } from '../kit/texts';
import { forEach, type Outcome } from './bulk';
import type { Row } from './CustomerList';
import { useCustomerTexts } from './texts';

/** So many at once: each is somebody's right, with a check of who asks. */
export const MOST = 50;

/** Starts an erasure for each ticked customer; what is on legal hold is refused and named. */
export function EraseCustomers({ rows, onClose, done }: { rows: Row[]; onClose: () => void; done: () => void }) {
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [verifiedBy, setVerifiedBy] = useState('');
  const [typed, setTyped] = useState('');
  const erase = useMutation<Outcome<Row>>({
    mutationFn: () => forEach(rows, (row) => take(customerApi.POST('/api/customer/v1/customers/{id}/privacy-requests', { params: { path: { id: row.id }, header: once() }, body: { kind: 'erasure', verifiedBy: verifiedBy.trim() } }))),
    onSettled: () => { void queries.invalidateQueries({ queryKey: ['customers'] }); void queries.invalidateQueries({ queryKey: ['privacy-requests'] }); },
  });
  const ready = verifiedBy.trim() !== '' && typed.trim() === String(rows.length) && rows.length <= MOST;
  const close = () => { onClose(); if (erase.data) done(); };
  return (
    <Modal opened onClose={close} title={t('eraseTitle', { count: erase.data ? erase.data.done.length + erase.data.refused.length : rows.length })} closeOnClickOutside={false}>
      {erase.data ? (
        <Stack gap="sm" role="status">
          <Text size="sm">{t('erasuresStarted', { count: erase.data.done.length })}</Text>
          {erase.data.refused.length > 0 && <Alert color="orange" variant="light" title={t('erasuresRefused', { count: erase.data.refused.length })}><Stack gap={4} component="ul" m={0} ps="md">{erase.data.refused.map(({ item, error }) => <li key={item.id}><Text size="sm" span dir="auto">{item.displayName}: {error.message}</Text></li>)}</Stack></Alert>}
          <Group justify="space-between"><Anchor component={Link} to="/privacy" size="sm">{t('toPrivacyDesk')}</Anchor><Button data-autofocus onClick={close}>{kit('close')}</Button></Group>
        </Stack>
      ) : (
        <form onSubmit={(event) => { event.preventDefault(); if (ready && !erase.isPending) erase.mutate(); }}>
          <Stack gap="sm">
            <Alert color="red" variant="light">{rows.length > MOST ? t('eraseTooMany', { count: MOST }) : t('eraseWarning')}</Alert>
            <Text size="sm" lineClamp={3} dir="auto">{rows.map((row) => row.displayName).join(', ')}</Text>
            <TextInput label={t('verifiedBy')} required data-autofocus maxLength={1000} dir="auto" value={verifiedBy} onChange={(event) => setVerifiedBy(event.currentTarget.value)} />
            <TextInput label={t('typeNumber', { number: rows.length })} required inputMode="numeric" autoComplete="off" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
            <Group justify="flex-end"><Button variant="default" onClick={close}>{kit('cancel')}</Button><Button type="submit" color="red.8" disabled={!ready} loading={erase.isPending}>{t('erase')}</Button></Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
