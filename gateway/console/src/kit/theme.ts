import { createTheme } from '@mantine/core';

export const theme = createTheme({
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 'md',
  fontSizes: { xs: '12px', sm: '13.5px', md: '15px', lg: '17px', xl: '20px' },
  headings: { fontWeight: '650', sizes: { h3: { fontSize: '22px', lineHeight: '1.3' }, h5: { fontSize: '15px', lineHeight: '1.4' }, h6: { fontSize: '13.5px', lineHeight: '1.4' } } },
  focusRing: 'auto',
  cursorType: 'pointer',
  components: {
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
    // Those whose text on its tint can be read (theme.css).
    Avatar: { defaultProps: { allowedInitialsColors: ['teal', 'green', 'orange', 'red', 'blue', 'cyan', 'grape', 'violet'] } },
    Badge: { defaultProps: { tt: 'none', fw: 550 } },
    Modal: { defaultProps: { overlayProps: { backgroundOpacity: 0.45 }, radius: 'md' } },
    Tabs: { defaultProps: { keepMounted: false } },
  },
});
