import { Text, Title } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { me } from "../api/queries";
import { EmptyState } from "./empty-state";

/** Said on a page that this person may not see: which right it takes, and who gives it. */
export function NoRight({ right }: { right: string }) {
  const { t } = useTranslation();
  const { data: person } = useQuery(me);
  return (
    <EmptyState icon={<IconLock size={28} />}>
      <Title order={2} size="h4">
        {t("app.noRightTitle")}
      </Title>
      <Text c="dimmed" size="sm">
        {t("app.noRight", { role: person?.role, right })}
      </Text>
    </EmptyState>
  );
}
