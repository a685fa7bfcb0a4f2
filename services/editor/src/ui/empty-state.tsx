import type { ReactNode } from "react";
import classes from "./empty-state.module.css";

interface Props {
  icon: ReactNode;
  children: ReactNode;
}

/** What stands where nothing is yet: a picture, a sentence, a way on. */
export function EmptyState({ icon, children }: Props) {
  return (
    <div className={classes.root}>
      <div className={classes.icon} aria-hidden>
        {icon}
      </div>
      {children}
    </div>
  );
}
