/** How a node type looks: its colour by what it is for, its icon by name. */

import {
  IconAlertOctagon,
  IconArrowsJoin,
  IconArrowsSplit2,
  IconBinaryTree,
  IconBolt,
  IconBox,
  IconCalendarTime,
  IconClock,
  IconCode,
  IconDoor,
  IconFilter,
  IconHandClick,
  IconHourglass,
  IconListDetails,
  IconMail,
  IconMessageReply,
  IconPencil,
  IconPlayerStop,
  IconRepeat,
  IconRoute,
  IconShieldCheck,
  IconSitemap,
  IconStack2,
  IconSum,
  IconWebhook,
  IconWorld,
  type TablerIcon,
} from "@tabler/icons-react";

export type Group = "trigger" | "flow" | "data" | "http" | "code" | "wait" | "other";

export interface Look {
  group: Group;
  icon: TablerIcon;
  /** A colour token; reads well as text on the surface in both schemes. */
  color: string;
}

const LOOKS: Record<string, [Group, TablerIcon]> = {
  "trigger.manual": ["trigger", IconHandClick],
  "trigger.webhook": ["trigger", IconWebhook],
  "trigger.schedule": ["trigger", IconCalendarTime],
  "trigger.kafka": ["trigger", IconStack2],
  "trigger.event": ["trigger", IconBolt],
  "trigger.error": ["trigger", IconAlertOctagon],
  "core.set": ["data", IconPencil],
  "core.if": ["flow", IconRoute],
  "core.filter": ["flow", IconFilter],
  "core.switch": ["flow", IconArrowsSplit2],
  "core.merge": ["flow", IconArrowsJoin],
  "core.split": ["data", IconListDetails],
  "core.aggregate": ["data", IconSum],
  "core.each": ["flow", IconRepeat],
  "core.try": ["flow", IconShieldCheck],
  "core.code": ["code", IconCode],
  "core.wait": ["wait", IconHourglass],
  "core.respond": ["http", IconMessageReply],
  "core.workflow": ["flow", IconSitemap],
  "core.stop": ["flow", IconPlayerStop],
  "http.request": ["http", IconWorld],
};

const ICONS: Record<string, TablerIcon> = {
  bolt: IconBolt,
  clock: IconClock,
  code: IconCode,
  door: IconDoor,
  mail: IconMail,
  tree: IconBinaryTree,
  world: IconWorld,
};

const GROUPS: readonly string[] = ["trigger", "flow", "data", "http", "code", "wait"];

function groupOf(type: string): Group {
  const first = type.split(".")[0] ?? "";
  return GROUPS.includes(first) ? (first as Group) : "other";
}

export function lookOf(type: string, icon?: string | null): Look {
  const [group, known] = LOOKS[type] ?? [groupOf(type), undefined];
  return { group, icon: known ?? ICONS[icon ?? ""] ?? IconBox, color: `var(--alur-${group})` };
}
