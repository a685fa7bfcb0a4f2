/** The form of an object schema: what is needed or set is shown, the rest can be added. */

import { Button, Menu, Text } from "@mantine/core";
import { IconAdjustments } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json, JsonObject } from "../../graph/document";
import type { JsonSchema } from "../../graph/node-type";
import { isShown } from "../../graph/schema";
import { Field } from "./field";
import classes from "./panel.module.css";

/** Parameters that people nearly always look for, in the order they think of them. */
const USUAL = [
  "name",
  "method",
  "url",
  "path",
  "methods",
  "respond",
  "result",
  "cron",
  "every",
  "timeZone",
  "condition",
  "cases",
  "mode",
  "key",
  "fields",
  "keep",
  "field",
  "by",
  "group",
  "values",
  "function",
  "as",
  "into",
  "size",
  "for",
  "until",
  "signal",
  "workflow",
  "input",
  "status",
  "headers",
  "query",
  "body",
  "message",
  "language",
  "code",
  "max",
  "order",
];
const FEW = 4;

const placeOf = (name: string): number => {
  const place = USUAL.indexOf(name);
  return place < 0 ? USUAL.length : place;
};

interface Props {
  schema: JsonSchema;
  path: string;
  value: JsonObject;
  onChange: (value: JsonObject, changed: string) => void;
}

function useShownNames({ schema, value }: Props) {
  const [added, setAdded] = useState<readonly string[]>([]);
  const required = schema.required ?? [];
  const properties = Object.entries(schema.properties ?? {});
  const relevant = properties
    .filter(([, property]) => isShown(property, value, schema))
    .map(([name]) => name)
    .sort((left, right) => placeOf(left) - placeOf(right));
  const isFew = relevant.length <= FEW;
  const shown = relevant.filter(
    (name) =>
      isFew ||
      required.includes(name) ||
      value[name] !== undefined ||
      placeOf(name) < USUAL.length ||
      added.includes(name),
  );
  const hidden = relevant.filter((name) => !shown.includes(name));
  return { shown, hidden, add: (name: string) => setAdded([...added, name]) };
}

const titleOf = (schema: JsonSchema, name: string): string =>
  schema.properties?.[name]?.title ?? name;

export function SchemaForm(props: Props) {
  const { schema, path, value, onChange } = props;
  const { t } = useTranslation();
  const { shown, hidden, add } = useShownNames(props);
  const change = (name: string, next: Json | undefined) => {
    const { [name]: _, ...others } = value;
    onChange(next === undefined ? others : { ...value, [name]: next }, name);
  };
  if (shown.length + hidden.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("panel.noParameters")}
      </Text>
    );
  }
  return (
    <div className={classes.form}>
      {shown.map((name) => (
        <Field
          key={name}
          schema={schema.properties?.[name] ?? {}}
          label={titleOf(schema, name)}
          path={path === "" ? name : `${path}.${name}`}
          value={value[name]}
          isRequired={schema.required?.includes(name) ?? false}
          onChange={(next) => change(name, next)}
        />
      ))}
      {hidden.length > 0 && (
        <Menu position="bottom-start" width={300}>
          <Menu.Target>
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={<IconAdjustments size={15} />}
              className={classes.add}
            >
              {t("panel.optional")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown className={classes.menu}>
            {hidden.map((name) => (
              <Menu.Item key={name} onClick={() => add(name)}>
                <Text size="sm">{titleOf(schema, name)}</Text>
                <Text size="xs" c="dimmed" lineClamp={1}>
                  {schema.properties?.[name]?.description}
                </Text>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </div>
  );
}
