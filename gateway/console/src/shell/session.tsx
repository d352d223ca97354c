import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, lazy, type ReactNode, Suspense, useContext, useEffect, useState } from 'react';
import { onSessionEnded } from '../api/client';
import { problemOf } from '../api/problems';
import { Failed } from '../kit/States';

export interface Session { subject: string; name: string; email: string | null; unit: string | null; roles: string[]; expiresAt: string | null }

const SessionEnded = lazy(() => import('./SessionEnded').then((module) => ({ default: module.SessionEnded })));
const SessionContext = createContext<Session | null>(null);

async function load(): Promise<Session> {
  const response = await fetch('/session', { headers: { Accept: 'application/json' } });
  if (response.status === 401) {
    location.assign('/signin?returnUrl=' + encodeURIComponent(location.pathname + location.search));
    return new Promise(() => {});
  }
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  return (await response.json()) as Session;
}

/** Who is signed in; asked for once. */
export const SESSION = { queryKey: ['session'], queryFn: load, staleTime: Infinity, retry: 1 } as const;

export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(SESSION);
  const [ended, setEnded] = useState(false);

  useEffect(() => onSessionEnded(() => setEnded(true)), []);
  useEffect(() => {
    if (!ended) return;
    // Back from the sign-in in the other tab: go on where we were.
    const check = async () => {
      if ((await fetch('/session').catch(() => null))?.ok) {
        setEnded(false);
        void queries.refetchQueries({ type: 'active', predicate: (query) => query.state.status === 'error' });
      }
    };
    window.addEventListener('focus', check);
    const timer = setInterval(check, 3000);
    return () => {
      window.removeEventListener('focus', check);
      clearInterval(timer);
    };
  }, [ended, queries]);

  if (error) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  return (
    <SessionContext.Provider value={data}>
      {children}
      <Suspense>{ended && <SessionEnded onClose={() => setEnded(false)} />}</Suspense>
    </SessionContext.Provider>
  );
}

export function useSession() {
  const session = useContext(SessionContext);
  if (!session) throw new Error('There is no session here.');
  return session;
}

/** Whether the person holds one of the roles. Only decides what is shown: the services decide what may be done. */
export function useMay(...roles: string[]) {
  const session = useContext(SessionContext);
  return roles.some((role) => session?.roles.includes(role));
}

export const CUSTOMER_EDITORS = ['sales-rep', 'sales-manager', 'service-agent', 'service-supervisor', 'marketer', 'loyalty-operator', 'loyalty-manager'];
export const SALES = ['sales-rep', 'sales-manager'];
export const MARKETING = ['marketer', 'marketing-approver'];
export const SERVICE = ['service-agent', 'service-supervisor'];
export const CASE_OPENERS = [...SERVICE, 'sales-rep', 'sales-manager'];
export const LOYALTY = ['loyalty-operator', 'loyalty-manager'];
export const ANALYSTS = ['analyst', 'ops'];
export const LIST_READERS = [...MARKETING, 'analyst'];
export const PRIVACY = ['service-supervisor', 'sales-manager', 'ops'];
export const HOLDERS = ['ops', 'service-supervisor'];
export const SCANNERS = ['sales-manager', 'service-supervisor', 'loyalty-manager', 'ops'];
export const REPORTERS = [...ANALYSTS, 'sales-manager', 'viewer'];
export const OPS = ['ops'];
export const FORM_EDITORS = ['marketer', 'sales-manager', 'service-supervisor', 'loyalty-manager', 'ops'];
export const FIELD_DEFINERS = ['ops', 'sales-manager', 'service-supervisor'];
export const OFFERERS = [...CUSTOMER_EDITORS, 'marketing-approver'];
export const DECIDERS = [...ANALYSTS, 'sales-manager', 'service-supervisor', 'marketing-approver', 'loyalty-manager'];

export async function signOut() {
  const response = await fetch('/signout', { method: 'POST', headers: { 'X-CSRF': '1' } });
  location.assign(response.ok ? ((await response.json()) as { location: string }).location : '/');
}
