import { Badge, Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { campaignApi, take } from '../api/client';
import { actor, day } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, Loaded, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { MARKETING, useMay } from '../shell/session';
import { stateColor } from './CampaignList';
import { useCampaignTexts } from './texts';
import { type ReadyMade, UseJourney } from './UseJourney';

type Row = { id: string; name: string; state: string; owner: string; changedAt: string; publishedVersion: number | null };

export function JourneyList() {
  const t = useCampaignTexts();
  const language = useLanguage();
  const mayMarket = useMay(...MARKETING);
  usePage([{ label: t('journeys') }]);
  const query = usePaged(['journeys'], (cursor) => take(campaignApi.GET('/api/campaign/v1/journeys', { params: { query: { limit: 100, cursor } } })));
  const ready = useQuery({ queryKey: ['journey-templates'], staleTime: Infinity, queryFn: () => take(campaignApi.GET('/api/campaign/v1/journey-templates')) });
  const [chosen, setChosen] = useState<ReadyMade | null>(null);
  return (
    <>
      <PageTitle title={t('journeys')} hint={t('journeysHint')} />
      <ListView<Row> name="journeys" label={t('journeys')} query={query as never} rowKey={(row) => row.id} to={(row) => `/journeys/${row.id}`} height={420} empty={<Empty title={t('noJourneys')} hint={t('noJourneysHint')} />}
        columns={[
          { key: 'name', header: t('name'), value: (row) => row.name, width: 300, cell: (row) => <Link to={`/journeys/${row.id}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.name}</Link> },
          { key: 'state', header: t('state'), value: (row) => row.state, width: 120, cell: (row) => <Badge size="sm" variant="light" color={stateColor(row.state)}>{t('state_' + row.state)}</Badge> },
          { key: 'changed', header: t('changed'), value: (row) => row.changedAt, cell: (row) => day(row.changedAt) }, { key: 'by', header: t('by'), value: (row) => actor(row.owner) },
        ]} />
      {mayMarket && (
        <Stack mt="lg">
          <Title order={2} size="h5">{t('readyMade')}</Title>
          <Loaded query={ready}>{(items) => <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>{items.map((one) => (
            <Card key={one.key} withBorder padding="md"><Stack gap="xs" h="100%"><Text fw={600}>{one.name[language]}</Text><Text size="sm" c="dimmed" flex={1}>{one.purpose[language]}</Text><Group><Button size="xs" variant="default" onClick={() => setChosen(one)}>{t('useThis')}</Button></Group></Stack></Card>
          ))}</SimpleGrid>}</Loaded>
          {chosen && <UseJourney key={chosen.key} ready={chosen} onClose={() => setChosen(null)} />}
        </Stack>
      )}
    </>
  );
}
