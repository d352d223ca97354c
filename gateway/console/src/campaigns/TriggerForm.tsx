import { NumberInput, Select, Stack, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { campaignApi, take } from '../api/client';
import type { Definition } from './graph';
import { EVENTS } from './steps';
import { useCampaignTexts } from './texts';

const DATES = ['birthDate', 'registeredAt', 'firstPurchaseAt', 'lastPurchaseAt'];
type Trigger = NonNullable<Definition['trigger']>;

/** Who enters the journey and when, and whether a second time. What the trigger has besides these fields stays. */
export function TriggerForm({ definition, readOnly, onChange }: { definition: Definition; readOnly: boolean; onChange: (definition: Definition) => void }) {
  const t = useCampaignTexts();
  const trigger: Trigger = definition.trigger ?? { on: 'manual' };
  const reentry = (definition.reentry ?? {}) as { rule?: string; days?: number };
  const segments = useQuery({ queryKey: ['segments', 'choice'], enabled: trigger.on === 'segmentEntered', queryFn: () => take(campaignApi.GET('/api/campaign/v1/segments', { params: { query: { limit: 200 } } })) });
  const set = (change: Record<string, unknown>) => onChange({ ...definition, trigger: Object.fromEntries(Object.entries({ ...trigger, ...change }).filter(([, value]) => value !== undefined && value !== '')) });
  const start = (on: string) => ({ on, ...(trigger.criteria !== undefined && { criteria: trigger.criteria }), ...(on === 'date' && { field: 'birthDate', hour: 9 }), ...(on === 'tagAdded' && { tag: '' }) });
  const number = (name: string, least: number, most: number) => <NumberInput label={t('trigger_' + name)} min={least} max={most} allowDecimal={false} readOnly={readOnly} value={typeof trigger[name] === 'number' ? (trigger[name] as number) : ''} onChange={(value) => set({ [name]: typeof value === 'number' ? value : undefined })} />;
  const isDate = trigger.on === 'date';
  return (
    <Stack gap="sm">
      <Select label={t('trigger')} allowDeselect={false} readOnly={readOnly} value={trigger.on ?? null} data={['manual', 'segmentEntered', 'date', ...EVENTS.slice(0, -2)].map((value) => ({ value, label: t('event_' + value) }))}
        onChange={(on) => on && on !== trigger.on && onChange({ ...definition, trigger: start(on), ...(on === 'date' && reentry.rule === 'after' && { reentry: undefined }) })} />
      {trigger.on === 'tagAdded' && <TextInput label={t('step_tag')} withAsterisk maxLength={100} dir="auto" readOnly={readOnly} value={String(trigger.tag ?? '')} onChange={({ currentTarget: { value } }) => set({ tag: value })} />}
      {trigger.on === 'segmentEntered' && <>
        <Select label={t('segment')} withAsterisk searchable readOnly={readOnly} value={(trigger.segmentId as string | undefined) ?? null} data={segments.data?.items.map((one) => ({ value: one.id, label: one.name })) ?? []} onChange={(segmentId) => set({ segmentId: segmentId ?? undefined })} />
        <Switch label={t('trigger_existing')} disabled={readOnly} checked={trigger.existing === true} onChange={({ currentTarget: { checked } }) => set({ existing: checked || undefined })} />
      </>}
      {isDate && <>
        <Select label={t('trigger_field')} allowDeselect={false} readOnly={readOnly} value={String(trigger.field)} data={[...new Set([...DATES, String(trigger.field)])].map((value) => ({ value, label: DATES.includes(value) ? t('date_' + value) : value }))} onChange={(field) => field && set({ field })} />
        {number('hour', 0, 23)}{number('daysBefore', 0, 60)}{number('years', 1, 100)}
        <Select label={t('trigger_leapDay')} allowDeselect={false} readOnly={readOnly} value={String(trigger.leapDay ?? 'feb28')} data={['feb28', 'mar1'].map((value) => ({ value, label: t('leapDay_' + value) }))} onChange={(leapDay) => leapDay && set({ leapDay })} />
      </>}
      <Select label={t('reentry')} allowDeselect={false} readOnly={readOnly} value={reentry.rule ?? (isDate ? 'always' : 'never')} data={['never', ...(isDate ? [] : ['after']), 'always'].map((value) => ({ value, label: t('reentry_' + value) }))}
        onChange={(rule) => rule && onChange({ ...definition, reentry: rule === 'after' ? { rule, days: 90 } : { rule } })} />
      {reentry.rule === 'after' && <NumberInput label={t('step_days')} min={1} max={3650} allowDecimal={false} readOnly={readOnly} value={reentry.days ?? ''} onChange={(days) => onChange({ ...definition, reentry: { rule: 'after', days } })} />}
    </Stack>
  );
}
