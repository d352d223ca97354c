import { Button, Card, Drawer, Group, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { analyticsApi, once, take } from '../api/client';
import { CustomerName } from '../kit/CustomerName';
import { number, percent } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { usePaged } from '../kit/paged';
import { Empty, Loaded, PageTitle } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { ANALYSTS, MARKETING, useMay } from '../shell/session';
import { useInsightTexts } from './texts';

export function MachineSegments() {
  const t = useInsightTexts();
  const language = useLanguage();
  const may = useMay(...ANALYSTS, ...MARKETING);
  const [open, setOpen] = useState<{ number: number; name: string } | null>(null);
  usePage([{ label: t('segments') }]);
  const query = useQuery({ queryKey: ['machine-segments'], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/machine-segments')) });
  const find = useMutation({ mutationFn: () => take(analyticsApi.POST('/api/analytics/v1/segmentation-runs', { params: { header: once() }, body: { currency: null, maxSegments: 8 } })), onSuccess: () => notifications.show({ message: t('scanStarted'), color: 'teal' }), onError: (error) => notifications.show({ message: error.message, color: 'red' }) });
  return (
    <>
      <PageTitle title={t('segments')} hint={t('segmentsHint')}>{may && <Button variant="default" loading={find.isPending} onClick={() => find.mutate()}>{t('find')}</Button>}</PageTitle>
      <Loaded query={query}>{(segments) => {
        const all = segments.reduce((sum, one) => sum + one.customers, 0);
        return segments.length === 0 ? <Card withBorder><Empty title={t('noSegments')} hint={t('noSegmentsHint')} /></Card> : (
          <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>{segments.map((one) => (
            <Card key={one.number} withBorder component="section" aria-label={one.name[language]}>
              <Stack gap="xs" h="100%"><Title order={2} size="h5">{one.name[language]}</Title><Group gap="xs"><Text size="sm" fw={600}>{t('people', { count: one.customers })}</Text><Text size="sm" c="dimmed">{percent(one.customers / all, 1)}</Text></Group><Progress size="sm" value={(one.customers / all) * 100} aria-label={one.name[language]} /><Text size="sm" flex={1}>{one.profile[language]}</Text><Button size="compact-sm" variant="default" onClick={() => setOpen({ number: one.number, name: one.name[language] })}>{t('showMembers')}</Button></Stack>
            </Card>
          ))}</SimpleGrid>
        );
      }}</Loaded>
      <Drawer opened={open !== null} onClose={() => setOpen(null)} position="right" title={open?.name}>{open && <Members segment={open.number} />}</Drawer>
    </>
  );
}

function Members({ segment }: { segment: number }) {
  const t = useInsightTexts();
  const kit = useKitTexts();
  const query = usePaged<string>(['machine-segment', segment], (cursor) => take(analyticsApi.GET('/api/analytics/v1/machine-segments/{number}/customers', { params: { path: { number: segment }, query: { limit: 50, cursor } } })));
  const ids = query.data?.pages.flatMap((page) => page.items) ?? [];
  return <Stack gap={6}><Text size="sm" c="dimmed">{t('members')}: {number(ids.length)}{query.hasNextPage && '+'}</Text>{ids.map((id) => <CustomerName key={id} id={id} />)}{query.hasNextPage && <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{kit('more')}</Button>}</Stack>;
}
