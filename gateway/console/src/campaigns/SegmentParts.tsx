import { ActionIcon, Button, Group, NativeSelect, NumberInput, Select, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { campaignApi, take } from '../api/client';
import { DateField } from '../kit/DateField';
import type { Member, Narrowing, Part } from './criteria';
import { useCampaignTexts } from './texts';

/** Turns a part round: whom it holds for is left out. */
export function NotToggle<P extends Part>({ part, onChange }: { part: P; onChange: (part: P) => void }) {
  const t = useCampaignTexts();
  return <Button size="compact-sm" mt={part.kind === 'group' ? 0 : 5} variant={part.not ? 'light' : 'subtle'} color={part.not ? 'orange' : 'gray'} title={t(part.not ? 'includeAgain' : 'exclude')} onClick={() => onChange({ ...part, not: part.not ? undefined : true })}>{t(part.not ? 'except' : 'including')}</Button>;
}

/** Membership of a static list or of another segment. One that leads back to this segment the service refuses, with the way. */
export function MemberEditor({ member, onChange, onRemove }: { member: Member; onChange: (member: Member) => void; onRemove: () => void }) {
  const t = useCampaignTexts();
  const lists = useQuery({ queryKey: ['lists', 'choice'], enabled: member.of === 'list', queryFn: () => take(campaignApi.GET('/api/campaign/v1/lists', { params: { query: { limit: 200 } } })) });
  const segments = useQuery({ queryKey: ['segments', 'choice'], enabled: member.of === 'segment', queryFn: () => take(campaignApi.GET('/api/campaign/v1/segments', { params: { query: { limit: 200 } } })) });
  const choices: { id: string; name: string }[] = (member.of === 'list' ? lists.data?.items : segments.data?.items) ?? [];
  const known = choices.some((one) => one.id === member.ref);
  const label = t('in_' + member.of);
  return (
    <Group gap="xs" align="flex-start">
      <NotToggle part={member} onChange={onChange} />
      <Select flex={1} miw={220} searchable allowDeselect={false} aria-label={label} placeholder={label} value={member.ref || null} onChange={(ref) => ref && onChange({ ...member, ref })} maxDropdownHeight={320}
        leftSection={<span style={{ whiteSpace: 'nowrap', fontSize: 12 }}>{label}</span>} leftSectionWidth={110}
        data={[...choices.map((one) => ({ value: one.id, label: one.name })), ...(member.ref && !known ? [{ value: member.ref, label: member.ref }] : [])]} />
      <ActionIcon variant="subtle" color="gray" size="lg" onClick={onRemove} aria-label={t('removeRule')}><IconX size={16} /></ActionIcon>
    </Group>
  );
}

/** What a rule is narrowed by: days, dates, a product, a channel. Days are always at hand, the others when one asks for them. */
export function Narrow({ by, of = {}, onChange }: { by: string[]; of?: Narrowing; onChange: (of: Narrowing | undefined) => void }) {
  const t = useCampaignTexts();
  const shown = by.filter((name) => name === 'lastDays' || name in of);
  const more = by.filter((name) => !shown.includes(name));
  const set = (name: string, value: string | number | undefined) => {
    const { [name]: _, ...others } = of;
    const changed = value === undefined ? others : { ...others, [name]: value };
    onChange(Object.keys(changed).length > 0 ? changed : undefined);
  };
  return (
    <>
      {shown.map((name) => name === 'lastDays'
        ? <NumberInput key={name} w={150} min={1} max={36500} aria-label={t('lastDays')} placeholder={t('lastDays')} value={of.lastDays ?? ''} onChange={(value) => set(name, typeof value === 'number' ? value : undefined)} />
        : name === 'from' || name === 'to' ? <DateField key={name} w={170} aria-label={t('of_' + name)} value={String(of[name]).slice(0, 10)} onChange={(day) => set(name, day ? day + 'T00:00:00Z' : undefined)} />
        : <TextInput key={name} w={170} aria-label={t('of_' + name)} placeholder={t('of_' + name)} value={String(of[name])} onChange={(event) => set(name, event.currentTarget.value)} onBlur={() => of[name] === '' && set(name, undefined)} />)}
      {more.length > 0 && <NativeSelect w={120} aria-label={t('narrow')} value="" onChange={(event) => onChange({ ...of, [event.currentTarget.value]: '' })} data={[{ value: '', label: t('narrow') }, ...more.map((value) => ({ value, label: t('of_' + value) }))]} />}
    </>
  );
}
