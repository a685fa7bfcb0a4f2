/** The search for a node to add. */

import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { NodeType } from "../../graph/node-type";
import { search } from "../../graph/search";
import { Finder, type FinderItem } from "../../ui/finder";
import { type Group, lookOf } from "../../ui/node-look";
import { addNode } from "./actions";
import { useView, useWorkbench } from "./context";
import type { Finder as Called } from "./view-store";

const ORDER: Group[] = ["trigger", "flow", "data", "http", "code", "wait", "other"];

interface Found extends FinderItem {
  type: NodeType;
}

function useAll(called: Called | null): Found[] {
  const { t } = useTranslation();
  const { catalogue, editor } = useWorkbench();
  return useMemo(() => {
    const isEmpty = editor.getState().graph.nodes.length === 0;
    const isMiddle = called?.from !== undefined || called?.edge !== undefined;
    const fitting = [...catalogue.values()].filter((type) => !isMiddle || !type.trigger);
    const place = (type: NodeType) => {
      const group = ORDER.indexOf(lookOf(type.type, type.icon).group);
      // Triggers lead on an empty canvas and follow on a drawn one.
      return group === 0 && !isEmpty ? ORDER.length : group;
    };
    return fitting
      .sort((left, right) => place(left) - place(right) || left.label.localeCompare(right.label))
      .map((type) => {
        const { icon, color, group } = lookOf(type.type, type.icon);
        const { label, description } = type;
        const heading = t(`groups.${group}`);
        return {
          id: type.type,
          code: type.type,
          label,
          description,
          icon,
          color,
          group: heading,
          type,
        };
      });
  }, [called, catalogue, editor, t]);
}

export function NodeFinder() {
  const { t } = useTranslation();
  const bench = useWorkbench();
  const called = useView((state) => state.finder);
  const [query, setQuery] = useState("");
  const all = useAll(called);
  // The best comes first then, whatever it is for.
  const found = query ? search(all, query).map((item) => ({ ...item, group: undefined })) : all;
  const close = () => {
    bench.view.getState().set({ finder: null });
    setQuery("");
  };
  return (
    <Finder
      isOpen={called !== null}
      words={{
        title: t("finder.title"),
        search: t("finder.search"),
        list: t("finder.list"),
        none: t("finder.none", { query }),
        hint: t("finder.hint"),
      }}
      items={found}
      query={query}
      onQuery={setQuery}
      onChoose={({ type }) => {
        if (called) addNode(bench, type, called);
        close();
      }}
      onClose={close}
    />
  );
}
