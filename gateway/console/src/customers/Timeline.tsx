import { Badge, Button, Group, Stack, Text, ThemeIcon, Title, Tooltip } from '@mantine/core';
import { IconGift, IconHeadset, IconMail, IconNote, IconPhone, IconShield, IconShoppingCart, IconTag, IconUser } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { customerApi, take } from '../api/client';
import { ago, clock, day, moment } from '../kit/format';
import { usePaged } from '../kit/paged';
import { useUndoMerge } from '../identity/undoMerge';
import { Empty, Failed, Lines, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import classes from './Timeline.module.css';
import { tell } from './tell';
import { useCustomerTexts } from './texts';

const KINDS = {
  purchase: [IconShoppingCart, 'teal'], case: [IconHeadset, 'orange'], loyalty: [IconGift, 'grape'], points: [IconGift, 'grape'], message: [IconMail, 'blue'],
  call: [IconPhone, 'blue'], consent: [IconShield, 'cyan'], note: [IconNote, 'yellow'], tags: [IconTag, 'gray'], customer: [IconUser, 'gray'],
} as const;
type Kind = keyof typeof KINDS;
const kindOf = (kind: string): Kind => (kind.split('.')[0] as Kind) in KINDS ? (kind.split('.')[0] as Kind) : 'customer';

export interface Entry { entryId: string; occurredAt: string; kind: string; sourceService: string; subjectRef: string | null; summaryKey: string; args: Record<string, string> }

/** Where an entry leads: what it is about. */
export function leadsTo(subjectRef: string | null): string | undefined {
  const [kind, id] = (subjectRef ?? '').split(':');
  if (!id) return undefined;
  return { purchase: `/purchases/${id}`, case: `/cases/${id}`, campaign: `/campaigns/${id}`, member: `/loyalty/${id}` }[kind!];
}

/** Days with their entries, newest first. */
export function byDay<T extends { occurredAt: string }>(entries: T[]): { day: string; entries: T[] }[] {
  const days: { day: string; entries: T[] }[] = [];
  for (const entry of entries) {
    const name = day(entry.occurredAt);
    if (days.at(-1)?.day === name) days.at(-1)!.entries.push(entry);
    else days.push({ day: name, entries: [entry] });
  }
  return days;
}

function UndoMerge({ id }: { id: string }) {
  const t = useCustomerTexts();
  const undo = useUndoMerge(id);
  return <div>{!undo.data && <Button size="compact-xs" variant="default" mt={4} loading={undo.isPending} onClick={() => undo.mutate()}>{t('undoMerge')}</Button>}<Refusal error={undo.error} /></div>;
}

export function CustomerTimeline({ id }: { id: string }) {
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const [kind, setKind] = useState<Kind | null>(null);
  const query = usePaged(['customer', id, 'timeline'], (cursor) =>
    take(customerApi.GET('/api/customer/v1/customers/{id}/timeline', { params: { path: { id }, query: { limit: 50, cursor } } })));
  if (query.error && !query.data) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Lines rows={8} />;
  const all = query.data.pages.flatMap((page) => page.items) as Entry[];
  const present = (Object.keys(KINDS) as Kind[]).filter((one) => all.some((entry) => kindOf(entry.kind) === one));
  const shown = kind ? all.filter((entry) => kindOf(entry.kind) === kind) : all;
  if (all.length === 0) return <Empty title={t('noActivity')} hint={t('noActivityHint')} />;
  return (
    <Stack gap="md">
      {present.length > 1 && (
        <Group gap={6} role="group" aria-label={t('allKinds')}>
          {[null, ...present].map((one) => {
            const Icon = one && KINDS[one][0];
            return (
              <Button key={one ?? 'all'} size="compact-xs" radius="xl" variant={kind === one ? 'filled' : 'default'} aria-pressed={kind === one} onClick={() => setKind(one)}
                leftSection={Icon && <Icon size={13} />}>{one ? t('kind_' + one) : t('allKinds')}</Button>
            );
          })}
        </Group>
      )}
      {byDay(shown).map((group) => (
        <section key={group.day} aria-label={group.day}>
          <Title order={3} className={classes.day}>{group.day}</Title>
          <ol className={classes.list}>
            {group.entries.map((entry) => {
              const [Icon, color] = KINDS[kindOf(entry.kind)];
              const to = leadsTo(entry.subjectRef);
              const summary = t(entry.summaryKey);
              return (
                <li key={entry.entryId} id={entry.entryId} className={classes.entry}>
                  <ThemeIcon variant="light" color={color} size={28} radius="xl" aria-hidden><Icon size={15} /></ThemeIcon>
                  <div className={classes.text}>
                    <Group gap={8} wrap="wrap">
                      {to ? <Link to={to} className={classes.link}>{summary === entry.summaryKey ? entry.kind : summary}</Link> : <Text size="sm" fw={550}>{summary === entry.summaryKey ? entry.kind : summary}</Text>}
                      <Badge size="xs" variant="outline" color="gray">{t('from_' + entry.sourceService)}</Badge>
                    </Group>
                    <Text size="sm" c="dimmed" className={classes.detail} dir="auto">{tell(entry.args, t)}</Text>
                    {entry.kind === 'customer.merged' && <UndoMerge id={(entry.subjectRef ?? '').split(':')[1] ?? ''} />}
                  </div>
                  <Tooltip label={moment(entry.occurredAt)}><Text size="xs" c="dimmed" component="time" dateTime={entry.occurredAt} className={classes.time}>{Date.now() - Date.parse(entry.occurredAt) < 86_400_000 ? ago(entry.occurredAt) : clock(entry.occurredAt)}</Text></Tooltip>
                </li>
              );
            })}
          </ol>
        </section>
      ))}
      {query.hasNextPage && <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{kit('more')}</Button>}
    </Stack>
  );
}
