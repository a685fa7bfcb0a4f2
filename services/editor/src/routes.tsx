/** Addresses and their pages; the heavy ones are fetched when first visited. */

import { createBrowserRouter, Navigate } from "react-router";
import { SignInPage } from "./features/sign-in/sign-in-page";
import { WorkflowsPage } from "./features/workflows/workflows-page";
import { NotFound } from "./ui/not-found";
import { HomeRedirect, Shell } from "./ui/shell";

export const router = createBrowserRouter([
  { path: "/sign-in", element: <SignInPage /> },
  {
    path: "/",
    element: <Shell />,
    hydrateFallbackElement: <div />,
    errorElement: <NotFound />,
    children: [
      { index: true, element: <HomeRedirect /> },
      { path: "projects/:project", element: <Navigate to="workflows" replace /> },
      { path: "projects/:project/workflows", element: <WorkflowsPage /> },
      {
        path: "projects/:project/workflows/:name",
        lazy: async () => ({
          Component: (await import("./features/canvas/editor-page")).EditorPage,
        }),
      },
      {
        path: "projects/:project/executions",
        lazy: async () => ({
          Component: (await import("./features/executions/executions-page")).ExecutionsPage,
        }),
      },
      {
        path: "projects/:project/executions/:id",
        lazy: async () => ({
          Component: (await import("./features/executions/execution-page")).ExecutionPage,
        }),
      },
      {
        path: "projects/:project/credentials",
        lazy: async () => ({
          Component: (await import("./features/credentials/credentials-page")).CredentialsPage,
        }),
      },
      {
        path: "projects/:project/variables",
        lazy: async () => ({
          Component: (await import("./features/variables/variables-page")).VariablesPage,
        }),
      },
      {
        path: "security",
        lazy: async () => ({
          Component: (await import("./features/security/security-page")).SecurityPage,
        }),
      },
      { path: "*", element: <NotFound /> },
    ],
  },
]);
