import { useSyncExternalStore } from 'react';

export type Density = 'comfortable' | 'compact';
const listeners = new Set<() => void>();
const read = (): Density => (localStorage.getItem('density') === 'compact' ? 'compact' : 'comfortable');

export function setDensity(density: Density) {
  localStorage.setItem('density', density);
  listeners.forEach((listener) => listener());
}

export const useDensity = () =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, read);
