import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { campaignApi, take } from '../api/client';
import { Loaded } from '../kit/States';
import { useCampaignTexts } from './texts';

/** The message as one customer would get it, in one language. */
export function MessagePreview({ templateId, version, customerId, language, height = 360 }: { templateId: string; version?: number; customerId: string; language: string; height?: number }) {
  const t = useCampaignTexts();
  const query = useQuery({
    queryKey: ['template-preview', templateId, version, customerId, language], retry: false,
    queryFn: () => take(campaignApi.POST('/api/campaign/v1/templates/{id}/preview', { params: { path: { id: templateId } }, body: { customerId, language } })),
  });
  return (
    <Loaded query={query}>
      {(data) => <><Text fw={600} size="sm" dir="auto">{data.subject}</Text>{data.html
        ? <iframe sandbox="" srcDoc={data.html} title={`${t('previewFrame')} (${language})`} style={{ width: '100%', height, border: '1px solid var(--crm-line)', borderRadius: 8, background: 'white' }} />
        : <Text size="sm" style={{ whiteSpace: 'pre-wrap' }} dir="auto">{data.text}</Text>}</>}
    </Loaded>
  );
}
