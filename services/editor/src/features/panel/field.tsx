/** One field of a form: its label, whether it is fixed or an expression, its input, its fault. */

import { Text, Tooltip } from "@mantine/core";
import { IconBraces, IconCursorText } from "@tabler/icons-react";
import { type FocusEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json } from "../../graph/document";
import type { JsonSchema } from "../../graph/node-type";
import { type Field as FieldKind, fieldOf, isExpression } from "../../graph/schema";
import { HiddenNote } from "../../ui/hidden-note";
import { Prose } from "../../ui/prose";
import { Control } from "./control";
import { ExpressionInput } from "./expression-input";
import classes from "./panel.module.css";
import { usePanel, useProblem } from "./panel-context";

export interface FieldProps {
  schema: JsonSchema;
  label: string;
  path: string;
  value: Json | undefined;
  isRequired?: boolean;
  /** Stands where the label would, such as the name of a map's entry. */
  head?: ReactNode;
  onChange: (value: Json | undefined) => void;
}

const NESTED: ReadonlySet<FieldKind["kind"]> = new Set(["list", "object", "union", "map"]);

function asExpression(value: Json | undefined): string {
  if (value === undefined || value === null || value === "") return "{{  }}";
  return typeof value === "string" ? value : `{{ ${JSON.stringify(value)} }}`;
}

interface SwitchProps {
  label: string;
  isOn: boolean;
  onSwitch: (isOn: boolean) => void;
}

function ModeSwitch({ label, isOn, onSwitch }: SwitchProps) {
  const { t } = useTranslation();
  const modes = [
    { mode: false, text: t("panel.fixed"), icon: IconCursorText },
    { mode: true, text: t("panel.expression"), icon: IconBraces },
  ];
  return (
    <fieldset className={classes.mode} aria-label={t("panel.mode", { name: label })}>
      {modes.map(({ mode, text, icon: Icon }) => (
        <Tooltip key={text} label={text}>
          <button
            type="button"
            className={classes.modeButton}
            aria-pressed={mode === isOn}
            aria-label={text}
            onClick={() => mode !== isOn && onSwitch(mode)}
          >
            <Icon size={14} stroke={2} />
          </button>
        </Tooltip>
      ))}
    </fieldset>
  );
}

/**
 * Whether the field is in the mode of expressions: because its value is one, or it was switched.
 * While it has the keyboard only the switch changes that: another input would take the focus away.
 */
function useMode({ value, schema, onChange }: FieldProps) {
  const isCondition = schema["x-ui"]?.widget === "condition";
  const [forced, setForced] = useState<boolean | null>(null);
  const isOn = forced ?? (isExpression(value) || (isCondition && value === undefined));
  const onSwitch = (next: boolean) => {
    setForced(next);
    if (next) onChange(asExpression(value));
    else onChange(typeof value === "string" && !isExpression(value) ? value : undefined);
  };
  const onFocus = () => setForced(isOn);
  const onBlur = ({ currentTarget, relatedTarget }: FocusEvent) => {
    if (!currentTarget.contains(relatedTarget) && isExpression(value)) setForced(true);
  };
  return { isOn, onSwitch, keyboard: { onFocus, onBlur } };
}

export function Field(props: FieldProps) {
  const { schema, label, path, value, isRequired, head, onChange } = props;
  const { t } = useTranslation();
  const { hasExpressions } = usePanel();
  const mode = useMode(props);
  const field = fieldOf(schema);
  // Code is run as it is: braces in it are braces.
  const isCode = field.kind === "text" && field.isCode;
  const isOn = hasExpressions && mode.isOn && !isCode;
  const problem = useProblem(path, isOn || !NESTED.has(field.kind));
  return (
    <div className={classes.field} data-invalid={problem !== null || undefined} {...mode.keyboard}>
      <div className={classes.fieldHead}>
        {head ?? (
          <span className={classes.label} title={path}>
            {label}
            {isRequired && <span className={classes.required}> {t("panel.required")}</span>}
          </span>
        )}
        {hasExpressions && !isCode && (
          <ModeSwitch label={label} isOn={isOn} onSwitch={mode.onSwitch} />
        )}
      </div>
      {schema.description && (
        <Text size="xs" c="dimmed" className={classes.description}>
          <Prose text={schema.description} />
        </Text>
      )}
      {isOn ? (
        <ExpressionInput
          value={typeof value === "string" ? value : asExpression(value)}
          label={label}
          isInvalid={problem !== null}
          onChange={onChange}
        />
      ) : (
        <Control
          field={field}
          schema={schema}
          label={label}
          path={path}
          value={value}
          isInvalid={problem !== null}
          onChange={onChange}
        />
      )}
      <HiddenNote value={value} onClean={onChange} />
      {problem && (
        <p className={classes.fault} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
