import { Button, Text, Title } from "@mantine/core";
import { IconPlus, IconSitemap } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../ui/empty-state";
import classes from "./canvas.module.css";
import { useWorkbench } from "./context";

/** What an empty canvas says. */
export function CanvasHint({ isEmpty }: { isEmpty: boolean }) {
  const { t } = useTranslation();
  const { view, editor } = useWorkbench();
  if (!isEmpty || editor.getState().graph.nodes.length > 0) return null;
  return (
    <div className={classes.hint}>
      <EmptyState icon={<IconSitemap size={28} />}>
        <Title order={2} size="h4">
          {t("editor.emptyTitle")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("editor.empty")}
        </Text>
        <Button
          leftSection={<IconPlus size={16} />}
          onClick={() => view.getState().set({ finder: { at: { x: 0, y: 0 } } })}
        >
          {t("editor.addNode")}
        </Button>
      </EmptyState>
    </div>
  );
}
