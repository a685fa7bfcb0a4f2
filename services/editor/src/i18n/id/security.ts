/** The Indonesian texts of the page of security events. */

import type { Texts } from "../en";

export const security: Texts["security"] = {
  title: "Peristiwa keamanan",
  lead: "Apa yang baru saja ditolak atau dihentikan. Yang sama dari asal yang sama menjadi satu baris.",
  filter: "Semua jenis",
  when: "Kapan",
  kind: "Apa yang terjadi",
  what: "Rincian",
  who: "Siapa, dari mana",
  where: "Alur kerja dan eksekusi",
  execution: "eksekusi …{{id}}",
  times_one: "{{count}} kali sejak {{since}}",
  times_other: "{{count}} kali sejak {{since}}",
  emptyTitle: "Tidak ada yang ditolak",
  empty:
    "Kode yang dihentikan, alamat yang ditolak, tanda tangan yang salah, dan sejenisnya tampil di sini.",
  emptyFilter: "Tidak ada yang ditolak dari jenis ini.",
  kinds: {
    "code-stopped": "Kode dihentikan",
    "address-refused": "Alamat ditolak",
    "credential-refused": "Kredensial ditolak",
    "proof-refused": "Bukti webhook ditolak",
    "event-refused": "Peristiwa luar ditolak",
    "rate-limited": "Batas laju tercapai",
    "permission-refused": "Izin ditolak",
    "sign-in-refused": "Masuk ditolak",
  },
};
