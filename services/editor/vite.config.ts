/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const gateway = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": gateway, "/hooks": gateway } },
  build: {
    target: "es2022",
    // The layout worker is the one chunk that may be large; tools/budget.mjs watches the others.
    chunkSizeWarningLimit: 1800,
    // The content policy allows no `data:` scripts, and small files cost little over HTTP.
    assetsInlineLimit: 0,
    manifest: true,
  },
  worker: { format: "es" },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
  },
});
