import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

export interface Crumb { label: string; to?: string }
const PageContext = createContext<{ crumbs: Crumb[]; set: (crumbs: Crumb[]) => void }>({ crumbs: [], set: () => {} });

export function PageProvider({ children }: { children: ReactNode }) {
  const [crumbs, set] = useState<Crumb[]>([]);
  return <PageContext.Provider value={useMemo(() => ({ crumbs, set }), [crumbs])}>{children}</PageContext.Provider>;
}

export const useCrumbs = () => useContext(PageContext).crumbs;

export interface Recent { label: string; to: string; kind: string }
export const recent = (): Recent[] => JSON.parse(sessionStorage.getItem('recent') ?? '[]') as Recent[];

/** The page's title and where it is. With a kind it is a record that the palette offers again (only in this tab: names are personal). */
export function usePage(crumbs: Crumb[], kind?: string) {
  const { set } = useContext(PageContext);
  const key = JSON.stringify(crumbs);
  useEffect(() => {
    const all = JSON.parse(key) as Crumb[];
    set(all);
    const title = all.at(-1)?.label;
    document.title = title ? `${title} · CRM` : 'CRM';
    if (kind && title) {
      const to = location.pathname;
      sessionStorage.setItem('recent', JSON.stringify([{ label: title, to, kind }, ...recent().filter((one) => one.to !== to)].slice(0, 8)));
    }
  }, [key, set, kind]);
}
