import { Fragment } from "react";
import classes from "./prose.module.css";

/** Plain text with `code` in it; nothing of it is taken as HTML. */
export function Prose({ text }: { text: string }) {
  return (
    <>
      {text.split("`").map((part, index) => {
        const key = `${index}-${part.slice(0, 8)}`;
        if (index % 2 === 0) return <Fragment key={key}>{part}</Fragment>;
        return (
          <code key={key} className={classes.code}>
            {part}
          </code>
        );
      })}
    </>
  );
}
