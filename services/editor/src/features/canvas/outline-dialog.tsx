/** The graph as a list: the way through it for a keyboard or a screen reader. */

import { Drawer, Text, UnstyledButton } from "@mantine/core";
import { useReactFlow } from "@xyflow/react";
import type { CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import { lookOf } from "../../ui/node-look";
import { useEditor, useView, useWorkbench } from "./context";
import classes from "./dialogs.module.css";

function Items({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const { fitView } = useReactFlow();
  const graph = useEditor((state) => state.graph);
  const names = new Map(graph.nodes.map((node) => [node.id, node.name]));
  if (graph.nodes.length === 0) return <Text c="dimmed">{t("editor.outlineEmpty")}</Text>;
  const choose = (id: string) => {
    view.getState().select([id]);
    onClose();
    void fitView({ nodes: [{ id }], duration: 200, maxZoom: 1 });
  };
  return (
    <ol className={classes.outline}>
      {graph.nodes.map((node) => {
        const look = lookOf(node.type);
        const next = graph.edges
          .filter((edge) => edge.source === node.id)
          .map((edge) => names.get(edge.target));
        return (
          <li key={node.id}>
            <UnstyledButton className={classes.outlineItem} onClick={() => choose(node.id)}>
              <look.icon size={18} style={{ color: look.color } as CSSProperties} aria-hidden />
              <span>
                {node.name}
                {next.length > 0 && (
                  <span className={classes.outlineNext}> → {[...new Set(next)].join(", ")}</span>
                )}
              </span>
            </UnstyledButton>
          </li>
        );
      })}
    </ol>
  );
}

export function OutlineDialog() {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const isOpen = useView((state) => state.dialog === "outline");
  const close = () => view.getState().set({ dialog: null });
  return (
    <Drawer opened={isOpen} onClose={close} title={t("editor.outline")} size="xs">
      <Items onClose={close} />
    </Drawer>
  );
}
