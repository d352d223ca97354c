import { Alert, Badge, Button, Card, Grid, Group, JsonInput, Menu, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArrowsSplit, IconBolt, IconClock, IconCoin, IconDoorExit, IconFlag, IconGitBranch, IconHeadset, IconMail, IconTag } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useParams } from 'react-router';
import { campaignApi, onceSeen, seen, take } from '../api/client';
import { number } from '../kit/format';
import { Failed, Lines, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { MARKETING, useMay } from '../shell/session';
import { Approvals, ofJourney } from './Approvals';
import { stateColor } from './CampaignList';
import classes from './JourneyCanvas.module.css';
import { type Definition, layout, type Node } from './graph';
import { StepForm } from './StepForm';
import { addStep, KINDS, removeStep } from './steps';
import { useCampaignTexts } from './texts';
import { TriggerForm } from './TriggerForm';

const ICONS = { send: IconMail, wait: IconClock, waitUntil: IconClock, branch: IconGitBranch, split: IconArrowsSplit, tag: IconTag, case: IconHeadset, points: IconCoin, goal: IconFlag, exit: IconDoorExit } as const;
const COLORS: Record<string, string> = { send: 'blue', wait: 'gray', waitUntil: 'gray', branch: 'grape', split: 'grape', tag: 'teal', case: 'orange', points: 'yellow', goal: 'green', exit: 'gray' };
const [WIDTH, HEIGHT, GAP_X, GAP_Y] = [210, 64, 40, 56];

export function JourneyCanvas() {
  const { id = '' } = useParams();
  const query = useQuery({ queryKey: ['journey', id], queryFn: () => take(campaignApi.GET('/api/campaign/v1/journeys/{id}', { params: { path: { id } } })) });
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  return query.data ? <Canvas key={query.data.version} journey={query.data as unknown as Journey} /> : <Lines rows={8} height={26} />;
}

interface Journey { id: string; version: number; name: string; state: string; definition: Definition; audienceTag: string | null; dailyLimit: number | null }

function Canvas({ journey }: { journey: Journey }) {
  const t = useCampaignTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const mayMarket = useMay(...MARKETING);
  const path = { id: journey.id };
  const [definition, setDefinition] = useState(journey.definition);
  const [chosen, setChosen] = useState<string | null>(null);
  const [json, setJson] = useState<string | null>(null);
  const changed = definition !== journey.definition;
  usePage([{ label: t('journeys'), to: '/journeys' }, { label: journey.name }], 'journeys');
  const counts = useQuery({ queryKey: ['journey', journey.id, 'counts'], refetchInterval: 5000, retry: false, queryFn: () => take(campaignApi.GET('/api/campaign/v1/journeys/{id}/counts', { params: { path } })) });
  const done = () => void queries.invalidateQueries({ queryKey: ['journey', journey.id] });
  const save = useMutation({
    mutationFn: () => take(campaignApi.PUT('/api/campaign/v1/journeys/{id}', { params: { path, header: seen(journey.version) }, body: { name: journey.name, definition: definition as never, audienceTag: journey.audienceTag, dailyLimit: journey.dailyLimit } as never })),
    onSuccess: () => { notifications.show({ message: t('saved'), color: 'teal' }); done(); },
  });
  const act = useMutation({ mutationFn: (action: 'activate' | 'pause' | 'end') => take(campaignApi.POST(`/api/campaign/v1/journeys/{id}/${action}`, { params: { path, header: onceSeen(journey.version) as never } })), onSettled: done });
  const { places, edges, rows, columns } = useMemo(() => layout(definition), [definition]);
  const node = definition.nodes.find((one) => one.id === chosen);
  const choose = (one: Node) => { setChosen(one.id); setJson(null); };
  const put = (changed: Node) => setDefinition({ ...definition, nodes: definition.nodes.map((one) => (one.id === chosen ? changed : one)) });
  let parsed: Node | null = null;
  try { parsed = JSON.parse(json ?? 'null') as Node | null; } catch { parsed = null; }
  const without = node ? removeStep(definition, node.id) : null;
  const at = (id: string) => { const place = places.get(id)!; return { x: place.column * (WIDTH + GAP_X), y: place.row * (HEIGHT + GAP_Y) }; };
  function add(kind: string) {
    const added = addStep(definition, kind, chosen);
    setDefinition(added.definition);
    choose(added.step); // what is added next goes behind it
  }
  return (
    <>
      <PageTitle title={journey.name}>
        <Badge variant="light" color={stateColor(journey.state)}>{t('state_' + journey.state)}</Badge>
        {mayMarket && <>
          {changed && <Text size="sm" c="dimmed">{t('unsaved')}</Text>}
          {changed && <Button variant="default" onClick={() => setDefinition(journey.definition)}>{kit('cancel')}</Button>}
          <Button variant={changed ? 'filled' : 'default'} disabled={!changed} loading={save.isPending} onClick={() => save.mutate()}>{kit('save')}</Button>
          {journey.state === 'active' ? <Button variant="default" loading={act.isPending} onClick={() => act.mutate('pause')}>{t('pause')}</Button> : journey.state !== 'ended' && <Button disabled={changed} loading={act.isPending} onClick={() => act.mutate('activate')}>{t('activate')}</Button>}
        </>}
      </PageTitle>
      <Stack mb="sm"><Refusal error={save.error ?? act.error} /></Stack>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Card withBorder padding="md" className={classes.frame} tabIndex={0} role="region" aria-label={t('canvas')}>
            <Group mb="md" gap="xs"><ThemeIcon variant="light" color="yellow" aria-hidden><IconBolt size={16} /></ThemeIcon><Text size="sm"><b>{t('trigger')}</b>: {t('event_' + (definition.trigger?.on ?? 'manual'))}</Text>{counts.data && <Text size="sm" c="dimmed">{t('entered')} {number(counts.data.entered)} · {t('waiting')} {number(counts.data.waiting)} · {t('left')} {number(counts.data.left)}</Text>}</Group>
            <div className={classes.canvas} style={{ width: columns * (WIDTH + GAP_X), height: rows * (HEIGHT + GAP_Y) }}>
              <svg className={classes.edges} width="100%" height="100%" aria-hidden>
                {edges.map((edge, index) => {
                  const [from, to] = [at(edge.from), at(edge.to)];
                  const [x1, y1, x2, y2] = [from.x + WIDTH / 2, from.y + HEIGHT, to.x + WIDTH / 2, to.y];
                  return <g key={index}><path d={`M${x1},${y1} C${x1},${y1 + 30} ${x2},${y2 - 30} ${x2},${y2}`} />{edge.label && <text x={(x1 + x2) / 2 + 6} y={(y1 + y2) / 2}>{edge.label}</text>}</g>;
                })}
              </svg>
              {definition.nodes.map((one) => {
                const place = at(one.id);
                const Icon = ICONS[one.kind as keyof typeof ICONS] ?? IconBolt;
                const numbers = counts.data?.nodes.filter((count) => count.node === one.id);
                return (
                  <button key={one.id} type="button" className={classes.node} data-chosen={one.id === chosen || undefined} aria-pressed={one.id === chosen} style={{ left: place.x, top: place.y, width: WIDTH, height: HEIGHT }} onClick={() => (one.id === chosen ? setChosen(null) : choose(one))}>
                    <ThemeIcon variant="light" color={COLORS[one.kind] ?? 'gray'} aria-hidden><Icon size={16} /></ThemeIcon>
                    <span className={classes.words}><b>{t('kind_' + one.kind)}</b><span>{one.id}{numbers && numbers.length > 0 && ` · ${number(numbers.reduce((sum, count) => sum + count.passed, 0))} / ${number(numbers.reduce((sum, count) => sum + count.waiting, 0))}`}</span></span>
                  </button>
                );
              })}
            </div>
          </Card>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Card withBorder padding="md"><Stack gap="sm">
            <Group justify="space-between"><Title order={2} size="h5">{node ? `${t('kind_' + node.kind)} · ${node.id}` : t('trigger')}</Title>{mayMarket && <Menu><Menu.Target><Button size="compact-sm" variant="default">{t('addNode')}</Button></Menu.Target><Menu.Dropdown>{KINDS.map((kind) => <Menu.Item key={kind} onClick={() => add(kind)}>{t('kind_' + kind)}</Menu.Item>)}</Menu.Dropdown></Menu>}</Group>
            {!node ? <><TriggerForm definition={definition} readOnly={!mayMarket} onChange={setDefinition} /><Text size="sm" c="dimmed">{t('chooseNode')}</Text></> : <>
              {json === null ? <StepForm step={node} steps={definition.nodes} readOnly={!mayMarket} onChange={put} />
                : <JsonInput autosize minRows={8} maxRows={24} value={json} onChange={setJson} readOnly={!mayMarket} aria-label={t('nodeDetails')} error={parsed ? undefined : t('badJson')} />}
              <Group gap="xs">
                {json !== null && mayMarket && <Button size="xs" disabled={!parsed?.id} onClick={() => { put(parsed!); setChosen(parsed!.id); setJson(null); }}>{t('applyNode')}</Button>}
                <Button size="xs" variant="subtle" onClick={() => setJson(json === null ? JSON.stringify(node, null, 2) : null)}>{t(json === null ? 'asJson' : 'asFields')}</Button>
                {mayMarket && <Button size="xs" variant="subtle" color="red" disabled={without === null} title={without === null ? t('stepNeeded') : undefined} onClick={() => { setDefinition(without!); setChosen(null); }}>{t('removeStep')}</Button>}
              </Group>
            </>}
            {journey.state === 'draft' && counts.error != null && <Alert variant="light" color="gray">{t('notLaunched')}</Alert>}
          </Stack></Card>
          {journey.state !== 'ended' && <Card withBorder padding="md" mt="md"><Title order={2} size="h5" mb="sm">{t('approvals')}</Title><Approvals of={ofJourney(journey.id)} mayAsk={!changed && journey.state !== 'active'} /></Card>}
        </Grid.Col>
      </Grid>
    </>
  );
}
