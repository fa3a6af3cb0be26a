import '@mantine/core/styles.css';
import './style.css';
import { createTheme, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { client } from './api.ts';
import { App } from './app.tsx';

const nonce = document.querySelector('meta[name=style-nonce]')?.getAttribute('content') ?? '';
const theme = createTheme({
  fontFamily: 'system-ui, sans-serif',
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  respectReducedMotion: true,
  // A menu holds its items and nothing else.
  components: { Menu: { defaultProps: { withInitialFocusPlaceholder: false } } },
});

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
        <QueryClientProvider client={client}>
          <App />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
