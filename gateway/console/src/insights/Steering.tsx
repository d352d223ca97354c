import { Anchor, Badge, Button, Card, Group, Modal, NativeSelect, NumberInput, Progress, SimpleGrid, Stack, Tabs, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { analyticsApi, once, onceSeen, take } from '../api/client';
import type { components } from '../api/generated/analytics';
import { Problem } from '../api/problems';
import { Tile } from '../kit/ChartCard';
import { DateField } from '../kit/DateField';
import { useDraft } from '../kit/draft';
import { day, money, number, percent } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { Empty, Loaded, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { DECIDERS, useMay } from '../shell/session';
import { useInsightTexts } from './texts';

type Decision = components['schemas']['DecisionResponse'];
const BASES = ['alert', 'product-issue', 'campaign-effect', 'segment', 'voice', 'driver', 'report', 'maturity', 'other'];

/** Decisions and their reviews, targets and what is reached, maturity from facts of use. */
export function Steering() {
  const t = useInsightTexts();
  const [search, setSearch] = useSearchParams();
  usePage([{ label: t('steering') }]);
  return (
    <>
      <PageTitle title={t('steering')} hint={t('steeringHint')} />
      <Tabs value={search.get('tab') ?? 'decisions'} onChange={(tab) => setSearch({ tab: tab ?? 'decisions' }, { replace: true })} keepMounted={false}>
        <Tabs.List mb="md">{(['decisions', 'targets', 'maturity'] as const).map((tab) => <Tabs.Tab key={tab} value={tab}>{t(tab)}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value="decisions"><Decisions /></Tabs.Panel><Tabs.Panel value="targets"><Targets /></Tabs.Panel><Tabs.Panel value="maturity"><Maturity /></Tabs.Panel>
      </Tabs>
    </>
  );
}

function Decisions() {
  const t = useInsightTexts();
  const may = useMay(...DECIDERS);
  const [state, setState] = useState('open');
  const [creating, setCreating] = useState(false);
  const [reviewing, setReviewing] = useState<Decision | null>(null);
  const query = useQuery({ queryKey: ['decisions', state], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/decisions', { params: { query: { state, limit: 100 } } })) });
  return (
    <Stack>
      <Group justify="space-between"><NativeSelect aria-label={t('state')} value={state} onChange={(event) => setState(event.currentTarget.value)} data={['open', 'reviewed'].map((one) => ({ value: one, label: t(one) }))} />{may && <Button onClick={() => setCreating(true)}>{t('newDecision')}</Button>}</Group>
      <Loaded query={query}>{(page) => page.items.length === 0 ? <Card withBorder><Empty title={t('noDecisions')} hint={t('noDecisionsHint')} /></Card> : <>{page.items.map((one) => (
        <Card key={one.id} withBorder>
          <Group justify="space-between" align="flex-start" wrap="nowrap">
            <div style={{ minWidth: 0 }}><Text fw={600} dir="auto">{one.title}</Text><Text size="sm" dir="auto" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{one.decision}</Text><Text size="xs" c="dimmed" mt={4}>{t('basis_' + one.insightType)} · {one.owner} · {t('reviewOn')} {day(one.reviewOn)} {one.overdue && <Badge size="xs" color="red" variant="light" tt="none">{t('overdue')}</Badge>}</Text>{one.outcome && <Text size="sm" mt={4} dir="auto"><Badge size="sm" tt="none" variant="light" mr={6}>{t(one.verdict ?? 'unclear')}</Badge>{one.outcome}</Text>}</div>
            {may && one.state === 'open' && <Button size="xs" variant="default" style={{ flexShrink: 0 }} onClick={() => setReviewing(one)}>{t('review')}</Button>}
          </Group>
        </Card>
      ))}</>}</Loaded>
      {creating && <NewDecision onClose={() => setCreating(false)} />}
      {reviewing && <Review decision={reviewing} onClose={() => setReviewing(null)} />}
    </Stack>
  );
}

function NewDecision({ onClose }: { onClose: () => void }) {
  const t = useInsightTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [form, set, forget] = useDraft('decision', { insightType: 'report', insightRef: '', title: '', decision: '', owner: '', reviewOn: '' });
  const save = useMutation({ mutationFn: () => take(analyticsApi.POST('/api/analytics/v1/decisions', { params: { header: once() }, body: form })), onSuccess: () => { forget(); void queries.invalidateQueries({ queryKey: ['decisions'] }); onClose(); } });
  return (
    <Modal opened onClose={onClose} title={t('newDecision')} size="lg"><form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}><Stack gap="sm">
      <TextInput label={t('title')} required maxLength={200} dir="auto" value={form.title} onChange={(event) => set({ title: event.currentTarget.value })} />
      <Textarea label={t('decision')} required maxLength={5000} autosize minRows={3} maxRows={10} dir="auto" value={form.decision} onChange={(event) => set({ decision: event.currentTarget.value })} />
      <Group grow><NativeSelect label={t('basis')} value={form.insightType} onChange={(event) => set({ insightType: event.currentTarget.value })} data={BASES.map((one) => ({ value: one, label: t('basis_' + one) }))} /><TextInput label={t('reference')} required maxLength={500} value={form.insightRef} onChange={(event) => set({ insightRef: event.currentTarget.value })} /></Group>
      <Group grow><TextInput label={t('owner')} required maxLength={200} dir="auto" value={form.owner} onChange={(event) => set({ owner: event.currentTarget.value })} /><DateField label={t('reviewOn')} required value={form.reviewOn} onChange={(reviewOn) => set({ reviewOn })} /></Group>
      <Refusal error={save.error} /><Group justify="flex-end"><Button variant="default" onClick={() => { forget(); onClose(); }}>{kit('cancel')}</Button><Button type="submit" loading={save.isPending}>{kit('save')}</Button></Group>
    </Stack></form></Modal>
  );
}

function Review({ decision, onClose }: { decision: Decision; onClose: () => void }) {
  const t = useInsightTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [form, set, forget] = useDraft('review.' + decision.id, { outcome: '', verdict: 'worked' });
  const save = useMutation({
    mutationFn: () => take(analyticsApi.POST('/api/analytics/v1/decisions/{id}/review', { params: { path: { id: decision.id }, header: onceSeen(decision.version) }, body: form })),
    onSuccess: () => { forget(); void queries.invalidateQueries({ queryKey: ['decisions'] }); onClose(); },
    onError: (error) => { if (error instanceof Problem && error.isConflict) void queries.invalidateQueries({ queryKey: ['decisions'] }); },
  });
  return (
    <Modal opened onClose={onClose} title={`${t('review')}: ${decision.title}`} size="lg"><form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}><Stack gap="sm">
      <NativeSelect label={t('verdict')} value={form.verdict} onChange={(event) => set({ verdict: event.currentTarget.value })} data={['worked', 'did_not_work', 'unclear'].map((one) => ({ value: one, label: t(one) }))} />
      <Textarea label={t('outcome')} required maxLength={5000} autosize minRows={3} maxRows={10} dir="auto" value={form.outcome} onChange={(event) => set({ outcome: event.currentTarget.value })} />
      {save.error instanceof Problem && save.error.isConflict ? <Text size="sm" role="alert">{t('stale')}</Text> : <Refusal error={save.error} />}
      <Group justify="flex-end"><Button variant="default" onClick={onClose}>{kit('cancel')}</Button><Button type="submit" disabled={!form.outcome.trim()} loading={save.isPending}>{kit('save')}</Button></Group>
    </Stack></form></Modal>
  );
}

function Targets() {
  const t = useInsightTexts();
  const may = useMay('analyst', 'ops', 'sales-manager');
  const [creating, setCreating] = useState(false);
  const query = useQuery({ queryKey: ['targets'], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/executive-dashboard')) });
  return (
    <Stack>
      {may && <Group justify="flex-end"><Button onClick={() => setCreating(true)}>{t('newTarget')}</Button></Group>}
      <Loaded query={query}>{(board) => (
        <>
          <SimpleGrid cols={{ base: 2, md: 3, xl: 6 }}><Tile label={t('onTrack')} value={number(board.onTrack)} /><Tile label={t('behind')} value={number(board.behind)} /><Tile label={t('notMeasured')} value={number(board.notMeasured)} /><Tile label={t('alerts')} value={number(board.openAlerts)} hint={money(board.moneyAtStake, 'IDR')} /><Tile label={t('issues')} value={number(board.openProductIssues)} /><Tile label={t('overdueDecisions')} value={number(board.overdueDecisions)} /></SimpleGrid>
          {board.targets.length === 0 ? <Card withBorder><Empty title={t('noTargets')} hint={t('noTargetsHint')} /></Card> : <SimpleGrid cols={{ base: 1, md: 2 }}>{board.targets.map((one) => {
            const show = (value: number | null) => (one.measure === 'net_revenue' ? money(value, one.currency) : number(value, 2));
            return (
              <Card key={one.id} withBorder><Group justify="space-between"><Text fw={600} dir="auto">{one.unit} · {t(one.measure)}</Text><Text fw={650} c={one.attainment == null ? 'dimmed' : one.attainment >= 1 ? 'teal' : 'orange.8'}>{one.attainment == null ? (one.reason ?? '').replaceAll('_', ' ') : percent(one.attainment, 1)}</Text></Group><Progress my={6} value={Math.min(100, (one.attainment ?? 0) * 100)} color={(one.attainment ?? 0) >= 1 ? 'teal' : 'orange'} aria-label={t('attainment')} /><Text size="sm">{t('actual')} {show(one.actual)} · {t('dueToDate')} {show(one.dueToDate)} · {t('amount')} {show(one.amount)}</Text><Text size="xs" c="dimmed">{day(one.from)} – {day(one.to)} · {one.owner}</Text></Card>
            );
          })}</SimpleGrid>}
        </>
      )}</Loaded>
      {creating && <NewTarget onClose={() => setCreating(false)} />}
    </Stack>
  );
}

function NewTarget({ onClose }: { onClose: () => void }) {
  const t = useInsightTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [form, set, forget] = useDraft('target', { unit: '', measure: 'net_revenue', currency: 'IDR', from: '', to: '', amount: 0, owner: '' });
  const save = useMutation({ mutationFn: () => take(analyticsApi.POST('/api/analytics/v1/targets', { params: { header: once() }, body: form })), onSuccess: () => { forget(); void queries.invalidateQueries({ queryKey: ['targets'] }); onClose(); } });
  return (
    <Modal opened onClose={onClose} title={t('newTarget')}><form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}><Stack gap="sm">
      <TextInput label={t('unit')} required maxLength={100} dir="auto" value={form.unit} onChange={(event) => set({ unit: event.currentTarget.value })} />
      <NativeSelect label={t('measure')} value={form.measure} onChange={(event) => set({ measure: event.currentTarget.value })} data={['net_revenue', 'satisfaction', 'new_customers'].map((one) => ({ value: one, label: t(one) }))} />
      <NumberInput label={t('amount')} required value={form.amount} onChange={(value) => set({ amount: Number(value) || 0 })} />
      <Group grow><DateField label={t('from')} required value={form.from} onChange={(from) => set({ from })} /><DateField label={t('until')} required value={form.to} onChange={(to) => set({ to })} min={form.from || undefined} /></Group>
      <TextInput label={t('owner')} required maxLength={200} dir="auto" value={form.owner} onChange={(event) => set({ owner: event.currentTarget.value })} />
      <Refusal error={save.error} /><Group justify="flex-end"><Button variant="default" onClick={() => { forget(); onClose(); }}>{kit('cancel')}</Button><Button type="submit" loading={save.isPending}>{kit('save')}</Button></Group>
    </Stack></form></Modal>
  );
}

function Maturity() {
  const t = useInsightTexts();
  const language = useLanguage();
  const query = useQuery({ queryKey: ['maturity'], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/maturity-board')) });
  return <Loaded query={query}>{(board) => (
    <Stack>
      <SimpleGrid cols={{ base: 1, sm: 3 }}><Tile label={t('overall')} value={percent(board.overall, 1)} definition={t('overallDefinition')} hint={t('scoredOf', { count: board.scored })} /></SimpleGrid>
      {(['pillar', 'phase', 'stage', 'factor'] as const).map((group) => (
        <Card key={group} withBorder><Title order={2} size="h6" mb="sm">{t(group === 'stage' ? 'stage_group' : group)}</Title>
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">{board.measures.filter((one) => one.group === group).map((one) => (
            <div key={one.key}><Group justify="space-between"><Anchor component={Link} to={one.improveAt} size="sm" fw={550}>{one.name[language]}</Anchor><Text size="sm" fw={650} c={one.score == null ? 'dimmed' : undefined}>{one.score == null ? t('noScore') : percent(one.score)}</Text></Group><Progress size="sm" my={4} value={(one.score ?? 0) * 100} aria-label={one.name[language]} /><Text size="xs" c="dimmed">{one.fact[language]}{one.denominator > 0 && ` (${number(one.numerator)} / ${number(one.denominator)})`}</Text></div>
          ))}</SimpleGrid>
        </Card>
      ))}
    </Stack>
  )}</Loaded>;
}
