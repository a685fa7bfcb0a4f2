/** The search for a node to add. */

import { Modal, Text } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { NodeType } from "../../graph/node-type";
import { searchTypes } from "../../graph/search";
import { type Group, lookOf } from "../../ui/node-look";
import { addNode } from "./actions";
import { useView, useWorkbench } from "./context";
import classes from "./node-finder.module.css";
import type { Finder } from "./view-store";

const ORDER: Group[] = ["trigger", "flow", "data", "http", "code", "wait", "other"];
const LIST = "node-finder-list";

const groupOf = (type: NodeType): Group => lookOf(type.type, type.icon).group;

function useFound(finder: Finder, query: string): NodeType[] {
  const { catalogue, editor } = useWorkbench();
  return useMemo(() => {
    const isEmpty = editor.getState().graph.nodes.length === 0;
    const isMiddle = finder.from !== undefined || finder.edge !== undefined;
    const fitting = [...catalogue.values()].filter((type) => !isMiddle || !type.trigger);
    const ordered = fitting.sort((left, right) => {
      const place = (type: NodeType) => {
        const group = ORDER.indexOf(groupOf(type));
        // Triggers lead on an empty canvas and follow on a drawn one.
        return group === 0 && !isEmpty ? ORDER.length : group;
      };
      return place(left) - place(right) || left.label.localeCompare(right.label);
    });
    return searchTypes(ordered, query);
  }, [catalogue, editor, finder, query]);
}

interface OptionProps {
  type: NodeType;
  isActive: boolean;
  onChoose: () => void;
  onPoint: () => void;
}

function Option({ type, isActive, onChoose, onPoint }: OptionProps) {
  const look = lookOf(type.type, type.icon);
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) ref.current?.scrollIntoView({ block: "nearest" });
  }, [isActive]);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the search field keeps the focus and names the active option
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the search field chooses the active option
    <div
      ref={ref}
      id={`${LIST}-${type.type}`}
      role="option"
      aria-selected={isActive}
      className={classes.option}
      onClick={onChoose}
      onPointerMove={onPoint}
    >
      <span className={classes.tile} style={{ "--tone": look.color } as React.CSSProperties}>
        <look.icon size={20} stroke={1.8} />
      </span>
      <span className={classes.text}>
        <span className={classes.label}>{type.label}</span>
        <span className={classes.description}>{type.description}</span>
      </span>
      <code className={classes.type}>{type.type}</code>
    </div>
  );
}

interface ListProps {
  found: NodeType[];
  active: number;
  isGrouped: boolean;
  onActive: (index: number) => void;
  onChoose: (type: NodeType) => void;
}

function Options({ found, active, isGrouped, onActive, onChoose }: ListProps) {
  const { t } = useTranslation();
  return (
    <div id={LIST} role="listbox" aria-label={t("finder.list")} className={classes.list}>
      {found.map((type, index) => {
        const group = groupOf(type);
        const before = found[index - 1];
        const isFirst = isGrouped && (!before || groupOf(before) !== group);
        return (
          <div key={type.type} role="presentation">
            {isFirst && (
              <div className={classes.group} role="presentation">
                {t(`groups.${group}`)}
              </div>
            )}
            <Option
              type={type}
              isActive={index === active}
              onChoose={() => onChoose(type)}
              onPoint={() => onActive(index)}
            />
          </div>
        );
      })}
    </div>
  );
}

function Search({ finder, onClose }: { finder: Finder; onClose: () => void }) {
  const { t } = useTranslation();
  const bench = useWorkbench();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const found = useFound(finder, query);
  const choose = (type: NodeType | undefined) => {
    if (!type) return;
    addNode(bench, type, finder);
    onClose();
  };
  const press = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      setActive((index) => (index + step + found.length) % Math.max(found.length, 1));
    }
    if (event.key === "Enter") {
      event.preventDefault();
      choose(found[active]);
    }
  };
  const current = found[active];
  return (
    <>
      <div className={classes.head}>
        <IconSearch size={18} aria-hidden />
        <input
          className={classes.input}
          role="combobox"
          aria-expanded
          aria-controls={LIST}
          aria-activedescendant={current ? `${LIST}-${current.type}` : undefined}
          aria-label={t("finder.search")}
          placeholder={t("finder.search")}
          data-autofocus
          value={query}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={press}
        />
      </div>
      {found.length === 0 ? (
        <Text c="dimmed" ta="center" p="xl" size="sm">
          {t("finder.none", { query })}
        </Text>
      ) : (
        <Options
          found={found}
          active={active}
          isGrouped={query === ""}
          onActive={setActive}
          onChoose={choose}
        />
      )}
      <div className={classes.foot}>{t("finder.hint")}</div>
    </>
  );
}

export function NodeFinder() {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const finder = useView((state) => state.finder);
  const close = () => view.getState().set({ finder: null });
  return (
    <Modal
      opened={finder !== null}
      onClose={close}
      withCloseButton={false}
      padding={0}
      size={560}
      radius="lg"
      yOffset="12vh"
      centered={false}
      attributes={{ content: { "aria-label": t("finder.title") } }}
      transitionProps={{ duration: 120 }}
    >
      {finder && <Search finder={finder} onClose={close} />}
    </Modal>
  );
}
