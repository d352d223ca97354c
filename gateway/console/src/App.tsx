import { Button } from '@mantine/core';
import { createBrowserRouter, isRouteErrorResponse, Link, useRouteError } from 'react-router';
import { Empty, Lines } from './kit/States';
import { Home } from './shell/home/Home';
import { PageProvider, usePage } from './shell/page';
import { Shell } from './shell/Shell';
import { useShellTexts } from './shell/texts';

function Broken() {
  const t = useShellTexts();
  const error = useRouteError();
  const message = isRouteErrorResponse(error) ? `${error.status}` : String((error as Error)?.message ?? error);
  return <Empty title={t('broken')} hint={t('brokenHint', { message })} action={<Button mt="xs" onClick={() => location.reload()}>{t('reload')}</Button>} />;
}

function NoPage() {
  const t = useShellTexts();
  usePage([{ label: t('noPage') }]);
  return <Empty title={t('noPage')} hint={t('noPageHint')} action={<Button mt="xs" component={Link} to="/">{t('toHome')}</Button>} />;
}

/** Every room's pages are loaded when somebody first enters it; the build notes which files each of these lines needs (vite.config.ts). */
export const router = createBrowserRouter([
  {
    element: <PageProvider><Shell /></PageProvider>,
    errorElement: <Broken />,
    children: [
      {
        errorElement: <Broken />,
        hydrateFallbackElement: <Lines rows={8} height={20} />,
        children: [
          { index: true, element: <Home /> },
          { path: 'customers', lazy: async () => ({ Component: (await import('./customers/CustomerList')).CustomerList }) },
          { path: 'customers/new', lazy: async () => ({ Component: (await import('./customers/NewCustomer')).NewCustomer }) },
          { path: 'customers/import', lazy: async () => ({ Component: (await import('./imports/ImportWizard')).ImportWizard }) },
          { path: 'customers/:id', lazy: async () => ({ Component: (await import('./customers/CustomerRecord')).CustomerRecord }) },
          { path: 'accounts', lazy: async () => ({ Component: (await import('./accounts/AccountList')).AccountList }) },
          { path: 'accounts/:id', lazy: async () => ({ Component: (await import('./accounts/AccountRecord')).AccountRecord }) },
          { path: 'imports', lazy: async () => ({ Component: (await import('./imports/ImportList')).ImportList }) },
          { path: 'imports/:id', lazy: async () => ({ Component: (await import('./imports/ImportJob')).ImportJob }) },
          { path: 'duplicates', lazy: async () => ({ Component: (await import('./identity/DuplicateQueue')).DuplicateQueue }) },
          { path: 'duplicates/compare', lazy: async () => ({ Component: (await import('./identity/MergeCustomers')).MergeCustomers }) },
          { path: 'privacy', lazy: async () => ({ Component: (await import('./privacy/PrivacyDesk')).PrivacyDesk }) },
          { path: 'privacy/packages/new', lazy: async () => ({ Component: (await import('./privacy/AccessPackage')).NewPackage }) },
          { path: 'privacy/packages/:id', lazy: async () => ({ Component: (await import('./privacy/AccessPackage')).PackageRecord }) },
          { path: 'privacy/:id', lazy: async () => ({ Component: (await import('./privacy/PrivacyRequest')).PrivacyRequest }) },
          { path: 'custom-fields', lazy: async () => ({ Component: (await import('./fields/FieldDefinitions')).FieldDefinitions }) },
          { path: 'campaigns', lazy: async () => ({ Component: (await import('./campaigns/CampaignList')).CampaignList }) },
          { path: 'campaigns/new', lazy: async () => ({ Component: (await import('./campaigns/CampaignBuilder')).CampaignBuilder }) },
          { path: 'campaigns/:id', lazy: async () => ({ Component: (await import('./campaigns/CampaignRecord')).CampaignRecord }) },
          { path: 'segments', lazy: async () => ({ Component: (await import('./campaigns/SegmentList')).SegmentList }) },
          { path: 'segments/:id', lazy: async () => ({ Component: (await import('./campaigns/SegmentBuilder')).SegmentBuilder }) },
          { path: 'lists', lazy: async () => ({ Component: (await import('./lists/StaticLists')).StaticLists }) },
          { path: 'lists/:id', lazy: async () => ({ Component: (await import('./lists/StaticListRecord')).StaticListRecord }) },
          { path: 'templates', lazy: async () => ({ Component: (await import('./campaigns/TemplateList')).TemplateList }) },
          { path: 'templates/:id', lazy: async () => ({ Component: (await import('./campaigns/TemplateEditor')).TemplateEditor }) },
          { path: 'journeys', lazy: async () => ({ Component: (await import('./campaigns/JourneyList')).JourneyList }) },
          { path: 'journeys/:id', lazy: async () => ({ Component: (await import('./campaigns/JourneyCanvas')).JourneyCanvas }) },
          { path: 'analytics', lazy: async () => ({ Component: (await import('./analytics/ValueDashboard')).ValueDashboard }) },
          { path: 'alerts', lazy: async () => ({ Component: (await import('./insights/AlertDesk')).AlertDesk }) },
          { path: 'retention', lazy: async () => ({ Component: (await import('./insights/Retention')).Retention }) },
          { path: 'voice', lazy: async () => ({ Component: (await import('./insights/Voice')).Voice }) },
          { path: 'product-issues', lazy: async () => ({ Component: (await import('./insights/ProductIssues')).ProductIssues }) },
          { path: 'machine-segments', lazy: async () => ({ Component: (await import('./insights/MachineSegments')).MachineSegments }) },
          { path: 'reports', lazy: async () => ({ Component: (await import('./insights/ReportBuilder')).ReportBuilder }) },
          { path: 'steering', lazy: async () => ({ Component: (await import('./insights/Steering')).Steering }) },
          { path: 'purchases', lazy: async () => ({ Component: (await import('./sales/PurchaseList')).PurchaseList }) },
          { path: 'purchases/:id', lazy: async () => ({ Component: (await import('./sales/PurchaseRecord')).PurchaseRecord }) },
          { path: 'products', lazy: async () => ({ Component: (await import('./sales/ProductList')).ProductList }) },
          { path: 'cases', lazy: async () => ({ Component: (await import('./service/CaseList')).CaseList }) },
          { path: 'cases/new', lazy: async () => ({ Component: (await import('./service/NewCase')).NewCase }) },
          { path: 'cases/:id', lazy: async () => ({ Component: (await import('./service/CaseRecord')).CaseRecord }) },
          { path: 'loyalty', lazy: async () => ({ Component: (await import('./loyalty/LoyaltyDesk')).LoyaltyDesk }) },
          { path: 'loyalty/:id', lazy: async () => ({ Component: (await import('./loyalty/MemberRecord')).MemberRecord }) },
          { path: 'ops', lazy: async () => ({ Component: (await import('./ops/OpsDesk')).OpsDesk }) },
          { path: 'integrations', lazy: async () => ({ Component: (await import('./integrations/Integrations')).Integrations }) },
          { path: 'integrations/new-webhook', lazy: async () => ({ Component: (await import('./integrations/WebhookRecord')).NewWebhook }) },
          { path: 'integrations/webhooks/:id', lazy: async () => ({ Component: (await import('./integrations/WebhookRecord')).WebhookRecord }) },
          { path: 'integrations/sources/:source', lazy: async () => ({ Component: (await import('./integrations/SourceRecord')).SourceRecord }) },
          { path: 'integrations/new-form', lazy: async () => ({ Component: (await import('./integrations/FormRecord')).NewForm }) },
          { path: 'integrations/forms/:key', lazy: async () => ({ Component: (await import('./integrations/FormRecord')).FormRecord }) },
          { path: 'integrations/new-client', lazy: async () => ({ Component: (await import('./integrations/ClientRecord')).NewClient }) },
          { path: 'integrations/clients/:subject', lazy: async () => ({ Component: (await import('./integrations/ClientRecord')).ClientRecord }) },
          { path: '*', element: <NoPage /> },
        ],
      },
    ],
  },
]);
