/** Says below a field that what stands in it is not what it looks like, and takes out what nobody sees. */

import { Button, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Json } from "../graph/document";
import { hiddenIn, withoutHidden } from "../graph/hidden";

interface Props {
  value: Json | undefined;
  onClean: (text: string) => void;
}

export function HiddenNote({ value, onClean }: Props) {
  const { t } = useTranslation();
  const text = typeof value === "string" ? value : "";
  const kinds = hiddenIn(text);
  if (kinds.length === 0) return null;
  return (
    <Group gap={6} mt={5} role="status" wrap="nowrap" justify="space-between">
      <Text size="xs" c="var(--alur-warn)">
        {t("hidden.found", { kinds: kinds.join(", ") })}
      </Text>
      <Button
        size="compact-xs"
        variant="default"
        miw="max-content"
        onClick={() => onClean(withoutHidden(text))}
      >
        {t("hidden.remove")}
      </Button>
    </Group>
  );
}
