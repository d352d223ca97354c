import { Alert, Button, Center, Group, Skeleton, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconAlertTriangle, IconInbox, IconLock, IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Problem } from '../api/problems';
import { useDetail } from './useDetail';
import { useKitTexts } from './texts';

/** Nothing to show: says why, and what to do next. */
export function Empty({ title, hint, action, icon }: { title: string; hint?: string; action?: ReactNode; icon?: ReactNode }) {
  return (
    <Center py="xl" px="md">
      <Stack align="center" gap="xs" maw={440}>
        <ThemeIcon size={52} radius="xl" variant="light" color="gray" aria-hidden>{icon ?? <IconInbox size={26} />}</ThemeIcon>
        <Text fw={600} ta="center">{title}</Text>
        {hint && <Text c="dimmed" size="sm" ta="center">{hint}</Text>}
        {action}
      </Stack>
    </Center>
  );
}

/** A part that could not be loaded: which kind of failure, and what to do. */
export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useKitTexts();
  const problem = error instanceof Problem ? error : new Problem(500, 'console.failed', String((error as Error)?.message ?? error));
  const detail = useDetail(problem);
  const [title, hint, icon] =
    problem.isOffline ? [t('offlineTitle'), t('offlineHint'), <IconPlugConnectedX size={26} />]
    : problem.status === 403 ? [t('forbiddenTitle'), t('forbiddenHint'), <IconLock size={26} />]
    : problem.status === 404 ? [t('missingTitle'), detail || t('missingHint'), undefined]
    : problem.status === 429 ? [t('failedTitle'), t('limitedHint'), <IconAlertTriangle size={26} />]
    : [t('failedTitle'), problem.status < 500 && detail ? detail : t('failedHint', { code: problem.traceId ?? problem.code }), <IconAlertTriangle size={26} />];
  return (
    <div role="alert">
      <Empty title={title} hint={hint} icon={icon}
        action={onRetry && problem.status !== 403 && problem.status !== 404 && <Button mt="xs" variant="default" size="xs" onClick={onRetry}>{t('retry')}</Button>} />
    </div>
  );
}

/** A refusal inside a form. */
export function Refusal({ error }: { error: unknown }) {
  const t = useKitTexts();
  const problem = error instanceof Problem ? error : undefined;
  const detail = useDetail(problem);
  if (!error) return null;
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} role="alert">
      {problem?.isOffline ? t('offlineHint') : problem?.status === 403 && (problem.code === 'auth.forbidden' || !problem.detail) ? t('forbiddenTitle') : detail || String((error as Error).message)}
      {problem && !problem.isOffline && <Text size="xs" c="dimmed" mt={4}>{problem.code}{problem.field ? ` · ${problem.field}` : ''}</Text>}
    </Alert>
  );
}

export function Lines({ rows = 4, height = 16 }: { rows?: number; height?: number }) {
  const t = useKitTexts();
  return (
    <Stack gap="sm" aria-busy="true" aria-label={t('loading')} role="status">
      {Array.from({ length: rows }, (_, row) => <Skeleton key={row} height={height} width={row % 3 === 2 ? '60%' : '100%'} radius="sm" />)}
    </Stack>
  );
}

interface Asked<T> { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown }

/** Skeleton, failure or content of one query. */
export function Loaded<T>({ query, rows, children }: { query: Asked<T>; rows?: number; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  return <Lines rows={rows} />;
}

export function PageTitle({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <Group justify="space-between" align="flex-start" mb="md" gap="sm">
      <div>
        <Title order={1} size="h3">{title}</Title>
        {hint && <Text c="dimmed" size="sm" maw={720}>{hint}</Text>}
      </div>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  );
}
