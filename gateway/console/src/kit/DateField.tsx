import '@mantine/dates/styles.css';
import 'dayjs/locale/id';
import { Group } from '@mantine/core';
import { DateInput, TimePicker } from '@mantine/dates';
import { IconCalendar } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { instantOf, localOf, parseDay } from './days';
import { day, zone, zoneName } from './format';
import { useLanguage } from './i18n';
import { useKitTexts } from './texts';

interface DateFieldProps {
  /** `2026-06-25`, or empty. */
  value: string;
  onChange: (day: string) => void;
  label?: ReactNode;
  'aria-label'?: string;
  description?: ReactNode;
  error?: ReactNode;
  name?: string;
  required?: boolean;
  withAsterisk?: boolean;
  disabled?: boolean;
  readOnly?: boolean;
  size?: 'xs' | 'sm';
  w?: number;
  miw?: number;
  flex?: number;
  min?: string;
  max?: string;
}

/** A day, typed or picked, written as everywhere in the console: the browser's own field writes it in the browser's language. */
export function DateField({ value, onChange, min, max, ...rest }: DateFieldProps) {
  const language = useLanguage();
  const kit = useKitTexts();
  return (
    <DateInput key={language} {...rest} value={value || null} onChange={(chosen) => onChange(chosen ?? '')} locale={language} firstDayOfWeek={1} minDate={min} maxDate={max} placeholder={kit('dayExample')} autoComplete="off"
      valueFormat={(plain) => day(plain.slice(0, 10))} dateParser={parseDay} allowDeselect rightSection={<IconCalendar size={16} stroke={1.6} />} rightSectionPointerEvents="none" popoverProps={{ withinPortal: true, trapFocus: false }} />
  );
}

/** An instant, by the clocks of the person's zone. The value is ISO 8601 in UTC, or empty. */
export function MomentField({ value, onChange, label, description, error, required }: { value: string; onChange: (instant: string) => void; label: string; description?: ReactNode; error?: ReactNode; required?: boolean }) {
  const [on = '', at = '00:00'] = value ? localOf(value).split('T') : [];
  const set = (nextDay: string, time: string) => onChange(nextDay ? instantOf(`${nextDay}T${time || '00:00'}`) : '');
  return <LocalField label={label} description={description} error={error} required={required} day={on} time={value ? at : ''} onChange={set} zone={zoneName(zone(), value ? new Date(value) : undefined)} />;
}

/** A day and a time of day side by side, of the zone that is named behind them. */
export function LocalField({ label, description, error, required, day: on, time, onChange, zone: named, min }: { label: string; description?: ReactNode; error?: ReactNode; required?: boolean; day: string; time: string; onChange: (day: string, time: string) => void; zone?: string; min?: string }) {
  const kit = useKitTexts();
  return (
    <Group gap={6} align="flex-end" wrap="nowrap" role="group" aria-label={label}>
      <DateField label={label} description={description} error={error} required={required} value={on} onChange={(next) => onChange(next, time)} min={min} flex={1} miw={140} />
      <TimePicker label={named ?? ' '} aria-label={`${label}: ${kit('timeOfDay')}`} format="24h" value={time} onChange={(next) => onChange(on, next.slice(0, 5))} disabled={!on} hoursInputLabel={`${label}: ${kit('hours')}`} minutesInputLabel={`${label}: ${kit('minutes')}`} w={92} />
    </Group>
  );
}
