import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { campaignApi, take } from '../api/client';
import { actor, day } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { MARKETING, useMay } from '../shell/session';
import { useCampaignTexts } from './texts';

type Row = { id: string; name: string; createdBy: string; createdAt: string; changedAt: string; version: number };

export function SegmentList() {
  const t = useCampaignTexts();
  const mayMarket = useMay(...MARKETING);
  usePage([{ label: t('segments') }]);
  const query = usePaged(['segments'], (cursor) => take(campaignApi.GET('/api/campaign/v1/segments', { params: { query: { limit: 100, cursor } } })));
  const create = mayMarket && <Button component={Link} to="/segments/new" leftSection={<IconPlus size={16} />}>{t('newSegment')}</Button>;
  return (
    <>
      <PageTitle title={t('segments')} hint={t('segmentsHint')}>{create}</PageTitle>
      <ListView<Row> name="segments" label={t('segments')} query={query as never} rowKey={(row) => row.id} to={(row) => `/segments/${row.id}`} empty={<Empty title={t('noSegments')} hint={t('noSegmentsHint')} action={create} />}
        columns={[
          { key: 'name', header: t('name'), value: (row) => row.name, width: 320, cell: (row) => <Link to={`/segments/${row.id}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.name}</Link> },
          { key: 'changed', header: t('changed'), value: (row) => row.changedAt, cell: (row) => day(row.changedAt) },
          { key: 'created', header: t('created'), value: (row) => row.createdAt, cell: (row) => day(row.createdAt) },
          { key: 'by', header: t('by'), value: (row) => actor(row.createdBy) },
        ]} />
    </>
  );
}
