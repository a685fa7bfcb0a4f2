/** What one person may do and another may not: without the right it stays in sight, disabled, and says why. */

import { Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { me } from "../api/queries";

interface Props {
  /** As the server names it: `workflows:write`. */
  right: string;
  children: (isRefused: boolean) => ReactNode;
}

export function Guarded({ right, children }: Props) {
  const { t } = useTranslation();
  const { data: person } = useQuery(me);
  if (!person || person.may.includes(right)) return children(false);
  return (
    <Tooltip label={t("app.noRight", { role: person.role, right })}>
      <span>{children(true)}</span>
    </Tooltip>
  );
}
