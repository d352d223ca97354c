import { Anchor, Badge, Button, Card, Divider, Group, Modal, Progress as Bar, SimpleGrid, Stack, Table, Tabs, Text, ThemeIcon } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconRocket, IconSend } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link, useLocation, useParams } from 'react-router';
import { analyticsApi, campaignApi, onceSeen, take } from '../api/client';
import { Problem } from '../api/problems';
import { ChartCard, Tile } from '../kit/ChartCard';
import { CustomerName } from '../kit/CustomerName';
import { clock, day, duration, moment, money, number, percent, zone } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Fields, Panel, RecordPage } from '../kit/Record';
import { Empty, Failed, Lines, Loaded, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { MARKETING, useMay } from '../shell/session';
import { Approvals, AskForApproval, ofCampaign } from './Approvals';
import { stateColor } from './CampaignList';
import { CampaignPlan } from './CampaignPlan';
import { Experiment, Figures } from './Outcome';
import { type Progress, useProgress } from './progress';
import { LiveCount } from './SegmentBuilder';
import { useCampaignTexts } from './texts';

export function CampaignRecord() {
  const { id = '' } = useParams();
  const t = useCampaignTexts();
  const queries = useQueryClient();
  const path = { id };
  const query = useQuery({ queryKey: ['campaign', id], queryFn: () => take(campaignApi.GET('/api/campaign/v1/campaigns/{id}', { params: { path } })) });
  const campaign = query.data;
  const segment = useQuery({ queryKey: ['segment', campaign?.segmentId], enabled: !!campaign?.segmentId, queryFn: () => take(campaignApi.GET('/api/campaign/v1/segments/{id}', { params: { path: { id: campaign!.segmentId! } } })) });
  const template = useQuery({ queryKey: ['template', campaign?.templateId], enabled: !!campaign, queryFn: () => take(campaignApi.GET('/api/campaign/v1/templates/{id}', { params: { path: { id: campaign!.templateId } } })) });
  const mayMarket = useMay(...MARKETING);
  const running = campaign?.state === 'sending' || campaign?.state === 'paused';
  const { progress, live } = useProgress(id, running);
  // A launch that the builder asked for and that was refused: the draft is here, and so is the reason.
  const refused = useLocation().state as { status: number; code: string; detail: string } | null;
  const [asking, setAsking] = useState<'launch' | 'cancel' | null>(null);
  const [tab, setTab] = useState<string | null>(null);
  usePage([{ label: t('campaigns'), to: '/campaigns' }, { label: campaign?.name ?? '…' }], 'campaigns');
  const act = useMutation({
    mutationFn: async (action: 'launch' | 'pause' | 'resume' | 'cancel') => {
      const now = await take(campaignApi.GET('/api/campaign/v1/campaigns/{id}', { params: { path } }));
      return take(campaignApi.POST(`/api/campaign/v1/campaigns/{id}/${action}`, { params: { path, header: onceSeen(now.version) as never } }));
    },
    onSettled: () => { setAsking(null); void queries.invalidateQueries({ queryKey: ['campaign', id] }); },
  });
  if (query.error && !campaign) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!campaign) return <Lines rows={10} height={22} />;
  const refusal = act.error ?? (refused?.code && campaign.state === 'draft' && act.isIdle ? new Problem(refused.status, refused.code, refused.detail) : null);
  const draft = campaign.state === 'draft' || campaign.state === 'scheduled';
  const state = progress?.state ?? campaign.state;
  return (
    <>
      <RecordPage type={t('campaign')} title={campaign.name} icon={<ThemeIcon size={44} radius="md" variant="light"><IconSend size={22} /></ThemeIcon>}
        badge={<Badge variant="light" color={stateColor(state)}>{t('state_' + state)}</Badge>}
        facts={[
          { label: t('channel'), value: t('channel_' + campaign.channel) },
          { label: t('segment'), value: campaign.segmentId ? <Anchor component={Link} to={`/segments/${campaign.segmentId}`} size="sm">{segment.data?.name ?? '…'}</Anchor> : '–' },
          { label: t('template'), value: <Anchor component={Link} to={`/templates/${campaign.templateId}`} size="sm">{template.data?.name ?? '…'}</Anchor> },
          { label: t('launched'), value: moment(campaign.launchedAt) },
          { label: t('holdout'), value: `${campaign.holdoutPercent}` },
        ]}
        actions={mayMarket && (
          <>
            {draft && <Button leftSection={<IconRocket size={16} />} onClick={() => setAsking('launch')}>{t('launch')}</Button>}
            {state === 'sending' && <Button variant="default" leftSection={<IconPlayerPause size={16} />} loading={act.isPending} onClick={() => act.mutate('pause')}>{t('pause')}</Button>}
            {state === 'paused' && <Button leftSection={<IconPlayerPlay size={16} />} loading={act.isPending} onClick={() => act.mutate('resume')}>{t('resume')}</Button>}
            {running && <Button variant="subtle" color="red" onClick={() => setAsking('cancel')}>{t('cancel')}</Button>}
          </>
        )}>
        <Stack>
          <Refusal error={refusal} />
          {refusal instanceof Problem && refusal.code.startsWith('campaign.approval') && <AskForApproval of={ofCampaign(id)} />}
          <Tabs value={tab ?? (draft ? 'audience' : running ? 'progress' : 'result')} onChange={setTab}>
            <Tabs.List mb="md">
              {draft && <Tabs.Tab value="audience">{t('audience')}</Tabs.Tab>}<Tabs.Tab value="plan">{t('plan')}</Tabs.Tab>
              <Tabs.Tab value="progress">{t('progress')}</Tabs.Tab><Tabs.Tab value="result">{t('result')}</Tabs.Tab><Tabs.Tab value="recipients">{t('recipients')}</Tabs.Tab><Tabs.Tab value="approvals">{t('approvals')}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="audience">{segment.data ? <LiveCount criteria={segment.data.criteria} channel={campaign.channel} /> : <Lines />}</Tabs.Panel>
            <Tabs.Panel value="plan"><CampaignPlan campaign={campaign} /></Tabs.Panel>
            <Tabs.Panel value="progress">{draft ? <Empty title={t('notLaunched')} hint={t('notLaunchedHint')} /> : running ? <Running progress={progress} live={live} /> : <Final id={id} />}</Tabs.Panel>
            <Tabs.Panel value="result">{draft ? <Empty title={t('notLaunched')} hint={t('notLaunchedHint')} /> : <Result id={id} />}</Tabs.Panel>
            <Tabs.Panel value="recipients"><Recipients id={id} /></Tabs.Panel>
            <Tabs.Panel value="approvals"><Approvals of={ofCampaign(id)} /></Tabs.Panel>
          </Tabs>
        </Stack>
      </RecordPage>
      <Modal opened={asking !== null} onClose={() => setAsking(null)} title={asking === 'cancel' ? t('cancel') : t('launch')} centered>
        <Stack>
          <Text size="sm">{asking === 'cancel' ? t('cancelSure') : <LaunchText segmentId={campaign.segmentId} channel={campaign.channel} />}</Text>
          <Group justify="flex-end"><Button variant="default" onClick={() => setAsking(null)}>{t('keep')}</Button>
            <Button color={asking === 'cancel' ? 'red' : undefined} loading={act.isPending} data-autofocus onClick={() => asking && act.mutate(asking)}>{t(asking === 'cancel' ? 'cancel' : 'launch')}</Button></Group>
        </Stack>
      </Modal>
    </>
  );
}

function LaunchText({ segmentId, channel }: { segmentId: string | null; channel: string }) {
  const t = useCampaignTexts();
  const count = useQuery({ queryKey: ['segment-count', segmentId, channel], enabled: !!segmentId, queryFn: () => take(campaignApi.GET('/api/campaign/v1/segments/{id}/count', { params: { path: { id: segmentId! }, query: { channel } } })) });
  return <>{t('launchSure', { count: number(count.data?.reachable) })}</>;
}

function Running({ progress, live }: { progress: Progress | null; live: boolean }) {
  const t = useCampaignTexts();
  if (!progress) return <Lines rows={4} height={28} />;
  const done = progress.sent + progress.failed + progress.skipped + progress.unknown;
  const share = progress.recipients ? done / progress.recipients : 0;
  return (
    <Stack>
      <Card withBorder>
        <Group justify="space-between" mb={6}><Text fw={650} fz="xl" data-testid="progress">{percent(share)}</Text><Badge variant="dot" color={live ? 'teal' : 'orange'}>{t(live ? 'live' : 'reconnecting')}</Badge></Group>
        <Bar.Root size="lg" aria-label={t('progress')}>
          <Bar.Section value={progress.recipients ? (progress.sent / progress.recipients) * 100 : 0} color="teal.7" aria-label={t('sent')} /><Bar.Section value={progress.recipients ? (progress.failed / progress.recipients) * 100 : 0} color="red.7" aria-label={t('failed')} />
          <Bar.Section value={progress.recipients ? (progress.skipped / progress.recipients) * 100 : 0} color="gray.6" aria-label={t('skipped')} /><Bar.Section value={progress.recipients ? (progress.unknown / progress.recipients) * 100 : 0} color="orange.7" aria-label={t('unknown')} />
        </Bar.Root>
        <Text size="xs" c="dimmed" mt={6} aria-live="polite">{moment(progress.asOf)}</Text>
      </Card>
      <SimpleGrid cols={{ base: 2, sm: 4 }}>
        <Tile label={t('sent')} value={number(progress.sent)} /><Tile label={t('planned')} value={number(progress.planned + progress.sending)} /><Tile label={t('failed')} value={number(progress.failed)} /><Tile label={t('skipped')} value={number(progress.skipped)} />
        <Tile label={t('unknown')} value={number(progress.unknown)} /><Tile label={t('rate')} value={t('perSecond', { rate: number(progress.perSecond, 1) })} /><Tile label={t('toEmpty')} value={duration(progress.secondsToEmpty)} /><Tile label={t('workers')} value={number(progress.workers)} />
      </SimpleGrid>
    </Stack>
  );
}

const useStatistics = (id: string) => useQuery({ queryKey: ['campaign', id, 'statistics'], refetchInterval: 10_000, queryFn: () => take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/statistics', { params: { path: { id } } })) });

function Final({ id }: { id: string }) {
  const t = useCampaignTexts();
  const query = useStatistics(id);
  return (
    <Loaded query={query}>
      {(one) => (
        <Stack>
          <SimpleGrid cols={{ base: 2, sm: 3 }}><Tile label={t('recipients')} value={number(one.recipients)} /><Tile label={t('sent')} value={number(one.sent)} /><Tile label={t('failed')} value={number(one.failed)} /><Tile label={t('skipped')} value={number(one.skipped)} /><Tile label={t('unknown')} value={number(one.unknown)} /></SimpleGrid>
          {Object.entries({ ...one.skippedBy, ...one.failedBy }).map(([reason, count]) => <Group key={reason} justify="space-between" maw={420}><Text size="sm">{t('reason_' + reason)}</Text><Text size="sm" fw={600}>{number(count)}</Text></Group>)}
        </Stack>
      )}
    </Loaded>
  );
}

function Result({ id }: { id: string }) {
  const t = useCampaignTexts();
  const language = useLanguage();
  const statistics = useStatistics(id);
  const trend = useQuery({ queryKey: ['campaign', id, 'trend'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/response-trend', { params: { path: { id }, query: { bucket: 'hour', zone: zone() } } })) });
  const effect = useQuery({ queryKey: ['campaign', id, 'effect'], retry: false, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/campaign-effects/{campaignId}', { params: { path: { campaignId: id } } })) });
  const steps = useMemo(() => {
    const funnel = statistics.data?.funnel;
    return funnel ? (['planned', 'sent', 'delivered', 'opened', 'clicked', 'converted'] as const).map((key) => ({ label: t(key === 'planned' ? 'recipients' : key), value: funnel[key] })) : [];
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the language changes the labels
  }, [statistics.data, t, language]);
  const funnelOption = useMemo(() => ({
    xAxis: { type: 'value' }, yAxis: { type: 'category', inverse: true, data: steps.map((step) => step.label) }, tooltip: {},
    series: [{ type: 'bar', data: steps.map((step) => step.value), barWidth: '62%', itemStyle: { borderRadius: [0, 4, 4, 0] }, label: { show: true, position: 'right', color: 'inherit' } }],
  }), [steps]);
  const hours = useMemo(() => {
    const all = new Map<string, Record<string, number>>();
    for (const bucket of trend.data?.buckets ?? []) all.set(bucket.from, { ...all.get(bucket.from), [bucket.kind]: bucket.filteredUnique });
    return [...all].sort(([a], [b]) => a.localeCompare(b));
  }, [trend.data]);
  const trendOption = useMemo(() => ({
    tooltip: { trigger: 'axis' }, legend: { top: 0 }, xAxis: { type: 'category', data: hours.map(([from]) => `${day(from)} ${clock(from)}`) }, yAxis: { type: 'value', minInterval: 1 },
    series: (['opened', 'clicked'] as const).map((kind) => ({ name: t(kind), type: 'line', smooth: true, showSymbol: hours.length < 3, areaStyle: { opacity: 0.08 }, data: hours.map(([, values]) => values[kind] ?? 0) })),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the language changes the labels
  }), [hours, t, language]);
  return (
    <Loaded query={statistics} rows={8}>
      {(one) => (
        <Stack>
          <SimpleGrid cols={{ base: 2, sm: 4 }}>
            <Tile label={t('sent')} value={number(one.sent)} /><Tile label={t('opened')} value={percent(one.sent ? one.opened.filteredUnique / one.sent : 0, 1)} hint={`${t('filtered')} ${number(one.opened.filteredUnique)} · ${t('raw')} ${number(one.opened.unique)}`} />
            <Tile label={t('clicked')} value={percent(one.sent ? one.clicked.filteredUnique / one.sent : 0, 1)} hint={`${t('filtered')} ${number(one.clicked.filteredUnique)} · ${t('raw')} ${number(one.clicked.unique)}`} />
            <Tile label={t('converted')} value={number(one.conversions.customers)} hint={one.conversions.revenue.map((revenue) => money(revenue.revenue, revenue.currency)).join(' · ') || undefined} />
            <Tile label={t('unsubscribed')} value={number(one.unsubscribed)} /><Tile label={t('bounced')} value={number(one.bounced)} /><Tile label={t('complained')} value={number(one.complained)} />
          </SimpleGrid>
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            <ChartCard name="funnel" title={t('funnel')} definition={t('funnelDefinition', { days: one.conversions.windowDays })} option={funnelOption} header={[t('state'), t('count'), t('share')]} rows={steps.map((step) => [step.label, step.value, percent(steps[0]?.value ? step.value / steps[0].value : 0, 1)])} />
            <ChartCard name="trend" title={t('trend')} definition={t('trendDefinition')} option={trendOption} header={[t('time'), t('opened'), t('clicked')]} rows={hours.map(([from, values]) => [moment(from), values.opened ?? 0, values.clicked ?? 0])} />
          </SimpleGrid>
          <Panel title={t('lift')}>
            <Text size="xs" c="dimmed" mb="xs">{t('liftDefinition')}</Text>
            <Loaded query={effect} rows={2}>
              {(lift) => !lift.conversion ? <Text size="sm">{t('noLift')}</Text> : (
                <SimpleGrid cols={{ base: 1, sm: 3 }}>
                  <Tile label={t('conversionLift')} value={percent(lift.conversion.value, 2)} hint={`${t('interval', { low: percent(lift.conversion.low, 2), high: percent(lift.conversion.high, 2) })} · p ${number(lift.conversion.p, 3)}`} />
                  {lift.incrementalRevenue && <Tile label={t('incremental')} value={money(lift.incrementalRevenue.value, lift.currency)} hint={t('interval', { low: money(lift.incrementalRevenue.low, lift.currency), high: money(lift.incrementalRevenue.high, lift.currency) })} />}
                  <Tile label={`${t('treated')} / ${t('heldOut')}`} value={`${percent(lift.treated.conversionRate, 1)} / ${percent(lift.holdout?.conversionRate, 1)}`} hint={`${number(lift.treated.customers)} / ${number(lift.holdout?.customers)}`} />
                </SimpleGrid>
              )}
            </Loaded>
          </Panel>
          <Figures id={id} />
          <Experiment id={id} />
          {one.links.length > 0 && <Panel title={t('links')}><Table fz="sm"><Table.Tbody>{one.links.map((link) => <Table.Tr key={`${link.variant}${link.link}`}><Table.Td style={{ overflowWrap: 'anywhere' }}>{link.url}</Table.Td><Table.Td ta="right">{number(link.clicked.filteredUnique)}</Table.Td></Table.Tr>)}</Table.Tbody></Table></Panel>}
          <Group><Button component="a" href={`/api/campaign/v1/campaigns/${id}/responses.csv`} variant="default" size="xs" download>{t('exportResponses')}</Button></Group>
        </Stack>
      )}
    </Loaded>
  );
}

type Recipient = { customerId: string; displayName: string; deliveryId: string; channel: string; language: string; state: string; reason: string | null; sentAt: string | null; openedAt: string | null; clickedAt: string | null };

function Recipients({ id }: { id: string }) {
  const t = useCampaignTexts();
  const [receipt, setReceipt] = useState<Recipient | null>(null);
  const query = usePaged(['campaign', id, 'recipients'], (cursor) => take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/recipients', { params: { path: { id }, query: { limit: 100, cursor } } })));
  return (
    <>
      <ListView<Recipient> name="recipients" label={t('recipients')} query={query as never} rowKey={(row) => row.deliveryId ?? row.customerId} height={520} empty={<Empty title={t('noRecipients')} hint={t('noRecipientsHint')} />}
        columns={[
          { key: 'customer', header: t('customer'), value: (row) => row.displayName, width: 220, cell: (row) => <Link to={`/customers/${row.customerId}`} style={{ color: 'inherit' }}>{row.displayName}</Link> },
          { key: 'state', header: t('state'), value: (row) => row.state, width: 110, cell: (row) => <Badge size="sm" variant="light" color={{ sent: 'teal', failed: 'red', unknown: 'orange' }[row.state] ?? 'gray'}>{t(row.state)}</Badge> },
          { key: 'reason', header: t('reason'), value: (row) => row.reason, width: 150, cell: (row) => (row.reason ? t('reason_' + row.reason) : '–') },
          { key: 'sent', header: t('sent'), value: (row) => row.sentAt, width: 180, cell: (row) => moment(row.sentAt) },
          { key: 'opened', header: t('opened'), value: (row) => row.openedAt, width: 120, cell: (row) => clock(row.openedAt) },
          { key: 'clicked', header: t('clicked'), value: (row) => row.clickedAt, width: 120, cell: (row) => clock(row.clickedAt) },
          { key: 'receipt', header: t('receipt'), value: () => '', width: 90, cell: (row) => <Anchor component="button" type="button" size="sm" onClick={() => setReceipt(row)}>{t('receipt')}</Anchor> },
        ]} />
      <Modal opened={receipt !== null} onClose={() => setReceipt(null)} title={t('receiptFor', { name: receipt?.displayName })} size="lg">{receipt && <Receipt campaignId={id} customerId={receipt.customerId} />}</Modal>
    </>
  );
}

function Receipt({ campaignId, customerId }: { campaignId: string; customerId: string }) {
  const t = useCampaignTexts();
  const language = useLanguage();
  const query = useQuery({ queryKey: ['receipt', campaignId, customerId], queryFn: () => take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/receipts/{customerId}', { params: { path: { id: campaignId, customerId } } })) });
  return (
    <Loaded query={query}>
      {(one) => (
        <Stack>
          <Fields fields={[{ label: t('state'), value: t(one.state) }, { label: t('reason'), value: one.reason ? t('reason_' + one.reason) : null }, { label: t('channel'), value: t('channel_' + one.channel) }]} />
          {one.rule && one.rule.facts.length > 0 && <><Divider label={t('rule')} labelPosition="left" />{one.rule.facts.map((fact, index) => (
            <Group key={index} justify="space-between" wrap="nowrap"><Text size="sm">{fact.label[language]} <Text span c="dimmed">{fact.op} {JSON.stringify(fact.value)}</Text></Text><Badge size="sm" variant="light" color={fact.holds ? 'teal' : 'red'}>{t('actual', { value: JSON.stringify(fact.actual) })}</Badge></Group>
          ))}</>}
          {one.consent && <><Divider label={t('consent')} labelPosition="left" /><Fields fields={[{ label: t('consent'), value: `${one.consent.channel} · ${one.consent.purpose}` }, { label: t('time'), value: moment(one.consent.decidedAt) }, { label: t('stepSender'), value: `${one.consent.source} · ${one.consent.notice}` }]} /></>}
          {one.message && <><Divider label={t('message')} labelPosition="left" /><Fields fields={[{ label: t('language'), value: one.message.language }, { label: t('sent'), value: moment(one.message.sentAt) }, { label: t('stepSender'), value: one.message.provider }, { label: 'Message-ID', value: one.message.messageId }]} /></>}
          {one.responses.length > 0 && <><Divider label={t('responses')} labelPosition="left" />{one.responses.map((response, index) => <Group key={index} justify="space-between"><Text size="sm">{t(response.kind)} {response.link}</Text><Text size="xs" c="dimmed">{moment(response.occurredAt)} · {response.verdict}</Text></Group>)}</>}
          <CustomerName id={one.customerId} />
        </Stack>
      )}
    </Loaded>
  );
}
