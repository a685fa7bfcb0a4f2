/** Says that a workflow belongs to a cluster: it is changed there. */

import { Badge, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function ManagedMark() {
  const { t } = useTranslation();
  return (
    <Tooltip label={t("managed.hint")} multiline maw={340}>
      <Badge variant="light" color="blue" tt="none" style={{ flexShrink: 0 }}>
        {t("managed.mark")}
      </Badge>
    </Tooltip>
  );
}
