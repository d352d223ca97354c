import { Anchor, Badge, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { serviceApi, take } from '../../api/client';
import { ago, moment } from '../../kit/format';
import { Panel } from '../../kit/Record';
import { Loaded } from '../../kit/States';
import { useShellTexts } from '../texts';
import { All } from './All';

/** What is due first. */
export function OpenCases() {
  const t = useShellTexts();
  const query = useQuery({ queryKey: ['home', 'cases'], queryFn: () => take(serviceApi.GET('/api/service/v1/cases', { params: { query: { Status: 'new', Sort: 'due', limit: 6 } } })) });
  return (
    <Panel title={t('openCases')} action={<All to="/cases?status=new" />}>
      <Loaded query={query}>
        {(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noOpenCases')}</Text> : (
          <Stack gap={6}>
            {page.items.map((one) => (
              <Group key={one.id} justify="space-between" wrap="nowrap" gap="xs">
                <Anchor component={Link} to={`/cases/${one.id}`} size="sm" truncate>{one.subject}</Anchor>{one.isBreached ? <Badge size="sm" color="red" variant="light">{t('late')}</Badge> : <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }} title={moment(one.nextDueAt ?? one.openedAt)}>{one.nextDueAt ? t('due', { when: ago(one.nextDueAt) }) : ago(one.openedAt)}</Text>}
              </Group>
            ))}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}
