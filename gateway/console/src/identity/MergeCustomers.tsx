import { Alert, Anchor, Badge, Button, Card, Checkbox, Group, Radio, Stack, Table, Text, ThemeIcon, Title } from '@mantine/core';
import { IconArrowBackUp, IconCheck, IconGitMerge } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { customerApi, once, take } from '../api/client';
import { Problem } from '../api/problems';
import { day } from '../kit/format';
import { Empty, Loaded, PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { useShortcuts } from '../shell/shortcuts';
import { compare, defaultSides, type Person, planOf, type Side, suggestSurvivor } from './plan';
import { useIdentityTexts } from './texts';
import { useUndoMerge } from './undoMerge';

/** Two records side by side: which survives, whose value counts field by field; then the result with its undo. */
export function MergeCustomers() {
  const t = useIdentityTexts();
  const [search] = useSearchParams();
  const ids = { left: search.get('left') ?? '', right: search.get('right') ?? '' };
  usePage([{ label: t('title'), to: '/duplicates' }, { label: t('mergeTitle') }]);
  const both = useQuery({
    queryKey: ['merge', ids.left, ids.right], enabled: !!ids.left && !!ids.right, staleTime: 0, gcTime: 0,
    queryFn: async () => {
      const read = async (id: string): Promise<Person> => {
        const path = { id };
        const [customer, profile] = await Promise.all([
          take(customerApi.GET('/api/customer/v1/customers/{id}', { params: { path } })), take(customerApi.GET('/api/customer/v1/customers/{id}/profile', { params: { path } })),
        ]);
        return { ...customer, profile };
      };
      const [left, right] = await Promise.all([read(ids.left), read(ids.right)]);
      return { left, right };
    },
  });
  if (!ids.left || !ids.right) return <Empty title={t('chooseTwo')} hint={t('chooseTwoHint')} action={<Button component={Link} to="/duplicates" mt="xs">{t('title')}</Button>} />;
  return (
    <>
      <PageTitle title={t('mergeTitle')} hint={t('mergeHint')} />
      <Loaded query={both} rows={10}>
        {(people) => people.left.id === people.right.id
          ? <Empty title={t('alreadyOne')} hint={t('alreadyOneHint')} action={<Button component={Link} to={`/customers/${people.left.id}`} mt="xs">{t('openRecord')}</Button>} />
          : <Plan key={ids.left + ids.right} people={people} again={() => both.refetch()} />}
      </Loaded>
    </>
  );
}

function Plan({ people, again }: { people: Record<Side, Person>; again: () => Promise<unknown> }) {
  const t = useIdentityTexts();
  const queries = useQueryClient();
  const rows = compare(people.left, people.right);
  const [survivor, setSurvivor] = useState<Side>(() => suggestSurvivor(people.left, people.right));
  const [chosen, setChosen] = useState<Record<string, Side>>({});
  const [alike, setAlike] = useState(false);
  const [stale, setStale] = useState(false);
  const sides = { ...defaultSides(rows, survivor), ...chosen };
  const absorbed: Side = survivor === 'left' ? 'right' : 'left';
  const merge = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/customer-merges', {
      params: { header: once() },
      body: { survivorId: people[survivor].id, survivorVersion: people[survivor].version, absorbedId: people[absorbed].id, absorbedVersion: people[absorbed].version, fields: planOf(rows, sides, survivor) },
    })),
    onMutate: () => setStale(false),
    onSuccess: () => queries.invalidateQueries({ predicate: ({ queryKey }) => ['customer', 'customers', 'customer360', 'duplicates'].includes(String(queryKey[0])) }),
    onError: async (error) => { if (error instanceof Problem && error.status === 412) { await again(); setStale(true); } },
  });
  useShortcuts({ 'mod+Enter': () => merge.mutate() });
  if (merge.data) return <Merged merge={merge.data} survivor={people[survivor]} absorbed={people[absorbed]} />;
  const shown = rows.filter((row) => alike || !row.same);
  const same = rows.filter((row) => row.same).length;
  return (
    <Stack>
      {stale && <Alert color="orange" variant="light" role="alert">{t('stale')}</Alert>}
      <Card withBorder padding={0} radius="md">
        <Table.ScrollContainer minWidth={620}>
          <Table fz="sm" verticalSpacing="sm" aria-label={t('mergeTitle')}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={150}>{t('field')}</Table.Th>
                {(['left', 'right'] as const).map((side) => (
                  <Table.Th key={side} style={side === survivor ? { background: 'var(--crm-hover)' } : undefined}>
                    <Stack gap={6}>
                      <Anchor component={Link} to={`/customers/${people[side].id}`} fw={650} dir="auto">{people[side].displayName}</Anchor>
                      <Text size="xs" c="dimmed" fw={400}>{people[side].number} · {t('registeredAt', { at: day(people[side].registeredAt) })}</Text>
                      <Group gap="sm">
                        <Radio name="survivor" label={t('survives')} checked={survivor === side} onChange={() => { setSurvivor(side); setChosen({}); }} />
                        <Button size="compact-xs" variant="default" onClick={() => setChosen(Object.fromEntries(rows.map((row) => [row.name, side])))}>{t('takeAll')}</Button>
                      </Group>
                    </Stack>
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((row) => (
                <Table.Tr key={row.name}>
                  <Table.Th fw={500}>{t(row.name)} {row.same && <Badge size="xs" variant="light" color="gray">{t('alike')}</Badge>}</Table.Th>
                  {(['left', 'right'] as const).map((side) => (
                    <Table.Td key={side} style={side === survivor ? { background: 'var(--crm-hover)' } : undefined}>
                      {row.same ? <Text size="sm" dir="auto">{row[side]}</Text> : (
                        <Radio name={`field-${row.name}`} checked={sides[row.name] === side} onChange={() => setChosen({ ...chosen, [row.name]: side })} aria-label={`${t(row.name)}: ${row[side] || t('nothing')}`}
                          label={<Text size="sm" span dir="auto" fw={sides[row.name] === side ? 600 : 400} c={row[side] ? undefined : 'dimmed'} style={{ overflowWrap: 'anywhere' }}>{row[side] || t('nothing')}</Text>} />
                      )}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Card>
      <Text size="sm" c="dimmed">{t('united')}</Text>
      {!stale && <Refusal error={merge.error} />}
      <Group justify="space-between">
        <Checkbox label={t('showAlike', { count: same })} checked={alike} onChange={(event) => setAlike(event.currentTarget.checked)} />
        <Button leftSection={<IconGitMerge size={17} />} loading={merge.isPending} onClick={() => merge.mutate()}>{t('merge')}</Button>
      </Group>
    </Stack>
  );
}

function Merged({ merge, survivor, absorbed }: { merge: { id: string; survivorId: string }; survivor: Person; absorbed: Person }) {
  const t = useIdentityTexts();
  const undo = useUndoMerge(merge.id);
  return (
    <Card withBorder padding="lg" maw={680} role="status">
      <Group align="flex-start" wrap="nowrap">
        <ThemeIcon size={44} radius="xl" variant="light" color={undo.data ? 'gray' : 'teal'} aria-hidden>{undo.data ? <IconArrowBackUp size={24} /> : <IconCheck size={24} />}</ThemeIcon>
        <Stack gap="sm">
          <Title order={2} size="h4">{t(undo.data ? 'undoneTitle' : 'mergedTitle')}</Title>
          <Text size="sm" dir="auto">{undo.data ? t('undoneHint') : t('mergedHint', { absorbed: `${absorbed.displayName} (${absorbed.number})`, survivor: `${survivor.displayName} (${survivor.number})` })}</Text>
          {undo.data && undo.data.keptEdits.length > 0 && <Text size="sm">{t('keptEdits', { fields: undo.data.keptEdits.join(', ') })}</Text>}
          <Refusal error={undo.error} />
          <Group gap="xs">
            {undo.data
              ? [undo.data.survivor, undo.data.restored].map((one) => <Button key={one.id} variant="default" component={Link} to={`/customers/${one.id}`}>{one.displayName}</Button>)
              : <><Button component={Link} to={`/customers/${merge.survivorId}`}>{t('openRecord')}</Button><Button variant="default" leftSection={<IconArrowBackUp size={16} />} loading={undo.isPending} onClick={() => undo.mutate()}>{t('undoMerge')}</Button></>}
            <Button variant="subtle" component={Link} to="/duplicates">{t('next')}</Button>
          </Group>
        </Stack>
      </Group>
    </Card>
  );
}
