/** What every long list shows while it loads, and below its rows while there are more. */

import { Button, Skeleton, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function LoadingRows() {
  return (
    <Stack gap="xs" p="md" aria-busy>
      {[1, 2, 3, 4].map((row) => (
        <Skeleton key={row} height={36} radius="md" />
      ))}
    </Stack>
  );
}

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

export function MoreRows({ list }: { list: Pages }) {
  const { t } = useTranslation();
  if (!list.hasNextPage) return null;
  return (
    <Button
      variant="subtle"
      fullWidth
      loading={list.isFetchingNextPage}
      onClick={() => void list.fetchNextPage()}
    >
      {t("app.more")}
    </Button>
  );
}
