import { Badge, Tabs } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { number } from '../kit/format';
import { PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { ANALYSTS, MARKETING, OPS, useMay } from '../shell/session';
import { Audit } from './Audit';
import { DeadLetters } from './DeadLetters';
import { Jobs } from './Jobs';
import { deadOf, type Service, useOperations } from './operations';
import { Outboxes } from './Outboxes';
import { Queues } from './Queues';
import { Sending } from './Sending';
import { Services } from './Services';
import { useOpsTexts } from './texts';

/** Whether everything runs, what lags behind, what was given up, and who did what. The tab is in the address. */
export function OpsDesk() {
  const t = useOpsTexts();
  const ops = useMay(...OPS);
  const analyst = useMay(...ANALYSTS);
  const marketing = useMay(...MARKETING, ...OPS);
  const [parameters, setParameters] = useSearchParams();
  const [service, setService] = useState<Service>('customer');
  const operations = useOperations(ops);
  const dead = (operations.data?.services ?? []).reduce((sum, one) => sum + deadOf(one), 0);
  usePage([{ label: t('title') }]);
  const show = (tab: string | null) => setParameters(tab && tab !== 'services' ? { tab } : {}, { replace: true });
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')} />
      <Tabs value={parameters.get('tab') ?? 'services'} onChange={show} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="services">{t('services')}</Tabs.Tab>
          {ops && <Tabs.Tab value="queues">{t('queues')}</Tabs.Tab>}
          {ops && <Tabs.Tab value="dead-letters" rightSection={dead > 0 && <Badge size="xs" color="red" variant="filled">{number(dead)}</Badge>}>{t('deadLetters')}</Tabs.Tab>}
          {ops && <Tabs.Tab value="outboxes">{t('outboxes')}</Tabs.Tab>}
          {marketing && <Tabs.Tab value="sending">{t('sending')}</Tabs.Tab>}
          {ops && <Tabs.Tab value="jobs">{t('jobs')}</Tabs.Tab>}
          {analyst && <Tabs.Tab value="events">{t('events')}</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="services"><Services /></Tabs.Panel>
        {ops && <Tabs.Panel value="queues"><Queues onDeadLetters={(of) => { setService(of); show('dead-letters'); }} /></Tabs.Panel>}
        {ops && <Tabs.Panel value="dead-letters"><DeadLetters service={service} onService={setService} /></Tabs.Panel>}
        {ops && <Tabs.Panel value="outboxes"><Outboxes /></Tabs.Panel>}
        {marketing && <Tabs.Panel value="sending"><Sending /></Tabs.Panel>}
        {ops && <Tabs.Panel value="jobs"><Jobs /></Tabs.Panel>}
        {analyst && <Tabs.Panel value="events"><Audit /></Tabs.Panel>}
      </Tabs>
    </>
  );
}
