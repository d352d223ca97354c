import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { campaignApi, take } from '../api/client';
import { day } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { MARKETING, useMay } from '../shell/session';
import { useCampaignTexts } from './texts';

type Row = { id: string; name: string; channel: string; languages: string[]; createdAt: string; changedAt: string };

export function TemplateList() {
  const t = useCampaignTexts();
  const mayMarket = useMay(...MARKETING);
  usePage([{ label: t('templates') }]);
  const query = usePaged(['templates'], (cursor) => take(campaignApi.GET('/api/campaign/v1/templates', { params: { query: { limit: 100, cursor } } })));
  const create = mayMarket && <Button component={Link} to="/templates/new" leftSection={<IconPlus size={16} />}>{t('newTemplate')}</Button>;
  return (
    <>
      <PageTitle title={t('templates')} hint={t('templatesHint')}>{create}</PageTitle>
      <ListView<Row> name="templates" label={t('templates')} query={query as never} rowKey={(row) => row.id} to={(row) => `/templates/${row.id}`} empty={<Empty title={t('noTemplates')} hint={t('noTemplatesHint')} action={create} />}
        columns={[
          { key: 'name', header: t('name'), value: (row) => row.name, width: 320, cell: (row) => <Link to={`/templates/${row.id}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.name}</Link> },
          { key: 'channel', header: t('channel'), value: (row) => row.channel, cell: (row) => t('channel_' + row.channel) },
          { key: 'language', header: t('language'), value: (row) => row.languages.join(', ') },
          { key: 'changed', header: t('changed'), value: (row) => row.changedAt, cell: (row) => day(row.changedAt) },
        ]} />
    </>
  );
}
