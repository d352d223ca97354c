import { Anchor, Button, Card, Group, NumberInput, Select, SimpleGrid, Stack, Stepper, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { campaignApi, once, onceSeen, take } from '../api/client';
import { Problem } from '../api/problems';
import { zone } from '../kit/format';
import { Fields } from '../kit/Record';
import { PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { MessagePreview } from './MessagePreview';
import { CHANNELS, LiveCount } from './SegmentBuilder';
import { launchOf, noTrial, saveSending, sendingAtFirst, start } from './sending';
import { SendingForm, TrialForm } from './SendingForm';
import { SendingSummary, Simulation } from './SendingSummary';
import { useCampaignTexts } from './texts';

/** Five steps: audience, content, time and limits, test, review with a simulation. What is chosen stays when one goes back. */
export function CampaignBuilder() {
  const t = useCampaignTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [search] = useSearchParams();
  const [step, setStep] = useState(0);
  const [draft, setDraft] = useState({ name: '', segmentId: search.get('segment') ?? '', templateId: '', channel: 'email', senderName: '', fromAddress: '', holdoutPercent: 10 });
  const [sending, setSending] = useState(() => sendingAtFirst(zone()));
  const [trial, setTrial] = useState(noTrial);
  usePage([{ label: t('campaigns'), to: '/campaigns' }, { label: t('newCampaign') }]);
  const segments = useQuery({ queryKey: ['segments', 'choice'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/segments', { params: { query: { limit: 200 } } })) });
  const templates = useQuery({ queryKey: ['templates', 'choice'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/templates', { params: { query: { limit: 200 } } })) });
  const segment = segments.data?.items.find((one) => one.id === draft.segmentId);
  const template = templates.data?.items.find((one) => one.id === draft.templateId);
  const set = (change: Partial<typeof draft>) => setDraft((now) => ({ ...now, ...change }));
  const email = draft.channel === 'email';
  const launch = launchOf(sending);
  const ready = [
    !!draft.segmentId, !!draft.templateId && !!draft.name.trim() && !!draft.senderName.trim() && (!email || /.+@.+/.test(draft.fromAddress)),
    launch === null || Date.parse(launch) > Date.now(), trial.others.every(Boolean), true,
  ];
  /** A draft whose settings were refused: it is gone on with, or given up where what it was made of has changed. */
  const made = useRef<{ of: string; id: string; version: number } | null>(null);
  const create = useMutation({
    mutationFn: async (go: boolean) => {
      const body = { ...draft, name: draft.name.trim(), fromAddress: email ? draft.fromAddress.trim() : '', kind: 'broadcast' };
      const of = JSON.stringify(body);
      if (made.current) made.current.version = (await take(campaignApi.GET('/api/campaign/v1/campaigns/{id}', { params: { path: { id: made.current.id } } }))).version;
      if (made.current && made.current.of !== of) {
        await take(campaignApi.POST('/api/campaign/v1/campaigns/{id}/cancel', { params: { path: { id: made.current.id }, header: onceSeen(made.current.version) as never } }));
        made.current = null;
      }
      made.current ??= { of, ...(await take(campaignApi.POST('/api/campaign/v1/campaigns', { params: { header: once() }, body }))) };
      const { id } = made.current;
      const version = await saveSending({ id, channel: draft.channel, templateId: draft.templateId }, made.current.version, sending, trial.others.length ? trial : null);
      // A refused launch leaves the draft: its page says why and offers what is missing.
      const refused = go ? await start(id, version, sending.when).then(() => null, (error: unknown) => (error instanceof Problem ? { status: error.status, code: error.code, detail: error.detail } : null)) : null;
      return { id, refused };
    },
    onSuccess: ({ id, refused }) => { void queries.invalidateQueries({ queryKey: ['campaigns'] }); void navigate(`/campaigns/${id}`, { state: refused }); },
  });
  const labels = [t('stepAudience'), t('stepContent'), t('stepSchedule'), t('stepTest'), t('stepReview')];
  return (
    <>
      <PageTitle title={t('newCampaign')} />
      <Card withBorder padding="lg" maw={1180}>
        <Stepper active={step} onStepClick={(to) => (to < step || ready.slice(0, to).every(Boolean)) && setStep(to)} size="sm" mb="lg" allowNextStepsSelect={false}>
          {labels.map((label, index) => <Stepper.Step key={label} label={label} allowStepSelect={index <= step} />)}
        </Stepper>
        {step === 0 && (
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg"><Stack>
            <Select label={t('segment')} description={t('segmentChoice')} placeholder={t('chooseSegment')} searchable required value={draft.segmentId || null} onChange={(value) => set({ segmentId: value ?? '' })} data={segments.data?.items.map((one) => ({ value: one.id, label: one.name })) ?? []} nothingFoundMessage={t('noSegments')} />
            <Select label={t('channel')} allowDeselect={false} value={draft.channel} onChange={(value) => { set({ channel: value ?? 'email', templateId: '' }); setTrial((now) => ({ ...now, others: [] })); }} data={CHANNELS.map((value) => ({ value, label: t('channel_' + value) }))} />
            <Anchor size="sm" component={Link} to="/segments/new">{t('newSegment')}</Anchor>
          </Stack>{segment ? <LiveCount criteria={segment.criteria} channel={draft.channel} /> : <Card withBorder h="100%"><Text size="sm" c="dimmed">{t('audienceAppears')}</Text></Card>}</SimpleGrid>
        )}
        {step === 1 && (
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
            <Stack>
              <Select label={t('template')} searchable required value={draft.templateId || null} onChange={(value) => set({ templateId: value ?? '' })} data={templates.data?.items.filter((one) => one.channel === draft.channel).map((one) => ({ value: one.id, label: `${one.name} (${one.languages.join(', ')})` })) ?? []} nothingFoundMessage={t('noTemplates')} />
              {draft.templateId ? <Anchor size="sm" component={Link} to={`/templates/${draft.templateId}`}>{t('openTemplate')}</Anchor> : <Anchor size="sm" component={Link} to="/templates/new">{t('newTemplate')}</Anchor>}
              <TextInput label={t('name')} required maxLength={200} value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} dir="auto" />
              <TextInput label={t('senderName')} required maxLength={100} value={draft.senderName} onChange={(event) => set({ senderName: event.currentTarget.value })} />
              {email && <TextInput label={t('fromAddress')} required type="email" placeholder="promo@toko.example" value={draft.fromAddress} onChange={(event) => set({ fromAddress: event.currentTarget.value })} />}
            </Stack>
            {template && segment ? <PreviewForSample templateId={template.id} languages={template.languages} criteria={segment.criteria} channel={draft.channel} /> : <Card withBorder h="100%"><Text size="sm" c="dimmed">{t('previewAppears')}</Text></Card>}
          </SimpleGrid>
        )}
        {step === 2 && <SendingForm value={sending} onChange={(change) => setSending((now) => ({ ...now, ...change }))} />}
        {step === 3 && (
          <Stack maw={760}>
            <NumberInput label={t('holdout')} description={t('holdoutHint')} min={0} max={50} maw={320} value={draft.holdoutPercent} onChange={(value) => set({ holdoutPercent: Number(value) || 0 })} />
            <Text fw={600} size="sm" mt="sm">{t('textsCompared')}</Text>
            <TrialForm value={trial} onChange={(change) => setTrial((now) => ({ ...now, ...change }))} templateId={draft.templateId} channel={draft.channel} />
          </Stack>
        )}
        {step === 4 && (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="lg">
            <Fields fields={[
              { label: t('name'), value: draft.name }, { label: t('segment'), value: segment?.name }, { label: t('template'), value: template?.name }, { label: t('channel'), value: t('channel_' + draft.channel) },
              { label: t('senderName'), value: email ? `${draft.senderName} <${draft.fromAddress}>` : draft.senderName },
            ]} />
            <SendingSummary sending={sending} />
            <Simulation segmentId={draft.segmentId} channel={draft.channel} templateId={draft.templateId} holdoutPercent={draft.holdoutPercent} sending={sending} trial={trial} />
          </SimpleGrid>
        )}
        <Refusal error={create.error} />
        <Group mt="lg">
          {step > 0 && <Button variant="default" onClick={() => setStep(step - 1)}>{t('back')}</Button>}
          {step < 4 ? <Button disabled={!ready[step]} onClick={() => setStep(step + 1)}>{t('next')}</Button> : (
            <><Button variant="default" loading={create.isPending} onClick={() => create.mutate(false)}>{t('createDraft')}</Button><Button disabled={!ready.every(Boolean)} loading={create.isPending} onClick={() => create.mutate(true)}>{t(sending.when === 'later' ? 'createAndSchedule' : 'createAndLaunch')}</Button></>
          )}
        </Group>
      </Card>
    </>
  );
}

/** Both languages side by side, for somebody who would get it. */
function PreviewForSample({ templateId, languages, criteria, channel }: { templateId: string; languages: string[]; criteria: unknown; channel: string }) {
  const t = useCampaignTexts();
  const [chosen, setChosen] = useState<string | null>(null);
  const asked = JSON.stringify(criteria);
  const query = useQuery({ queryKey: ['segment-preview', asked, channel], queryFn: ({ signal }) => take(campaignApi.POST('/api/campaign/v1/segments/preview', { body: { criteria: JSON.parse(asked) as never, channel }, signal })) });
  const people = query.data?.sample ?? [];
  const person = chosen ?? people.find((one) => !one.exclusion)?.customerId ?? people[0]?.customerId;
  return (
    <Card withBorder component="section" aria-label={t('preview')}><Stack gap="sm">
      <Select label={t('previewFor')} value={person ?? null} onChange={setChosen} allowDeselect={false} data={people.map((one) => ({ value: one.customerId, label: one.displayName }))} nothingFoundMessage={t('nobodyMatches')} />
      {person && <SimpleGrid cols={languages.length > 1 ? { base: 1, sm: 2 } : 1} spacing="sm">{languages.map((language) => (
        <Stack key={language} gap={4}><Text size="xs" c="dimmed">{t(language === 'id' ? 'indonesian' : 'english')}</Text><MessagePreview templateId={templateId} customerId={person} language={language} height={260} /></Stack>
      ))}</SimpleGrid>}
    </Stack></Card>
  );
}
