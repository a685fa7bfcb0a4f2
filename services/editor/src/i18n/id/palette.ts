/** The Indonesian texts of the palette. */

import type { Texts } from "../en";

export const palette: Texts["palette"] = {
  title: "Cari segalanya",
  search: "Cari node, alur kerja, eksekusi, dan perintah",
  list: "Yang ditemukan",
  none: "Tidak ada yang cocok dengan “{{query}}”.",
  hint: "↑ ↓ untuk memilih, Enter untuk membuka, Esc untuk menutup",
  open: "Cari",
  nodes: "Node alur kerja ini",
  types: "Tambah node",
  add: "Tambah: {{label}}",
  commands: "Perintah",
  workflows: "Alur kerja",
  executions: "Eksekusi",
  pages: "Halaman",
  openExecution: "Buka eksekusi ini",
};
