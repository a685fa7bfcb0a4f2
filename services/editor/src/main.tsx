/** Where the editor starts. */

import "./ui/mantine.css";
import "./ui/tokens.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { startTranslation } from "./i18n";
import { reloadWhenBuiltAnew } from "./ui/built-anew";

reloadWhenBuiltAnew(window);

const root = document.getElementById("root");
if (root) {
  await startTranslation();
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
