/** A search in a list, by keyboard first: the field keeps the focus, arrows choose, Enter takes. */

import { Kbd, Modal, Text } from "@mantine/core";
import { IconSearch, type TablerIcon } from "@tabler/icons-react";
import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import classes from "./finder.module.css";

export interface FinderItem {
  id: string;
  label: string;
  description?: string | undefined;
  /** How programs call it, shown at the end of the line. */
  code?: string | undefined;
  /** The shortcut that does the same. */
  keys?: string | undefined;
  /** The heading above it and those that follow with the same. */
  group?: string | undefined;
  icon: TablerIcon;
  color?: string | undefined;
}

interface OptionProps {
  id: string;
  item: FinderItem;
  isActive: boolean;
  onChoose: () => void;
  onPoint: () => void;
}

function Option({ id, item, isActive, onChoose, onPoint }: OptionProps) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) ref.current?.scrollIntoView({ block: "nearest" });
  }, [isActive]);
  const tone = { "--tone": item.color ?? "var(--alur-text-2)" } as CSSProperties;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the search field keeps the focus and names the active option
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the search field chooses the active option
    <div
      ref={ref}
      id={id}
      role="option"
      aria-selected={isActive}
      className={classes.option}
      onClick={onChoose}
      onPointerMove={onPoint}
    >
      <span className={classes.tile} style={tone}>
        <item.icon size={20} stroke={1.8} />
      </span>
      <span className={classes.text}>
        <span className={classes.label}>{item.label}</span>
        {item.description && <span className={classes.description}>{item.description}</span>}
      </span>
      {item.code && <code className={classes.type}>{item.code}</code>}
      {item.keys && <Kbd>{item.keys}</Kbd>}
    </div>
  );
}

interface OptionsProps<Item extends FinderItem> {
  list: string;
  label: string;
  items: readonly Item[];
  active: number;
  onActive: (index: number) => void;
  onChoose: (item: Item) => void;
}

function Options<Item extends FinderItem>(props: OptionsProps<Item>) {
  const { list, label, items, active, onActive, onChoose } = props;
  return (
    <div id={list} role="listbox" aria-label={label} className={classes.list}>
      {items.map((item, index) => (
        <div key={item.id} role="presentation">
          {item.group && items[index - 1]?.group !== item.group && (
            <div className={classes.group} role="presentation">
              {item.group}
            </div>
          )}
          <Option
            id={`${list}-${index}`}
            item={item}
            isActive={index === active}
            onChoose={() => onChoose(item)}
            onPoint={() => onActive(index)}
          />
        </div>
      ))}
    </div>
  );
}

interface Words {
  /** What the dialog, its field and its list are called. */
  title: string;
  search: string;
  list: string;
  none: string;
  hint: string;
}

interface SearchProps<Item extends FinderItem> {
  words: Words;
  items: readonly Item[];
  query: string;
  onQuery: (query: string) => void;
  onChoose: (item: Item) => void;
}

function Search<Item extends FinderItem>(props: SearchProps<Item>) {
  const { words, items, query, onQuery, onChoose } = props;
  const list = useId();
  const [wanted, setActive] = useState(0);
  // Items may come and go while they are fetched.
  const active = Math.min(wanted, Math.max(items.length - 1, 0));
  const current = items[active];
  const press = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      setActive((active + step + items.length) % Math.max(items.length, 1));
    }
    if (event.key === "Enter") {
      event.preventDefault();
      if (current) onChoose(current);
    }
  };
  return (
    <>
      <div className={classes.head}>
        <IconSearch size={18} aria-hidden />
        <input
          className={classes.input}
          role="combobox"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={current ? `${list}-${active}` : undefined}
          aria-label={words.search}
          placeholder={words.search}
          data-autofocus
          value={query}
          onChange={(event) => {
            onQuery(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={press}
        />
      </div>
      {items.length === 0 ? (
        <Text c="dimmed" ta="center" p="xl" size="sm">
          {words.none}
        </Text>
      ) : (
        <Options
          list={list}
          label={words.list}
          items={items}
          active={active}
          onActive={setActive}
          onChoose={onChoose}
        />
      )}
      <div className={classes.foot}>{words.hint}</div>
    </>
  );
}

interface Props<Item extends FinderItem> extends SearchProps<Item> {
  isOpen: boolean;
  onClose: () => void;
}

export function Finder<Item extends FinderItem>(props: Props<Item>): ReactNode {
  const { isOpen, onClose, ...search } = props;
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={560}
      radius="lg"
      yOffset="12vh"
      centered={false}
      attributes={{ content: { "aria-label": search.words.title } }}
      transitionProps={{ duration: 120 }}
    >
      <Search {...search} />
    </Modal>
  );
}
