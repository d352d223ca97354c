import { ActionIcon, Button, Group, NumberInput, Paper, SegmentedControl, Select, Stack, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { TimePicker } from '@mantine/dates';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { campaignApi, take } from '../api/client';
import { Lines } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { newGroup, read, write } from './criteria';
import type { Node } from './graph';
import { CHANNELS, GroupEditor, useCatalogue } from './SegmentBuilder';
import { EVENTS } from './steps';
import { useCampaignTexts } from './texts';

interface Props { step: Node; steps: Node[]; readOnly: boolean; onChange: (step: Node) => void }
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const text = (value: unknown) => (typeof value === 'string' ? value : '');
const count = (value: unknown) => (typeof value === 'number' ? value : '');

/** What a step does and where it leads, by fields. An emptied field is left out of the definition. */
export function StepForm({ step, steps, readOnly, onChange }: Props) {
  const t = useCampaignTexts();
  const kit = useKitTexts();
  const set = (change: Record<string, unknown>) => onChange(Object.fromEntries(Object.entries({ ...step, ...change }).filter(([, value]) => value !== undefined && value !== '')) as unknown as Node);
  const line = (name: string, maxLength: number, required = true) => <TextInput label={t('step_' + name)} withAsterisk={required} maxLength={maxLength} dir="auto" readOnly={readOnly} value={text(step[name])} onChange={(event) => set({ [name]: event.currentTarget.value })} />;
  const choice = (name: string, values: string[], label: (value: string) => string, fallback?: string) => <Select label={t('step_' + name)} allowDeselect={fallback === undefined} readOnly={readOnly} value={text(step[name]) || (fallback ?? null)} data={values.map((value) => ({ value, label: label(value) }))} onChange={(value) => set({ [name]: value ?? undefined })} />;
  const next = <Next steps={steps} self={step.id} label={t('step_next')} readOnly={readOnly} value={step.next} onChange={(to) => set({ next: to })} />;
  const duration = (
    <Group grow align="flex-end" gap="xs">
      {([['days', 731], ['hours', 10_000], ['minutes', 100_000]] as const).map(([name, most]) => <NumberInput key={name} label={t('step_' + name)} min={0} max={most} allowDecimal={false} readOnly={readOnly} value={count(step[name])} onChange={(value) => set({ [name]: typeof value === 'number' && value > 0 ? value : undefined })} />)}
    </Group>
  );
  const event = (
    <>
      {choice('event', EVENTS, (value) => t('event_' + value))}
      {step.event === 'tagAdded' && line('tag', 100)}
    </>
  );
  switch (step.kind) {
    case 'send': return <Stack gap="sm">{choice('channel', CHANNELS, (value) => t('channel_' + value), 'email')}<Template step={step} readOnly={readOnly} onChange={(templateId) => set({ templateId })} />{line('senderName', 100)}{line('fromAddress', 254)}{next}</Stack>;
    case 'wait': return <Stack gap="sm">{duration}{choice('weekday', WEEKDAYS, (value) => t('weekday_' + value))}<TimePicker label={t('step_at')} format="24h" readOnly={readOnly} value={text(step.at)} onChange={(at) => set({ at: at.slice(0, 5) })} hoursInputLabel={`${t('step_at')}: ${kit('hours')}`} minutesInputLabel={`${t('step_at')}: ${kit('minutes')}`} /><Text size="xs" c="dimmed">{t('step_zoneHint')}</Text>{next}</Stack>;
    case 'waitUntil': return (
      <Stack gap="sm">
        <SegmentedControl size="xs" readOnly={readOnly} aria-label={t('step_waitFor')} value={step.criteria === undefined ? 'event' : 'criteria'} data={[{ value: 'event', label: t('step_event') }, { value: 'criteria', label: t('rules') }]}
          onChange={(kind) => set(kind === 'event' ? { criteria: undefined, event: 'purchaseRecorded' } : { event: undefined, tag: undefined, criteria: { all: [] } })} />
        {step.criteria === undefined ? event : <Criteria key={step.id} criteria={step.criteria} onChange={(criteria) => set({ criteria })} />}
        <Text size="sm" fw={500}>{t('step_atMost')}</Text>{duration}{next}
        <Next steps={steps} self={step.id} label={t('step_otherwiseLate')} readOnly={readOnly} value={step.otherwise} onChange={(to) => set({ otherwise: to })} />
      </Stack>
    );
    case 'branch': return (
      <Stack gap="sm">
        {(step.branches ?? []).map((branch, index) => (
          <Paper key={index} withBorder p="sm"><Stack gap="xs">
            <Group justify="space-between"><Text size="sm" fw={600}>{t('step_branch', { number: index + 1 })}</Text>{!readOnly && (step.branches ?? []).length > 1 && <ActionIcon variant="subtle" color="gray" aria-label={t('step_removeBranch', { number: index + 1 })} onClick={() => set({ branches: step.branches!.filter((_, at) => at !== index) })}><IconX size={16} /></ActionIcon>}</Group>
            <Criteria key={`${step.id} ${index} ${step.branches!.length}`} criteria={(branch as { criteria?: unknown }).criteria} onChange={(criteria) => set({ branches: step.branches!.map((one, at) => (at === index ? { ...one, criteria } : one)) })} />
            <Next steps={steps} self={step.id} label={t('step_next')} readOnly={readOnly} value={branch.next} onChange={(to) => set({ branches: step.branches!.map((one, at) => (at === index ? { ...one, next: to } : one)) })} />
          </Stack></Paper>
        ))}
        {!readOnly && <Group><Button size="compact-sm" variant="light" onClick={() => set({ branches: [...(step.branches ?? []), { criteria: { all: [] }, next: step.otherwise }] })}>{t('step_addBranch')}</Button></Group>}
        <Next steps={steps} self={step.id} label={t('step_otherwise')} readOnly={readOnly} value={step.otherwise} onChange={(to) => set({ otherwise: to })} />
      </Stack>
    );
    case 'split': {
      const paths = step.paths ?? [];
      const whole = paths.reduce((sum, path) => sum + (path.percent ?? 0), 0);
      return (
        <Stack gap="sm">
          {paths.map((path, index) => (
            <Group key={index} align="flex-end" gap="xs" wrap="nowrap">
              <NumberInput w={110} label={t('step_percent')} suffix=" %" min={0.01} max={100} decimalScale={2} readOnly={readOnly} value={path.percent ?? ''} onChange={(value) => set({ paths: paths.map((one, at) => (at === index ? { ...one, percent: typeof value === 'number' ? value : 0 } : one)) })} />
              <Next grow steps={steps} self={step.id} label={t('step_next')} readOnly={readOnly} value={path.next} onChange={(to) => set({ paths: paths.map((one, at) => (at === index ? { ...one, next: to } : one)) })} />
              {!readOnly && paths.length > 2 && <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('step_removeBranch', { number: index + 1 })} onClick={() => set({ paths: paths.filter((_, at) => at !== index) })}><IconX size={16} /></ActionIcon>}
            </Group>
          ))}
          {whole !== 100 && <Text size="sm" c="red" role="status">{t('step_notWhole', { whole })}</Text>}
          {!readOnly && <Group><Button size="compact-sm" variant="light" onClick={() => set({ paths: [...paths, { percent: Math.max(0, 100 - whole), next: paths[0]?.next ?? '' }] })}>{t('step_addPath')}</Button></Group>}
        </Stack>
      );
    }
    case 'tag': return <Stack gap="sm">{(['add', 'remove'] as const).map((name) => <TagsInput key={name} label={t('step_' + name)} readOnly={readOnly} acceptValueOnBlur value={(step[name] as string[] | undefined) ?? []} onChange={(tags) => set({ [name]: tags.length > 0 ? tags : undefined })} />)}{next}</Stack>;
    case 'case': return (
      <Stack gap="sm">
        {choice('type', ['question', 'incident', 'problem', 'complaint', 'return', 'featureRequest'], (value) => t('caseType_' + value), 'question')}{choice('priority', ['low', 'normal', 'high', 'urgent'], (value) => t('priority_' + value), 'normal')}{line('subject', 200)}
        <Textarea label={t('step_description')} autosize minRows={2} maxRows={8} maxLength={20_000} dir="auto" readOnly={readOnly} value={text(step.description)} onChange={({ currentTarget: { value } }) => set({ description: value })} />{next}
      </Stack>
    );
    case 'points': return <Stack gap="sm"><NumberInput label={t('step_points')} withAsterisk min={1} allowDecimal={false} readOnly={readOnly} value={count(step.points)} onChange={(value) => set({ points: typeof value === 'number' ? value : undefined })} />{line('reason', 200)}{next}</Stack>;
    case 'goal': return <Stack gap="sm"><Text size="sm" c="dimmed">{t('step_goalHint')}</Text>{event}</Stack>;
    default: return <Text size="sm" c="dimmed">{t('step_exitHint')}</Text>;
  }
}

function Next({ steps, self, label, value, readOnly, grow, onChange }: { steps: Node[]; self: string; label: string; value: string | undefined; readOnly: boolean; grow?: boolean; onChange: (to: string) => void }) {
  const t = useCampaignTexts();
  return <Select label={label} flex={grow ? 1 : undefined} searchable allowDeselect={false} readOnly={readOnly} value={value ?? null} onChange={(to) => to && onChange(to)} data={steps.filter((one) => one.id !== self).map((one) => ({ value: one.id, label: `${t('kind_' + one.kind)} · ${one.id}` }))} />;
}

function Template({ step, readOnly, onChange }: { step: Node; readOnly: boolean; onChange: (templateId: string | undefined) => void }) {
  const t = useCampaignTexts();
  const templates = useQuery({ queryKey: ['templates', 'choice'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/templates', { params: { query: { limit: 200 } } })) });
  const channel = text(step.channel) || 'email';
  return <Select label={t('template')} withAsterisk searchable readOnly={readOnly} value={text(step.templateId) || null} onChange={(id) => onChange(id ?? undefined)} nothingFoundMessage={t('noTemplates')} data={templates.data?.items.filter((one) => one.channel === channel).map((one) => ({ value: one.id, label: one.name })) ?? []} />;
}

/** The rules of segments; those that only JSON can say are changed there. */
function Criteria({ criteria, onChange }: { criteria: unknown; onChange: (criteria: unknown) => void }) {
  const t = useCampaignTexts();
  const catalogue = useCatalogue();
  const [group, setGroup] = useState(() => read(criteria ?? { all: [] }));
  if (!catalogue.fields.data || !catalogue.operators.data) return <Lines rows={2} height={26} />;
  if (group === null) return <Text size="sm" c="dimmed">{t('advancedRules')}</Text>;
  return <GroupEditor group={group ?? newGroup()} root fields={catalogue.fields.data} operators={catalogue.operators.data} onChange={(changed) => { setGroup(changed); onChange(write(changed)); }} />;
}
