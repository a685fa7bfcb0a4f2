/** What the palette offers on the canvas: its nodes, its commands, and the types that can be added. */

import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconCode,
  IconDeviceFloppy,
  IconKeyboard,
  IconLayoutDistributeVertical,
  IconListTree,
  IconMaximize,
  IconPlayerPlay,
  IconSettings,
  IconSquareRoundedPlus,
  type TablerIcon,
} from "@tabler/icons-react";
import { useReactFlow } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import { MOD } from "../../ui/mod";
import { lookOf } from "../../ui/node-look";
import { tellProblem } from "../../ui/tell";
import { type PaletteItem, usePaletteItems } from "../palette/palette-store";
import * as actions from "./actions";
import { useOpenFinder, usePlaceInSight } from "./canvas-tools";
import { useWorkbench } from "./context";
import type { Saving } from "./use-save";

type Command = [label: string, icon: TablerIcon, run: () => void, keys?: string];

function useCommands(saving: Saving): () => PaletteItem[] {
  const { t } = useTranslation();
  const bench = useWorkbench();
  const flow = useReactFlow();
  const openFinder = useOpenFinder();
  const view = bench.view.getState();
  const commands: Command[] = [
    [t("editor.run"), IconPlayerPlay, () => view.set({ dialog: "run" }), `${MOD} Enter`],
    [t("editor.save"), IconDeviceFloppy, () => void saving.save(), `${MOD} S`],
    [t("editor.addNode"), IconSquareRoundedPlus, openFinder, "/"],
    [
      t("editor.tidy"),
      IconLayoutDistributeVertical,
      () => void actions.tidyUp(bench, flow).catch(tellProblem),
      "⇧ T",
    ],
    [t("editor.fit"), IconMaximize, () => void actions.showAll(flow), "1"],
    [t("editor.undo"), IconArrowBackUp, () => actions.undo(bench), `${MOD} Z`],
    [t("editor.redo"), IconArrowForwardUp, () => actions.redo(bench), `${MOD} ⇧ Z`],
    [t("editor.outline"), IconListTree, () => view.set({ dialog: "outline" }), "O"],
    [t("editor.settings"), IconSettings, () => view.set({ dialog: "settings" })],
    [t("editor.source"), IconCode, () => view.set({ dialog: "source" })],
    [t("editor.help"), IconKeyboard, () => view.set({ dialog: "help" }), "?"],
  ];
  const group = t("palette.commands");
  return () =>
    commands.map(([label, icon, run, keys]) => ({
      id: `command:${label}`,
      label,
      icon,
      run,
      keys,
      group,
    }));
}

export function useCanvasPalette(saving: Saving): void {
  const { t } = useTranslation();
  const bench = useWorkbench();
  const flow = useReactFlow();
  const placeInSight = usePlaceInSight();
  const commands = useCommands(saving);
  const nodes = (): PaletteItem[] =>
    bench.editor.getState().graph.nodes.map((node) => {
      const type = bench.catalogue.get(node.type);
      const { icon, color } = lookOf(node.type, type?.icon);
      const run = () => {
        bench.view.getState().select([node.id]);
        void flow.fitView({ nodes: [{ id: node.id }], duration: 200, maxZoom: 1 });
      };
      const group = t("palette.nodes");
      return {
        id: `node:${node.id}`,
        label: node.name,
        description: type?.label,
        icon,
        color,
        run,
        group,
      };
    });
  const types = (): PaletteItem[] =>
    [...bench.catalogue.values()].map((type) => {
      const { icon, color } = lookOf(type.type, type.icon);
      const run = () => actions.addNode(bench, type, { at: placeInSight() });
      const label = t("palette.add", { label: type.label });
      return {
        id: `add:${type.type}`,
        label,
        code: type.type,
        icon,
        color,
        run,
        group: t("palette.types"),
      };
    });
  usePaletteItems(() => [...commands(), ...nodes(), ...types()]);
}
