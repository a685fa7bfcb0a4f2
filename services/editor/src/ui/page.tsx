import { Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./page.module.css";

interface Props {
  title: string;
  lead?: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page of text and tables: a heading, what one can do, and the content. */
export function Page({ title, lead, actions, children }: Props) {
  return (
    <div className={classes.scroll}>
      <div className={classes.page}>
        <header className={classes.head}>
          <div>
            <Title order={1} size={24}>
              {title}
            </Title>
            {lead && (
              <Text c="dimmed" size="sm" mt={4}>
                {lead}
              </Text>
            )}
          </div>
          <div className={classes.actions}>{actions}</div>
        </header>
        {children}
      </div>
    </div>
  );
}
