import { Alert, Anchor, Button, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { loyaltyApi, once, take } from '../api/client';
import type { components } from '../api/generated/loyalty';
import { Problem } from '../api/problems';
import { Tile } from '../kit/ChartCard';
import { CustomerPicker } from '../kit/CustomerPicker';
import { number } from '../kit/format';
import { Panel } from '../kit/Record';
import { PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { LOYALTY, useMay } from '../shell/session';
import { useLoyaltyTexts } from './texts';

export function LoyaltyDesk() {
  const t = useLoyaltyTexts();
  const navigate = useNavigate();
  const [operator, verifier] = [useMay(...LOYALTY), useMay('loyalty-manager', 'ops')];
  const [customer, setCustomer] = useState<string | null>(null);
  const [card, setCard] = useState('');
  usePage([{ label: t('title') }]);
  const find = useMutation({
    mutationFn: () => take(loyaltyApi.GET('/api/loyalty/v1/members/by-customer/{customerId}', { params: { path: { customerId: customer! } } })),
    onSuccess: (member) => void navigate(`/loyalty/${member.id}`),
  });
  const inquire = useMutation({ mutationFn: () => take(loyaltyApi.POST('/api/loyalty/v1/card-inquiries', { params: { header: once() as never }, body: { cardNumber: card.trim() } as never })) as Promise<{ memberId: string; memberNumber: string; available: number; debt: number }> });
  const verify = useMutation({ mutationFn: () => take(loyaltyApi.GET('/api/loyalty/v1/ledger-verification')) });
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title={t('byCustomer')}>
          <Stack><CustomerPicker label={t('customer')} value={customer} onChange={(id) => { setCustomer(id); find.reset(); }} /><Group><Button disabled={!customer} loading={find.isPending} onClick={() => find.mutate()}>{t('openMember')}</Button></Group>
            {find.error instanceof Problem && find.error.status === 404 ? <Alert variant="light" color="gray">{t('notMember')}</Alert> : <Refusal error={find.error} />}</Stack>
        </Panel>
        {operator && <Panel title={t('byCard')}>
          <form onSubmit={(event) => { event.preventDefault(); inquire.mutate(); }}><Stack><TextInput label={t('cardNumber')} value={card} inputMode="numeric" onChange={(event) => setCard(event.currentTarget.value)} /><Group><Button type="submit" loading={inquire.isPending} disabled={!card.trim()}>{t('inquire')}</Button></Group>
            {inquire.data && <SimpleGrid cols={2}><Tile label={t('available')} value={number(inquire.data.available)} hint={inquire.data.memberNumber} /><Tile label={t('debt')} value={number(inquire.data.debt)} /></SimpleGrid>}<Refusal error={inquire.error} /></Stack></form>
        </Panel>}
        {verifier && <Panel title={t('verify')}><Stack><Text size="sm" c="dimmed">{t('verifyHint')}</Text><Group><Button variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>{t('verifyNow')}</Button></Group>{verify.data && <Verified result={verify.data} />}<Refusal error={verify.error} /></Stack></Panel>}
      </SimpleGrid>
    </>
  );
}

type Verification = components['schemas']['VerifyLedgerResponse'];

/** Whether the books agree, and whose do not. */
function Verified({ result }: { result: Verification }) {
  const t = useLoyaltyTexts();
  const wrong = result.mismatches + result.unbalancedJournals + result.lotMismatches;
  return (
    <Alert color={wrong === 0 ? 'teal' : 'red'} variant="light" role="status" title={t(wrong === 0 ? 'agrees' : 'differs')}>
      <Stack gap="xs">
        <Text size="sm">{t('verified', { members: number(result.members), journals: number(result.journals) })}</Text>
        {wrong > 0 && <Text size="sm">{t('differences', { balances: number(result.mismatches), journals: number(result.unbalancedJournals), lots: number(result.lotMismatches) })}</Text>}
        {result.mismatchedMembers.map((id) => <Anchor key={id} component={Link} to={`/loyalty/${id}`} size="sm">{id}</Anchor>)}
      </Stack>
    </Alert>
  );
}
