/** The frame around every page: theme, server state, messages, routes. */

import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { RouterProvider } from "react-router";
import { ApiError, whenSignedOut } from "./api/client";
import { router } from "./routes";
import { cssVariablesResolver, themeWith } from "./ui/theme";

const MAX_RETRIES = 2;

/** Only what may pass by itself is tried again: no answer at all, and the server's own troubles. */
function shouldRetry(failures: number, error: Error): boolean {
  const isPassing = !(error instanceof ApiError) || error.status >= 500;
  return isPassing && failures < MAX_RETRIES;
}

const client = new QueryClient({
  defaultOptions: { queries: { retry: shouldRetry, staleTime: 2_000 } },
});

whenSignedOut(() => {
  if (router.state.location.pathname !== "/sign-in") void router.navigate("/sign-in");
});

export function App() {
  const { t } = useTranslation();
  const close = t("app.close");
  const theme = useMemo(() => themeWith(close), [close]);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={client}>
        <Notifications position="bottom-center" limit={3} autoClose={3500} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
