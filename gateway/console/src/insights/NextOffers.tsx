import { ActionIcon, Badge, Button, Group, NativeSelect, Popover, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconInfoCircle } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { analyticsApi, once, take } from '../api/client';
import type { components } from '../api/generated/analytics';
import { money, number, percent } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { Panel } from '../kit/Record';
import { Loaded, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { OFFERERS, useMay } from '../shell/session';
import { useInsightTexts } from './texts';

type Offer = components['schemas']['GetNextBestOffersOfferResponse'];
type Outcome = 'offered' | 'accepted' | 'declined';
const CHANNELS = ['store', 'inbound', 'email', 'sms', 'phone', 'post', 'push'];

/** What to offer this customer next, why, and how it was taken. */
export function NextOffers({ id }: { id: string }) {
  const t = useInsightTexts();
  const [channel, setChannel] = useState('store');
  const query = useQuery({ queryKey: ['next-best-offers', id, channel], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/customers/{id}/next-best-offers', { params: { path: { id }, query: { channel, limit: 5 } } })) });
  return (
    <Panel title={t('nextOffers')} action={<NativeSelect size="xs" aria-label={t('offerChannel')} value={channel} onChange={(event) => setChannel(event.currentTarget.value)} data={CHANNELS.map((value) => ({ value, label: t('oc_' + value) }))} />}>
      <Loaded query={query} rows={3}>{(data) => data.withheld ? <Text size="sm" c="dimmed">{t('withheld_' + data.withheld)}</Text> : data.offers.length === 0 ? <Text size="sm" c="dimmed">{t('noOffers')}</Text> : (
        <Stack gap="sm">{data.offers.map((offer) => <OfferCard key={offer.sku} customerId={id} offer={offer} currency={data.currency} />)}</Stack>
      )}</Loaded>
    </Panel>
  );
}

function OfferCard({ customerId, offer, currency }: { customerId: string; offer: Offer; currency: string | null }) {
  const t = useInsightTexts();
  const kit = useKitTexts();
  const language = useLanguage();
  const may = useMay(...OFFERERS);
  const queries = useQueryClient();
  const [declining, setDeclining] = useState(false);
  const [reason, setReason] = useState('');
  const record = useMutation({
    mutationFn: (outcome: Outcome) => take(analyticsApi.POST('/api/analytics/v1/customers/{id}/offer-outcomes', { params: { path: { id: customerId }, header: once() }, body: { sku: offer.sku, kind: offer.kind, outcome, reason: outcome === 'declined' ? reason.trim() || null : null } })),
    onSuccess: () => { notifications.show({ message: t('outcomeRecorded'), color: 'teal' }); void queries.invalidateQueries({ queryKey: ['next-best-offers', customerId] }); },
  });
  const button = (outcome: Outcome, act = () => record.mutate(outcome)) => <Button size="compact-xs" variant="default" loading={record.isPending && record.variables === outcome} disabled={record.isPending} onClick={act}>{t('offer_' + outcome)}</Button>;
  return (
    <Stack gap={4} component="section" aria-label={offer.name}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Group gap={6} wrap="nowrap" miw={0}><Text size="sm" fw={600} truncate dir="auto">{offer.name}</Text><Badge size="xs" variant="light" style={{ flexShrink: 0 }}>{t(offer.kind)}</Badge></Group>
        <Popover width={280} withArrow shadow="md" position="bottom-end">
          <Popover.Target><ActionIcon size="sm" variant="transparent" color="gray" aria-label={`${kit('definition')}: ${offer.name}`}><IconInfoCircle size={15} /></ActionIcon></Popover.Target>
          <Popover.Dropdown>
            <Text size="sm">{t('offerFormula', { probability: percent(offer.probability, 1), margin: money(offer.margin, currency) })}{offer.marginBasis === 'assumed_rate' && ` ${t('marginAssumed')}`}</Text>
            {offer.rule && <Text size="xs" c="dimmed" mt={4}>{t('offerRule', { count: number(offer.rule.count), baskets: number(offer.rule.baskets), confidence: percent(offer.rule.confidence, 1), lift: number(offer.rule.lift, 2) })}</Text>}
          </Popover.Dropdown>
        </Popover>
      </Group>
      <Text size="xs" c="dimmed" dir="auto">{offer.reason[language]}</Text>
      <Text size="xs">{t('expectedGain', { value: money(offer.expectedValue, currency) })}</Text>
      {may && (declining ? (
        <form onSubmit={(event) => { event.preventDefault(); record.mutate('declined'); }}>
          <Group gap={6} align="flex-end"><TextInput size="xs" flex={1} label={t('why')} maxLength={500} data-autofocus autoFocus dir="auto" value={reason} onChange={(event) => setReason(event.currentTarget.value)} /><Button size="xs" type="submit" variant="default" loading={record.isPending}>{t('offer_declined')}</Button></Group>
        </form>
      ) : <Group gap={6}>{button('offered')}{button('accepted')}{button('declined', () => setDeclining(true))}</Group>)}
      <Refusal error={record.error} />
    </Stack>
  );
}
