import '@testing-library/jest-dom/vitest';

// jsdom has neither; Mantine asks both.
window.matchMedia ??= ((query: string) => ({
  matches: false, media: query, onchange: null,
  addListener() {}, removeListener() {}, addEventListener() {}, removeEventListener() {}, dispatchEvent: () => false,
})) as typeof window.matchMedia;
window.ResizeObserver ??= class { observe() {} unobserve() {} disconnect() {} } as typeof window.ResizeObserver;
