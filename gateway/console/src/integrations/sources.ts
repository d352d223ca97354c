const KEY = 'webhook-sources';

/** What the API takes for a source's name. */
export const isSource = (name: string) => /^[a-z0-9][a-z0-9._-]{0,49}$/.test(name);

/** Sources that were opened in this browser, by name. */
export const knownSources = (): string[] => (JSON.parse(localStorage.getItem(KEY) ?? '[]') as string[]).filter(isSource).sort();

export function rememberSource(name: string) {
  if (!knownSources().includes(name)) localStorage.setItem(KEY, JSON.stringify([...knownSources(), name].slice(-50)));
}
