import { Avatar, Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import {
  IconBook,
  IconCheck,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSun,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { signOut } from "../api/queries";
import type { Me } from "../api/types";
import { chooseLanguage, LANGUAGES, type Language } from "../i18n";
import { tellProblem } from "./tell";

const SCHEMES = [
  { value: "light", key: "app.light", icon: IconSun },
  { value: "dark", key: "app.dark", icon: IconMoon },
  { value: "auto", key: "app.system", icon: IconDeviceDesktop },
] as const;

const mark = (isChosen: boolean) => (isChosen ? <IconCheck size={14} /> : null);

function SchemeItems() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return SCHEMES.map(({ value, key, icon: Icon }) => (
    <Menu.Item
      key={value}
      leftSection={<Icon size={16} />}
      rightSection={mark(colorScheme === value)}
      aria-current={colorScheme === value}
      onClick={() => setColorScheme(value)}
    >
      {t(key)}
    </Menu.Item>
  ));
}

function LanguageItems() {
  const { i18n } = useTranslation();
  return Object.entries(LANGUAGES).map(([code, name]) => (
    <Menu.Item
      key={code}
      lang={code}
      rightSection={mark(i18n.language === code)}
      aria-current={i18n.language === code}
      onClick={() => void chooseLanguage(code as Language)}
    >
      {name}
    </Menu.Item>
  ));
}

function ProjectItems({ person, project }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const names = person.projects;
  if (names.length < 2) return null;
  return (
    <>
      <Menu.Label>{t("app.project")}</Menu.Label>
      {names.map((name) => (
        <Menu.Item
          key={name}
          rightSection={mark(name === project)}
          onClick={() => void navigate(`/projects/${encodeURIComponent(name)}/workflows`)}
        >
          {name}
        </Menu.Item>
      ))}
    </>
  );
}

/** The first letters of the first two words: a name's usual short form. */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).slice(0, 2);
  return words.map((word) => [...word][0]?.toUpperCase() ?? "").join("");
}

interface Props {
  person: Me;
  project: string;
}

/** Who is signed in, and what is theirs to choose: project, colours, language. */
export function AccountMenu({ person, project }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const initials = initialsOf(person.name);
  const leave = async () => {
    try {
      await signOut();
      client.clear();
      await navigate("/sign-in");
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <Menu position="right-end" width={220} offset={12}>
      <Menu.Target>
        <UnstyledButton aria-label={`${initials} – ${t("app.account")}`}>
          <Avatar size={34} radius="xl" color="accent" variant="filled" alt="">
            {initials}
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {person.name} · {person.role}
        </Menu.Label>
        <ProjectItems person={person} project={project} />
        <Menu.Label>{t("app.scheme")}</Menu.Label>
        <SchemeItems />
        <Menu.Label>{t("app.language")}</Menu.Label>
        <LanguageItems />
        <Menu.Divider />
        <Menu.Item
          component="a"
          href="/api/docs"
          target="_blank"
          leftSection={<IconBook size={16} />}
        >
          {t("app.apiDocs")}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          {t("app.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
