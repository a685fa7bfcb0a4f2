/** Whether what is inside is only looked at. */

import { createContext } from "react";

export const ReadOnly = createContext(false);
