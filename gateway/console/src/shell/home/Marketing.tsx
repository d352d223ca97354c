import { Anchor, Badge, Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { campaignApi, take } from '../../api/client';
import { localOf } from '../../kit/days';
import { day, percent, zone } from '../../kit/format';
import { Panel } from '../../kit/Record';
import { Loaded } from '../../kit/States';
import { useSession } from '../session';
import { useShellTexts } from '../texts';
import { All } from './All';

export function RunningCampaigns() {
  const t = useShellTexts();
  const query = useQuery({
    queryKey: ['home', 'running'], refetchInterval: 5000,
    queryFn: async () => {
      const page = await take(campaignApi.GET('/api/campaign/v1/campaigns', { params: { query: { state: ['sending'], limit: 4 } } }));
      return Promise.all(page.items.map(async (one) => ({ ...one, statistics: await take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/statistics', { params: { path: { id: one.id } } })) })));
    },
  });
  return (
    <Panel title={t('runningCampaigns')} action={<All to="/campaigns" />}>
      <Loaded query={query}>
        {(items) => items.length === 0 ? <Stack gap="xs" align="flex-start"><Text size="sm" c="dimmed">{t('noRunningCampaigns')}</Text><Button size="compact-sm" variant="light" component={Link} to="/campaigns/new">{t('newCampaign')}</Button></Stack> : (
          <Stack gap="sm">
            {items.map((one) => {
              const share = one.statistics.recipients ? (one.statistics.recipients - one.statistics.planned - one.statistics.sending) / one.statistics.recipients : 0;
              return (
                <div key={one.id}>
                  <Group justify="space-between" wrap="nowrap" gap="xs"><Anchor component={Link} to={`/campaigns/${one.id}`} size="sm" truncate>{one.name}</Anchor><Text size="xs">{percent(share)}</Text></Group>
                  <Progress value={share * 100} size="sm" mt={4} aria-label={one.name} />
                </div>
              );
            })}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}

export function RunningJourneys() {
  const t = useShellTexts();
  const query = useQuery({ queryKey: ['home', 'journeys'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/journeys', { params: { query: { limit: 100 } } })) });
  return (
    <Panel title={t('runningJourneys')} action={<All to="/journeys" />}>
      <Loaded query={query}>
        {(page) => {
          const active = page.items.filter((one) => one.state === 'active').slice(0, 6);
          return active.length === 0 ? <Text size="sm" c="dimmed">{t('noRunningJourneys')}</Text> : <Stack gap={6}>{active.map((one) => <Group key={one.id} justify="space-between" wrap="nowrap" gap="xs"><Anchor component={Link} to={`/journeys/${one.id}`} size="sm" truncate dir="auto">{one.name}</Anchor><Text size="xs" c="dimmed">{day(one.activatedAt)}</Text></Group>)}</Stack>;
        }}
      </Loaded>
    </Panel>
  );
}

/** Launches, holidays and blackouts of the next two weeks. */
export function ComingUp() {
  const t = useShellTexts();
  const [from, to] = [localOf(Date.now()).slice(0, 10), localOf(Date.now() + 14 * 86_400_000).slice(0, 10)];
  // No neighbours: comparing segments is for the calendar itself.
  const query = useQuery({ queryKey: ['home', 'calendar', from], queryFn: () => take(campaignApi.GET('/api/campaign/v1/calendar', { params: { query: { from, to, zone: zone(), days: 0 } } })) });
  return (
    <Panel title={t('comingUp')} action={<All to="/campaigns?view=calendar" />}>
      <Loaded query={query}>
        {(calendar) => {
          const coming = calendar.entries.filter((one) => ['scheduled', 'holiday', 'blackout', 'task'].includes(one.kind)).sort((a, b) => a.firstDay.localeCompare(b.firstDay)).slice(0, 6);
          return coming.length === 0 ? <Text size="sm" c="dimmed">{t('nothingComing')}</Text> : (
            <Stack gap={6}>{coming.map((one) => (
              <Group key={one.id} justify="space-between" wrap="nowrap" gap="xs">
                {one.campaignId ? <Anchor component={Link} to={`/campaigns/${one.campaignId}`} size="sm" truncate dir="auto">{one.title}</Anchor> : one.kind === 'scheduled' ? <Anchor component={Link} to={`/campaigns/${one.id}`} size="sm" truncate dir="auto">{one.title}</Anchor> : <Text size="sm" truncate>{one.title}</Text>}
                <Badge size="sm" variant="light" color={one.kind === 'blackout' ? 'red' : one.kind === 'holiday' ? 'orange' : 'blue'}>{day(one.firstDay)}</Badge>
              </Group>
            ))}</Stack>
          );
        }}
      </Loaded>
    </Panel>
  );
}

export function MyTasks() {
  const t = useShellTexts();
  const { subject } = useSession();
  const query = useQuery({ queryKey: ['home', 'tasks', subject], queryFn: () => take(campaignApi.GET('/api/campaign/v1/tasks', { params: { query: { assignee: subject, limit: 6 } } })) });
  return (
    <Panel title={t('myTasks')}>
      <Loaded query={query}>
        {(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noTasks')}</Text> : (
          <Stack gap={6}>
            {page.items.map((one) => (
              <Group key={one.id} justify="space-between" wrap="nowrap" gap="xs">
                <Anchor component={Link} to={`/campaigns/${one.campaignId}`} size="sm" truncate>{one.title}</Anchor>
                {one.dueOn && <Badge size="sm" variant="light" color={one.overdue ? 'red' : 'gray'}>{day(one.dueOn)}</Badge>}
              </Group>
            ))}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}
