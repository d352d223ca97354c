import { Alert, Button, Card, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { campaignApi, onceSeen, take } from '../api/client';
import type { components } from '../api/generated/campaign';
import { Problem } from '../api/problems';
import { actor, moment } from '../kit/format';
import { Failed, Lines, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { useDetail } from '../kit/useDetail';
import { MARKETING, useMay } from '../shell/session';
import { AskForApproval, ofCampaign } from './Approvals';
import { experimentOf, saveSending, sendingFrom, start, type Sending, type Trial, trialFrom } from './sending';
import { SendingForm, TrialForm } from './SendingForm';
import { SendingSummary, Simulation } from './SendingSummary';
import { useCampaignTexts } from './texts';

type Campaign = components['schemas']['CampaignResponse'];
type Plan = components['schemas']['PlanResponse'];

/** Time, limits, money and test of a campaign: to be changed in a draft, read afterwards. */
export function CampaignPlan({ campaign }: { campaign: Campaign }) {
  const path = { id: campaign.id };
  const query = useQuery({
    queryKey: ['campaign', campaign.id, 'settings', campaign.version], placeholderData: keepPreviousData,
    queryFn: async () => {
      const [plan, pacing, experiment] = await Promise.all([
        take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/plan', { params: { path } })), take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/pacing', { params: { path } })), experimentOf(campaign.id),
      ]);
      return { plan, experiment, sending: sendingFrom(plan, pacing, campaign.channel), trial: trialFrom(experiment) };
    },
  });
  const mayMarket = useMay(...MARKETING);
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Lines rows={8} height={22} />;
  const { plan, experiment, sending, trial } = query.data;
  if (campaign.state === 'draft' && mayMarket) return <Edit key={campaign.id} campaign={campaign} kept={{ plan, experiment }} initial={sending} initialTrial={trial} />;
  return (
    <Stack>
      {plan.schedule && <Scheduled campaign={campaign} schedule={plan.schedule} mayChange={mayMarket} />}
      <Card withBorder><SendingSummary sending={sending} /></Card>
      {campaign.state === 'scheduled' && campaign.segmentId && <Simulation segmentId={campaign.segmentId} channel={campaign.channel} templateId={campaign.templateId} holdoutPercent={campaign.holdoutPercent} sending={sending} trial={trial} />}
    </Stack>
  );
}

/** What is typed stays through refusals and saves; of the version it goes on from the last that it wrote itself, so that somebody else's change is noticed. */
function Edit({ campaign, kept, initial, initialTrial }: { campaign: Campaign; kept: { plan: Plan; experiment: components['schemas']['ExperimentResponse'] | null }; initial: Sending; initialTrial: Trial }) {
  const t = useCampaignTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [sending, setSending] = useState(initial);
  const [trial, setTrial] = useState(initialTrial);
  const version = useRef(campaign.version);
  const savedTrial = useRef(JSON.stringify(initialTrial));
  const save = useMutation({
    mutationFn: async (schedule: boolean) => {
      const tried = JSON.stringify(trial);
      await saveSending(campaign, version.current, sending, tried === savedTrial.current ? null : trial, kept, (now) => { version.current = now; });
      savedTrial.current = tried;
      if (schedule) await start(campaign.id, version.current, 'later');
    },
    onSuccess: () => notifications.show({ message: t('saved'), color: 'teal' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['campaign', campaign.id] }),
  });
  const incomplete = (sending.when === 'later' && !sending.day) || trial.others.some((one) => !one);
  return (
    <Stack>
      <SendingForm value={sending} onChange={(change) => setSending((now) => ({ ...now, ...change }))} />
      {!campaign.segmentId ? null : <Card withBorder><Stack gap="sm"><Text fw={600} size="sm">{t('stepTest')}</Text><TrialForm value={trial} onChange={(change) => setTrial((now) => ({ ...now, ...change }))} templateId={campaign.templateId} channel={campaign.channel} /></Stack></Card>}
      {campaign.segmentId && <Simulation segmentId={campaign.segmentId} channel={campaign.channel} templateId={campaign.templateId} holdoutPercent={campaign.holdoutPercent} sending={sending} trial={trial} />}
      <Refusal error={save.error} />
      {save.error instanceof Problem && save.error.code.startsWith('campaign.approval') && <AskForApproval of={ofCampaign(campaign.id)} />}
      <Group>
        <Button variant={sending.when === 'later' ? 'default' : 'filled'} disabled={incomplete} loading={save.isPending} onClick={() => save.mutate(false)}>{kit('save')}</Button>
        {sending.when === 'later' && <Button disabled={incomplete} loading={save.isPending} onClick={() => save.mutate(true)}>{t('saveAndSchedule')}</Button>}
      </Group>
    </Stack>
  );
}

function Scheduled({ campaign, schedule, mayChange }: { campaign: Campaign; schedule: NonNullable<Plan['schedule']>; mayChange: boolean }) {
  const t = useCampaignTexts();
  const queries = useQueryClient();
  const held = useDetail(schedule.holdCode ? { code: schedule.holdCode, detail: schedule.holdMessage ?? '' } : undefined);
  const stop = useMutation({
    mutationFn: () => take(campaignApi.POST('/api/campaign/v1/campaigns/{id}/unschedule', { params: { path: { id: campaign.id }, header: onceSeen(campaign.version) as never } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['campaign', campaign.id] }),
  });
  return (
    <Alert color={held ? 'orange' : 'blue'} variant="light">
      <Group justify="space-between">
        <div><Text size="sm">{t('scheduledFor', { time: moment(schedule.launchAt), name: actor(schedule.scheduledBy) })}</Text>{held && <Text size="sm">{held}{schedule.nextAttemptAt ? ` ${t('triedAgain', { time: moment(schedule.nextAttemptAt) })}` : ''}</Text>}</div>
        {mayChange && <Button size="xs" variant="default" loading={stop.isPending} onClick={() => stop.mutate()}>{t('unschedule')}</Button>}
      </Group>
      <Refusal error={stop.error} />
    </Alert>
  );
}
