import { Alert, Button, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

interface Props {
  error: Error;
  onRetry?: () => void;
}

/** A failure told where the content would stand. */
export function Failed({ error, onRetry }: Props) {
  const { t } = useTranslation();
  return (
    <Alert color="red" variant="light" title={t("app.failed")} icon={<IconAlertTriangle />} m="md">
      <Text size="sm" mb={onRetry ? "sm" : 0}>
        {error.message}
      </Text>
      {onRetry && (
        <Button size="xs" variant="default" onClick={onRetry}>
          {t("app.retry")}
        </Button>
      )}
    </Alert>
  );
}
