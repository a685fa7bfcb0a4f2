/** The Indonesian texts around what is drawn and not published. */

import type { Texts } from "../en";

export const draft: Texts["draft"] = {
  state: {
    none: "Tersimpan",
    saving: "Menyimpan…",
    kept: "Draf tersimpan",
    conflict: "Konflik",
    failed: "Belum tersimpan",
  },
  hint: {
    none: "Semuanya sudah diterbitkan.",
    saving: "Yang Anda gambar sedang disimpan sebagai draf.",
    kept: "Tersimpan sebagai draf; Simpan menjadikannya versi berikutnya.",
    conflict: "Orang lain mengubah alur kerja ini. Klik untuk memutuskan. ({{error}})",
    failed: "Draf tidak dapat disimpan; klik untuk mencoba lagi. ({{error}})",
  },
  found: "Draf Anda ({{when}}) belum diterbitkan.",
  foundTheirs: "Draf orang lain ini ({{when}}) belum diterbitkan.",
  discard: "Buang draf",
  discardTitle: "Buang draf ini?",
  discardText: "Kanvas kembali ke yang sudah diterbitkan. Yang digambar sejak itu hilang.",
  conflictTitle: "Orang lain menggambar di sini",
  conflictText:
    "Draf alur kerja ini diubah, atau diterbitkan, sejak Anda membacanya. Draf Anda hanya ada di jendela ini.",
  mine: "Pertahankan milik saya",
  mineHint: "Menggantikan draf mereka. Yang mereka terbitkan tetap ada di riwayat.",
};
