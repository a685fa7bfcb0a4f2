/** The Indonesian texts of the page of variables. */

import type { Texts } from "../en";

export const variables: Texts["variables"] = {
  actions: "Tindakan",
  title: "Variabel",
  lead: "Nilai yang dibaca ekspresi sebagai $vars.NAMA. Bukan rahasia: siapa yang melihat eksekusi dapat melihatnya.",
  new: "Variabel baru",
  name: "Nama",
  nameHint: "Huruf, angka, dan garis bawah. Ekspresi membacanya sebagai $vars.NAMA.",
  value: "Nilai",
  kind: "Jenis nilai",
  text: "Teks",
  json: "JSON",
  jsonHint: "Angka, true atau false, daftar atau objek. Rahasia disimpan sebagai kredensial.",
  notSecret: "Persis seperti diketik. Rahasia disimpan sebagai kredensial.",
  noJson: "Ini bukan JSON.",
  changed: "Diubah",
  change: "Ubah",
  save: "Simpan",
  saved: "{{name}} tersimpan",
  emptyTitle: "Belum ada variabel",
  empty:
    "Yang dipakai bersama beberapa alur kerja, seperti alamat atau tarif, disimpan sekali di sini.",
  deleteTitle: "Hapus {{name}}?",
  deleteText: "Ekspresi yang membaca $vars.{{name}} tidak menemukan apa pun sejak itu.",
  conflict:
    "Variabel ini berubah di peladen sejak Anda membukanya. Muat versi mereka, dan yang Anda ketik di sini dibuang; atau lanjut menyunting, dan tidak ada yang disimpan.",
};
