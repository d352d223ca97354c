const settled = new Promise<void>((resolve) => {
  const idle = () => ('requestIdleCallback' in window ? requestIdleCallback(() => resolve(), { timeout: 1000 }) : resolve());
  setTimeout(idle, 1000);
  for (const event of ['pointerdown', 'keydown'] as const) addEventListener(event, () => resolve(), { once: true, capture: true });
});

/** When the first page has had its time, or as soon as somebody touches it: for what is not seen before it is opened. */
export const afterPaint = () => settled;
