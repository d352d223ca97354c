import { Anchor, Button, Card, Group, NumberInput, Select, SimpleGrid, Stack, Stepper, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { campaignApi, once, onceSeen, take } from '../api/client';
import { number, percent } from '../kit/format';
import { Fields } from '../kit/Record';
import { PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { CHANNELS, LiveCount } from './SegmentBuilder';
import { useCampaignTexts } from './texts';

/** Five steps from the audience to the review; what is chosen stays when one goes back. */
export function CampaignBuilder() {
  const t = useCampaignTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [search] = useSearchParams();
  const [step, setStep] = useState(0);
  const [draft, setDraft] = useState({ name: '', segmentId: search.get('segment') ?? '', templateId: '', channel: 'email', senderName: '', fromAddress: '', holdoutPercent: 10 });
  usePage([{ label: t('campaigns'), to: '/campaigns' }, { label: t('newCampaign') }]);
  const segments = useQuery({ queryKey: ['segments', 'choice'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/segments', { params: { query: { limit: 200 } } })) });
  const templates = useQuery({ queryKey: ['templates', 'choice'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/templates', { params: { query: { limit: 200 } } })) });
  const segment = segments.data?.items.find((one) => one.id === draft.segmentId);
  const template = templates.data?.items.find((one) => one.id === draft.templateId);
  const size = useQuery({ queryKey: ['sample-size'], staleTime: Infinity, queryFn: () => take(campaignApi.GET('/api/campaign/v1/experiment-sample-size', { params: { query: { baseline: 0.02, effect: 0.01 } } as never })) });
  const count = useQuery({ queryKey: ['segment-count', draft.segmentId, draft.channel], enabled: step === 4 && !!draft.segmentId, queryFn: () => take(campaignApi.GET('/api/campaign/v1/segments/{id}/count', { params: { path: { id: draft.segmentId }, query: { channel: draft.channel } } })) });
  const set = (change: Partial<typeof draft>) => setDraft((now) => ({ ...now, ...change }));
  const email = draft.channel === 'email';
  const ready = [!!draft.segmentId, !!draft.templateId, !!draft.name.trim() && !!draft.senderName.trim() && (!email || /.+@.+/.test(draft.fromAddress)), true, true];
  const create = useMutation({
    mutationFn: async (launch: boolean) => {
      const made = await take(campaignApi.POST('/api/campaign/v1/campaigns', { params: { header: once() }, body: { ...draft, name: draft.name.trim(), fromAddress: email ? draft.fromAddress.trim() : '', kind: 'broadcast' } }));
      // A refused launch leaves the draft: its page says why and offers what is missing.
      if (launch) await take(campaignApi.POST('/api/campaign/v1/campaigns/{id}/launch', { params: { path: { id: made.id }, header: onceSeen(made.version) as never } })).catch(() => null);
      return made;
    },
    onSuccess: (made) => { void queries.invalidateQueries({ queryKey: ['campaigns'] }); void navigate(`/campaigns/${made.id}`); },
  });
  const labels = [t('stepAudience'), t('stepContent'), t('stepSender'), t('stepTest'), t('stepReview')];
  return (
    <>
      <PageTitle title={t('newCampaign')} />
      <Card withBorder padding="lg" maw={1080}>
        <Stepper active={step} onStepClick={(to) => (to < step || ready.slice(0, to).every(Boolean)) && setStep(to)} size="sm" mb="lg" allowNextStepsSelect={false}>
          {labels.map((label, index) => <Stepper.Step key={label} label={label} allowStepSelect={index <= step} />)}
        </Stepper>
        {step === 0 && (
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg"><Stack>
            <Select label={t('segment')} description={t('segmentChoice')} placeholder={t('chooseSegment')} searchable required value={draft.segmentId || null} onChange={(value) => set({ segmentId: value ?? '' })} data={segments.data?.items.map((one) => ({ value: one.id, label: one.name })) ?? []} nothingFoundMessage={t('noSegments')} />
            <Select label={t('channel')} allowDeselect={false} value={draft.channel} onChange={(value) => set({ channel: value ?? 'email', templateId: '' })} data={CHANNELS.map((value) => ({ value, label: t('channel_' + value) }))} />
            <Anchor size="sm" component={Link} to="/segments/new">{t('newSegment')}</Anchor>
          </Stack>{segment ? <LiveCount criteria={segment.criteria} channel={draft.channel} /> : <Card withBorder h="100%"><Text size="sm" c="dimmed">{t('audienceAppears')}</Text></Card>}</SimpleGrid>
        )}
        {step === 1 && (
          <Stack maw={560}>
            <Select label={t('template')} searchable required value={draft.templateId || null} onChange={(value) => set({ templateId: value ?? '' })} data={templates.data?.items.filter((one) => one.channel === draft.channel).map((one) => ({ value: one.id, label: `${one.name} (${one.languages.join(', ')})` })) ?? []} nothingFoundMessage={t('noTemplates')} />
            {draft.templateId ? <Anchor size="sm" component={Link} to={`/templates/${draft.templateId}`}>{t('preview')}</Anchor> : <Anchor size="sm" component={Link} to="/templates/new">{t('newTemplate')}</Anchor>}
          </Stack>
        )}
        {step === 2 && (
          <Stack maw={560}>
            <TextInput label={t('name')} required maxLength={200} value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} dir="auto" />
            <TextInput label={t('senderName')} required maxLength={100} value={draft.senderName} onChange={(event) => set({ senderName: event.currentTarget.value })} />
            {email && <TextInput label={t('fromAddress')} required type="email" placeholder="promo@toko.example" value={draft.fromAddress} onChange={(event) => set({ fromAddress: event.currentTarget.value })} />}
          </Stack>
        )}
        {step === 3 && (
          <Stack maw={560}>
            <NumberInput label={t('holdout')} description={t('holdoutHint')} min={0} max={50} value={draft.holdoutPercent} onChange={(value) => set({ holdoutPercent: Number(value) || 0 })} />
            {size.data && <Text size="sm" c="dimmed">{t('sampleSize', { from: percent(0.02), to: percent(0.03), count: number(size.data.perVariant) })}</Text>}
          </Stack>
        )}
        {step === 4 && (
          <Stack maw={560}>
            <Fields fields={[
              { label: t('name'), value: draft.name }, { label: t('segment'), value: segment?.name }, { label: t('template'), value: template?.name }, { label: t('channel'), value: t('channel_' + draft.channel) },
              { label: t('senderName'), value: email ? `${draft.senderName} <${draft.fromAddress}>` : draft.senderName }, { label: t('holdout'), value: `${draft.holdoutPercent} %` }, { label: t('reachable'), value: number(count.data?.reachable) },
            ]} />
            {count.data && Object.entries(count.data.excluded).map(([reason, one]) => <Text key={reason} size="sm" c="dimmed">{t('reason_' + reason)}: {number(one)}</Text>)}
          </Stack>
        )}
        <Refusal error={create.error} />
        <Group mt="lg">
          {step > 0 && <Button variant="default" onClick={() => setStep(step - 1)}>{t('back')}</Button>}
          {step < 4 ? <Button disabled={!ready[step]} onClick={() => setStep(step + 1)}>{t('next')}</Button> : (
            <><Button variant="default" loading={create.isPending} onClick={() => create.mutate(false)}>{t('createDraft')}</Button><Button loading={create.isPending} onClick={() => create.mutate(true)}>{t('createAndLaunch')}</Button></>
          )}
        </Group>
      </Card>
    </>
  );
}
