import { defineTexts } from '../kit/i18n';

export const texts = {
  title: ['Kolom sendiri', 'Own fields'],
  hint: ['Apa yang perusahaan ini catat selain kolom bawaan: bertipe, dengan nama dalam kedua bahasa.', 'What this enterprise records beside the built-in fields: typed, with a label in both languages.'],
  customer: ['Pelanggan', 'Customers'], account: ['Akun', 'Accounts'], recordType: ['Catatan', 'Record'],
  new: ['Kolom baru', 'New field'], change: ['Ubah {{name}}', 'Change {{name}}'],
  none: ['Belum ada kolom sendiri', 'No own fields yet'], noneHint: ['Sebuah kolom muncul di formulir dan catatan begitu ditetapkan.', 'A field appears in forms and records as soon as it is defined.'],
  name: ['Nama teknis', 'Technical name'], nameHint: ['Huruf dahulu; lalu huruf, angka, garis bawah; paling banyak 50. Tidak dapat diubah.', 'A letter first; then letters, digits, underscores; 50 at most. It cannot be changed.'], nameTaken: ['Sudah ada kolom dengan nama itu.', 'There is a field of that name already.'],
  labelId: ['Nama (Indonesia)', 'Label (Indonesian)'], labelEn: ['Nama (Inggris)', 'Label (English)'], type: ['Tipe', 'Type'], typeHint: ['Tetap begitu ada catatan yang mengisinya.', 'It stays once a record holds the field.'],
  type_text: ['Teks', 'Text'], type_number: ['Angka', 'Number'], type_date: ['Tanggal', 'Date'], type_flag: ['Ya atau tidak', 'Yes or no'], type_choice: ['Pilihan', 'Choice'],
  options: ['Pilihan', 'Options'], optionsHint: ['Ketik satu, lalu Enter', 'Type one, then Enter'],
  required: ['Wajib diisi', 'Required'], requiredHint: ['Catatan tanpa nilai ini ditolak saat berikutnya didaftarkan atau diubah di formulirnya.', 'Records without it are refused when they are next registered, or changed in their form.'], searchable: ['Dapat dicari', 'Searchable'],
  chooseOne: ['Belum diisi', 'Not filled'],
} as const;

export const useFieldTexts = defineTexts('fields', texts);
