import { ActionIcon, Alert, Badge, Button, Card, Grid, Group, JsonInput, NativeSelect, NumberInput, Paper, Progress, SegmentedControl, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconPlus, IconX } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { campaignApi, once, seen, take } from '../api/client';
import { DateField } from '../kit/DateField';
import { number, percent } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { Failed, Lines, Loaded, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { complete, type Group as RuleGroup, type Member, newGroup, newMember, newRule, type Part, read, replace, type Rule, startValue, write } from './criteria';
import { MemberEditor, Narrow, NotToggle } from './SegmentParts';
import { useCampaignTexts } from './texts';

interface Field { name: string; type: string; label: { id: string; en: string }; operators: string[]; of: string[] }
interface Operator { name: string; value: string; label: { id: string; en: string } }

export const useCatalogue = () => ({
  fields: useQuery({ queryKey: ['segment-fields'], staleTime: Infinity, queryFn: () => take(campaignApi.GET('/api/campaign/v1/segment-fields')) }),
  operators: useQuery({ queryKey: ['segment-operators'], staleTime: Infinity, queryFn: () => take(campaignApi.GET('/api/campaign/v1/segment-operators')) }),
});

export const CHANNELS = ['email', 'sms', 'whatsapp', 'push', 'phone', 'post', 'webhook', 'pos'];

export function SegmentBuilder() {
  const { id = 'new' } = useParams();
  const segment = useQuery({ queryKey: ['segment', id], enabled: id !== 'new', queryFn: () => take(campaignApi.GET('/api/campaign/v1/segments/{id}', { params: { path: { id } } })) });
  if (id === 'new') return <Builder key="new" />;
  if (segment.error) return <Failed error={segment.error} onRetry={() => void segment.refetch()} />;
  return segment.data ? <Builder key={segment.data.id + segment.data.version} segment={segment.data} /> : <Lines rows={8} height={22} />;
}

function Builder({ segment }: { segment?: { id: string; version: number; name: string; criteria: unknown } }) {
  const t = useCampaignTexts();
  const kit = useKitTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { fields, operators } = useCatalogue();
  const [name, setName] = useState(segment?.name ?? '');
  const [search] = useSearchParams();
  const [rules, setRules] = useState<RuleGroup | null>(() => {
    if (segment) return read(segment.criteria);
    const list = search.get('list');
    return list ? newGroup('all', [newMember('list', list)]) : (read(ledHere(search.get('criteria'))) ?? newGroup('all', [newRule()]));
  });
  const [json, setJson] = useState(() => JSON.stringify(segment?.criteria, null, 2));
  const [channel, setChannel] = useState('email');
  usePage([{ label: t('segments'), to: '/segments' }, { label: segment?.name ?? t('newSegment') }], segment && 'segments');

  const criteria = useMemo(() => {
    if (rules) return complete(rules) ? write(rules) : undefined;
    try {
      return JSON.parse(json) as unknown;
    } catch {
      return undefined;
    }
  }, [rules, json]);
  const save = useMutation({
    mutationFn: async () => {
      const body = { name: name.trim(), criteria: criteria as never };
      return segment
        ? take(campaignApi.PUT('/api/campaign/v1/segments/{id}', { params: { path: { id: segment.id }, header: seen(segment.version) }, body }))
        : take(campaignApi.POST('/api/campaign/v1/segments', { params: { header: once() }, body }));
    },
    onSuccess: (saved) => {
      notifications.show({ message: t('saved'), color: 'teal' });
      queries.setQueryData(['segment', saved.id], saved);
      void queries.invalidateQueries({ queryKey: ['segments'] });
      if (!segment) void navigate(`/segments/${saved.id}`, { replace: true });
    },
  });
  return (
    <>
      <PageTitle title={segment?.name ?? t('newSegment')}>
        {segment && <Button variant="default" component={Link} to={`/campaigns/new?segment=${segment.id}`}>{t('useInCampaign')}</Button>}
        <Button onClick={() => save.mutate()} loading={save.isPending} disabled={!name.trim() || criteria === undefined}>{kit('save')}</Button>
      </PageTitle>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Card withBorder padding="md">
            <Stack>
              <TextInput label={t('segmentName')} value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={200} required maw={480} dir="auto" />
              <Title order={2} size="h5">{t('rules')}</Title>
              {!rules ? (
                <><Alert color="blue" variant="light">{t('advancedRules')}</Alert><JsonInput value={json} onChange={setJson} autosize minRows={8} aria-label={t('asJson')} error={criteria === undefined && t('badJson')} /></>
              ) : fields.data && operators.data ? (
                <GroupEditor group={rules} root fields={fields.data as Field[]} operators={operators.data as Operator[]} onChange={setRules} />
              ) : <Loaded query={fields.error ? fields : (operators as never)}>{() => <Lines />}</Loaded>}
              <Refusal error={save.error} />
            </Stack>
          </Card>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}><LiveCount criteria={criteria} channel={channel} onChannel={setChannel} /></Grid.Col>
      </Grid>
    </>
  );
}

/** Rules that another page leads here with; nothing that is no JSON. */
function ledHere(criteria: string | null): unknown {
  try {
    return criteria && JSON.parse(criteria);
  } catch {
    return null;
  }
}

/** How many the rules reach now; asked again a moment after every change. */
export function LiveCount({ criteria, channel, onChannel }: { criteria: unknown; channel: string; onChannel?: (channel: string) => void }) {
  const t = useCampaignTexts();
  const [asked] = useDebouncedValue(JSON.stringify(criteria), 350);
  const query = useQuery({
    queryKey: ['segment-preview', asked, channel], enabled: asked !== undefined, placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }) => take(campaignApi.POST('/api/campaign/v1/segments/preview', { body: { criteria: JSON.parse(asked) as never, channel }, signal })),
  });
  const data = criteria === undefined ? undefined : query.data;
  return (
    <Card withBorder padding="md" component="section" aria-label={t('liveCount')}>
      <Stack gap="sm">
        <Group justify="space-between"><Title order={2} size="h5">{t('liveCount')}</Title>
          {onChannel && <NativeSelect size="xs" aria-label={t('channel')} value={channel} onChange={(event) => onChannel(event.currentTarget.value)} data={CHANNELS.map((value) => ({ value, label: t('channel_' + value) }))} />}</Group>
        {criteria === undefined ? <Text size="sm" c="dimmed">{t('incomplete')}</Text> : query.error ? <Refusal error={query.error} /> : !data ? <Lines rows={3} /> : (
          <>
            <Group gap="xl" aria-live="polite"><div><Text fz={30} fw={700} lh={1.1} data-testid="reachable">{number(data.reachable)}</Text><Text size="xs" c="dimmed">{t('reachable')}</Text></div><div><Text fz={20} fw={600} lh={1.5} data-testid="matching">{number(data.matching)}</Text><Text size="xs" c="dimmed">{t('matching')}</Text></div></Group>
            <Progress value={data.matching ? (data.reachable / data.matching) * 100 : 0} aria-label={`${t('reachable')} ${percent(data.matching ? data.reachable / data.matching : 0)}`} />
            {Object.keys(data.excluded).length > 0 && <div><Text size="xs" fw={600} c="dimmed" mb={4}>{t('excluded')}</Text>{Object.entries(data.excluded).map(([reason, count]) => <Group key={reason} justify="space-between"><Text size="sm">{t('reason_' + reason)}</Text><Text size="sm" fw={600}>{number(count)}</Text></Group>)}</div>}
            {data.matching === 0 && <Text size="sm" c="dimmed">{t('nobodyMatches')}</Text>}
            {data.sample.length > 0 && <div><Text size="xs" fw={600} c="dimmed" mb={4}>{t('sample')}</Text><Stack gap={4}>{data.sample.map((one) => (
              <Group key={one.customerId} justify="space-between" wrap="nowrap" gap="xs"><div style={{ minWidth: 0 }}><Text component={Link} to={`/customers/${one.customerId}`} size="sm" truncate td="underline" c="inherit" display="block" dir="auto">{one.displayName}</Text><Text size="xs" c="dimmed">{[one.city, t('purchases', { count: one.purchaseCount })].filter(Boolean).join(' · ')}</Text></div>
                {one.exclusion ? <Badge size="xs" color="orange" variant="light">{t('reason_' + one.exclusion)}</Badge> : one.pAlive != null && <Badge size="xs" variant="light" color="teal">{t('activeShare', { share: percent(one.pAlive) })}</Badge>}</Group>
            ))}</Stack></div>}
          </>
        )}
      </Stack>
    </Card>
  );
}

/** Rules of a segment, all or any of them; groups within. */
export function GroupEditor({ group, root, fields, operators, onChange, onRemove }: { group: RuleGroup; root?: boolean; fields: Field[]; operators: Operator[]; onChange: (group: RuleGroup) => void; onRemove?: () => void }) {
  const t = useCampaignTexts();
  const set = (part: Part, changed: Part | null) => onChange(replace(group, part.id, () => changed));
  return (
    <Paper withBorder={!root} p={root ? 0 : 'sm'} role="group" aria-label={t(group.match === 'all' ? 'matchAll' : 'matchAny')}>
      <Stack gap="xs">
        <Group justify="space-between">
          <Group gap="xs">
            {!root && <NotToggle part={group} onChange={onChange} />}
            <SegmentedControl size="xs" value={group.match} onChange={(match) => onChange({ ...group, match: match as 'all' })} data={[{ value: 'all', label: t('matchAll') }, { value: 'any', label: t('matchAny') }]} />
          </Group>
          {onRemove && <ActionIcon variant="subtle" color="gray" onClick={onRemove} aria-label={t('removeGroup')}><IconX size={16} /></ActionIcon>}
        </Group>
        {group.parts.length === 0 && root && <Text size="sm" c="dimmed">{t('everybody')}</Text>}
        {group.parts.map((part) => part.kind === 'group' ? <GroupEditor key={part.id} group={part} fields={fields} operators={operators} onChange={(changed) => set(part, changed)} onRemove={() => set(part, null)} />
          : part.kind === 'member' ? <MemberEditor key={part.id} member={part} onChange={(changed: Member) => set(part, changed)} onRemove={() => set(part, null)} />
          : <RuleEditor key={part.id} rule={part} fields={fields} operators={operators} onChange={(changed) => set(part, changed)} onRemove={() => set(part, null)} />)}
        <Group gap="xs">
          <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} onClick={() => onChange({ ...group, parts: [...group.parts, newRule()] })}>{t('addRule')}</Button>
          <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => onChange({ ...group, parts: [...group.parts, newGroup('any', [newRule()])] })}>{t('addGroup')}</Button>
          {(['list', 'segment'] as const).map((of) => <Button key={of} size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => onChange({ ...group, parts: [...group.parts, newMember(of)] })}>{t('add_' + of)}</Button>)}
        </Group>
      </Stack>
    </Paper>
  );
}

function RuleEditor({ rule, fields, operators, onChange, onRemove }: { rule: Rule; fields: Field[]; operators: Operator[]; onChange: (rule: Rule) => void; onRemove: () => void }) {
  const t = useCampaignTexts();
  const language = useLanguage();
  const field = fields.find((one) => one.name === rule.field);
  const operator = operators.find((one) => one.name === rule.op);
  const type = (field?.type ?? 'text').toLowerCase();
  const operand = operator?.value ?? 'one';
  const choose = (name: string) => {
    const chosen = fields.find((one) => one.name === name)!;
    const op = chosen.operators.includes(rule.op) ? rule.op : chosen.operators[0]!;
    onChange({ ...rule, field: name, op, value: startValue(operators.find((one) => one.name === op)?.value ?? 'one', chosen.type.toLowerCase()), of: undefined });
  };
  return (
    <Group gap="xs" align="flex-start" wrap="wrap">
      <NotToggle part={rule} onChange={onChange} />
      <Select flex={2} miw={180} aria-label={t('field')} value={rule.field} searchable allowDeselect={false} onChange={(value) => value && choose(value)} maxDropdownHeight={320}
        data={[...fields.map((one) => ({ value: one.name, label: one.label[language] })), ...(field ? [] : [{ value: rule.field, label: rule.field }])]} />
      <NativeSelect flex={1} miw={150} aria-label={t('operator')} value={rule.op}
        onChange={(event) => { const op = event.currentTarget.value; const to = operators.find((one) => one.name === op)?.value ?? 'one'; onChange({ ...rule, op, value: to === operand ? rule.value : startValue(to, type) }); }}
        data={(field?.operators ?? [rule.op]).map((name) => ({ value: name, label: operators.find((one) => one.name === name)?.label[language] ?? name }))} />
      <Value rule={rule} type={type} operand={operand} onChange={(value) => onChange({ ...rule, value })} />
      {field && <Narrow by={field.of} of={rule.of} onChange={(of) => onChange({ ...rule, of })} />}
      <ActionIcon variant="subtle" color="gray" size="lg" onClick={onRemove} aria-label={t('removeRule')}><IconX size={16} /></ActionIcon>
    </Group>
  );
}

function Value({ rule, type, operand, onChange }: { rule: Rule; type: string; operand: string; onChange: (value: unknown) => void }) {
  const t = useCampaignTexts();
  const kit = useKitTexts();
  const one = (value: unknown, set: (value: unknown) => void, label: string) =>
    operand === 'days' || type === 'number' ? <NumberInput key={label} flex={1} miw={110} aria-label={label} value={value as number} onChange={(next) => set(next)} decimalScale={operand === 'days' ? 0 : 6} min={operand === 'days' ? 0 : undefined} />
    : type === 'instant' || type === 'date' ? <DateField key={label} flex={1} miw={140} aria-label={label} value={String(value ?? '').slice(0, 10)} onChange={(day) => set(type === 'instant' && day ? day + 'T00:00:00Z' : day)} />
    : <TextInput key={label} flex={1} miw={140} aria-label={label} value={String(value ?? '')} onChange={(event) => set(event.currentTarget.value)} />;
  if (operand === 'yesNo' || (operand === 'one' && type === 'boolean')) {
    return <NativeSelect flex={1} miw={110} aria-label={t('valueLabel')} value={String(rule.value)} onChange={(event) => onChange(event.currentTarget.value === 'true')} data={[{ value: 'true', label: kit('yes') }, { value: 'false', label: kit('no') }]} />;
  }
  if (operand === 'range') {
    const [low, high] = rule.value as [unknown, unknown];
    return <Group gap={4} wrap="nowrap" flex={1} miw={220}>{one(low, (value) => onChange([value, high]), t('from'))}{one(high, (value) => onChange([low, value]), t('to'))}</Group>;
  }
  if (operand === 'many') {
    const values = Array.isArray(rule.value) ? rule.value : [];
    return <TextInput flex={1} miw={160} aria-label={t('valueLabel')} placeholder={t('manyHint')} defaultValue={values.join(', ')}
      onChange={(event) => onChange(event.currentTarget.value.split(',').map((text) => text.trim()).filter(Boolean).map((text) => (type === 'number' ? Number(text) : text)))} />;
  }
  return one(rule.value, onChange, t('valueLabel'));
}
