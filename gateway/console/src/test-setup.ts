import '@testing-library/jest-dom/vitest';
import { configure } from '@testing-library/react';

// A busy machine may take a while; the whole document in a message helps nobody.
configure({ asyncUtilTimeout: 8000, getElementError: (message) => new Error(message?.split('\n\n')[0]) });

// jsdom has none of them; Mantine asks all.
window.matchMedia ??= ((query: string) => ({
  matches: false, media: query, onchange: null,
  addListener() {}, removeListener() {}, addEventListener() {}, removeEventListener() {}, dispatchEvent: () => false,
})) as typeof window.matchMedia;
window.ResizeObserver ??= class { observe() {} unobserve() {} disconnect() {} } as typeof window.ResizeObserver;
Object.defineProperty(document, 'fonts', { value: new EventTarget(), configurable: true });
