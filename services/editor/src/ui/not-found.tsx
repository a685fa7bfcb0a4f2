import { Button, Text, Title } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { EmptyState } from "./empty-state";

/** Said when an address leads nowhere. */
export function NotFound() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={<IconMapOff size={28} />}>
      <Title order={1} size="h3">
        {t("app.notFound")}
      </Title>
      <Text c="dimmed" size="sm">
        {t("app.notFoundHint")}
      </Text>
      <Button component={Link} to="/" variant="default">
        {t("app.back")}
      </Button>
    </EmptyState>
  );
}
