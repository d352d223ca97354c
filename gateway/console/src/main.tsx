import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './kit/theme.css';
import { MutationCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router';
import { Problem } from './api/problems';
import { afterPaint } from './kit/later';
import { Themed } from './kit/Themed';
import { router } from './App';
import { SESSION, SessionProvider } from './shell/session';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // A refusal stays one; what did not answer is asked again.
      retry: (failures, error) => failures < 2 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
      retryDelay: (attempt) => 300 * 2 ** attempt,
    },
  },
  mutationCache: new MutationCache(),
});

void queries.prefetchQuery(SESSION);
const Notifications = lazy(() => afterPaint().then(() => import('@mantine/notifications')).then((module) => ({ default: module.Notifications })));

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Themed>
      <QueryClientProvider client={queries}>
        <Suspense><Notifications position="bottom-right" limit={3} autoClose={5000} /></Suspense>
        <SessionProvider><RouterProvider router={router} /></SessionProvider>
      </QueryClientProvider>
    </Themed>
  </StrictMode>,
);
