/** Under the canvas: what went into the chosen node in the shown run, and what came out. */

import { Tooltip, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { FINAL } from "../../api/types";
import { useChosen, useEditor, useRun, useWorkbench } from "../canvas/context";
import classes from "./data-panel.module.css";
import { NodeData } from "./node-data";

export function DataPanel({ isOpen }: { isOpen: boolean }) {
  const { t } = useTranslation();
  const { project, view } = useWorkbench();
  const id = useRun((state) => state.id);
  const chosen = useChosen();
  const name = useEditor(({ graph }) => graph.nodes.find((node) => node.id === chosen)?.name);
  const state = useRun(({ nodes }) => (name === undefined ? undefined : nodes.get(name)));
  const isOver = useRun(({ status }) => status !== null && FINAL.has(status));
  if (!id) return null;
  return (
    <section
      className={classes.panel}
      data-open={isOpen || undefined}
      aria-label={t("data.title", { name })}
    >
      <Tooltip label={t(isOpen ? "data.hide" : "data.show")}>
        <UnstyledButton
          className={classes.bar}
          aria-expanded={isOpen}
          onClick={() => view.getState().set({ isDataOpen: !isOpen })}
        >
          {isOpen ? <IconChevronDown size={16} /> : <IconChevronUp size={16} />}
          {name === undefined ? t("data.pick") : t("data.title", { name })}
        </UnstyledButton>
      </Tooltip>
      {isOpen && name !== undefined && (
        <div className={classes.body}>
          {state ? (
            <NodeData
              key={name}
              project={project}
              execution={id}
              name={name}
              state={state.status}
            />
          ) : (
            <p className={classes.none}>{t(isOver ? "data.noRun" : "data.notYet")}</p>
          )}
        </div>
      )}
    </section>
  );
}
